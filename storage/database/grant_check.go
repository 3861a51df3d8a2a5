package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// Every kind of account that a grant may act as is joined; only a grant of an
// enterprise's own account has an enterprise_id so far.
const checkGrant = `SELECT ` + qualifiedGrantColumns + `,
		COALESCE(e.id, ''), COALESCE(e.account_epoch, 0), COALESCE(e.enterprise_epoch, 0),
		COALESCE(e.status, ''), COALESCE(e.proofing, 0), COALESCE(e.name, ''), COALESCE(e.account, ''), e.phone,
		COALESCE(e.uscc, ''), COALESCE(e.legal_type, ''), COALESCE(e.as_of, ''), COALESCE(e.updated_at, 0)
	FROM grants LEFT JOIN enterprises e ON e.id = grants.enterprise_id
	WHERE grants.id = $1`

// Check reads a grant together with its principal's standing now.
func (db *DB) Check(ctx context.Context, id grant.ID) (*grant.Grant, *accounts.Standing, error) {
	var (
		g grantRow
		s standing
	)
	dest := append(g.dest(), (*string)(&s.found), &s.standing.Epochs.Account, &s.standing.Epochs.Enterprise)
	err := db.row(ctx, "check grant", checkGrant, []any{id[:]}, append(dest, s.dest()...)...)
	if err != nil {
		return nil, nil, err
	}
	if s.found == "" {
		return nil, nil, notFound("check grant") // the account is gone
	}
	now, err := s.open(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	return g.open(), now, nil
}
