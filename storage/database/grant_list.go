package database

import (
	"context"
	"time"

	"github.com/tongid/tongid/provider/grant"
)

var _ grant.Lister = (*DB)(nil)

const listGrants = `SELECT ` + grantOwner + `, ` + grantFacts + ` FROM grants
	WHERE subject = $1 AND revoked_at = 0 AND expires_at > $2 ORDER BY created_at DESC LIMIT 500`

// Grants lists what an account gave to portals and what still stands.
func (db *DB) Grants(ctx context.Context, subject string, now time.Time) (all []*grant.Grant, err error) {
	err = db.list(ctx, "list grants", listGrants, []any{subject, millis(now)},
		func() { all = nil },
		func(r rows) error {
			var row grantRow
			if err := r.Scan(append(row.owner(), row.facts()...)...); err != nil {
				return err
			}
			all = append(all, row.open())
			return nil
		})
	return all, err
}

const endGrantsOfPortal = `UPDATE grants SET revoked_at = $3 WHERE subject = $1 AND client_id = $2 AND revoked_at = 0`

// EndPortal ends every family of an account at one portal.
func (db *DB) EndPortal(ctx context.Context, subject, clientID string, now time.Time) error {
	_, err := db.exec(ctx, "end portal", endGrantsOfPortal, subject, clientID, millis(now))
	return err
}
