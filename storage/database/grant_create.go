package database

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// The row is made from the account's own row, so that an account which no
// longer stands gives none, without a look at it first.
const createGrant = `INSERT INTO grants (` + grantColumns + `)
	SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22
	FROM enterprises e
	WHERE e.id = $5 AND ` + enterpriseAdmits + ` AND e.account_epoch = $6 AND e.enterprise_epoch = $7
	ON CONFLICT DO NOTHING`

// Create inserts g if its principal still stands.
func (db *DB) Create(ctx context.Context, g *grant.Grant) error {
	if g.Principal.Type != accounts.TypeEnterprise {
		return notFound("create grant")
	}
	args, err := grantArgs(g)
	if err != nil {
		return err
	}
	n, err := db.exec(ctx, "create grant", createGrant, args...)
	if err != nil || n == 1 {
		return err
	}
	// The family is there, or the principal no longer stands.
	var found int64
	err = db.row(ctx, "tell why no grant", `SELECT COUNT(*) FROM grants WHERE id = $1`, []any{g.ID[:]}, &found)
	switch {
	case err != nil:
		return err
	case found > 0:
		return conflict("create grant")
	}
	return notFound("create grant")
}

// clip keeps idle time within the family's.
func clip(idle, end time.Time) time.Time {
	if idle.After(end) {
		return end
	}
	return idle
}
