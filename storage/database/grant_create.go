package database

import (
	"context"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// The row is made from the account's own row, so that an account which no
// longer stands gives none, without a look at it first; nor does a session that
// was ended.
const (
	insertGrant = `INSERT INTO grants (` + grantColumns + `)
	SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24
	FROM `
	inSession = ` AND NOT EXISTS (SELECT 1 FROM spent x WHERE x.id = $25)
	ON CONFLICT DO NOTHING`
	createEnterpriseGrant = insertGrant + `enterprises e
	WHERE e.id = $3 AND ` + enterpriseAdmits + ` AND e.account_epoch = $9 AND e.enterprise_epoch = $10` + inSession
	createPersonGrant = insertGrant + `persons p
	WHERE p.id = $4 AND ` + personAdmits + ` AND p.account_epoch = $9` + inSession
)

// createAgentGrant has the day besides.
var createAgentGrant = insertGrant + agentTables + `
	WHERE m.id = $5 AND m.enterprise_id = $3 AND m.person_id = $4 AND ` + fmt.Sprintf(agentAdmits, "$26") + `
		AND m.epoch = $9 AND e.enterprise_epoch = $10 AND p.account_epoch = $6` + inSession

// Create inserts g if its principal still stands and its session was not ended.
func (db *DB) Create(ctx context.Context, g *grant.Grant) error {
	args, err := grantArgs(g)
	if err != nil {
		return err
	}
	query := createEnterpriseGrant
	args = append(args, sessionMark(g.SessionID))
	switch kind := grant.AccountType(g.ID); {
	case kind != g.Principal.Type:
		return notFound("create grant") // no account of that kind
	case kind == accounts.TypePerson:
		query = createPersonGrant
	case kind == accounts.TypeAgent:
		query, args = createAgentGrant, append(args, day(g.CreatedAt))
	}
	n, err := db.exec(ctx, "create grant", query, args...)
	if err != nil || n == 1 {
		return err
	}
	// The family is there, or the principal no longer stands, or the session ended.
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
