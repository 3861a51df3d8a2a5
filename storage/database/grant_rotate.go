package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// rotateGrant moves a family on. Of any number who present one generation, one
// meets it as the current one: the others wait for its row and then find the
// next.
const rotateGrant = `UPDATE grants SET generation = grants.generation + 1, rotated_at = $4,
			idle_until = CASE WHEN grants.expires_at < $5 THEN grants.expires_at ELSE $5 END
		FROM %s
		WHERE grants.id = $1 AND grants.client_id = $2 AND grants.generation = $3 AND grants.offline = $6
			AND grants.revoked_at = 0 AND grants.expires_at > $4 AND grants.idle_until > $4
			AND %s
		RETURNING ` + grantOwner + `, ` + grantFacts + `, %s`

// rotateEnterpriseGrant has the day besides, as has rotateAgentGrant.
func rotateEnterpriseGrant(w words) string {
	return fmt.Sprintf(rotateGrant, `enterprises e`, `e.id = grants.enterprise_id AND `+enterpriseAdmits+`
			AND e.account_epoch = grants.account_epoch AND e.enterprise_epoch = grants.enterprise_epoch`,
		fmt.Sprintf(w.returned(enterpriseStanding, `enterprises e WHERE e.id = enterprise_id`), "$7"))
}

func rotatePersonGrant(w words) string {
	return fmt.Sprintf(rotateGrant, `persons p`, `p.id = grants.person_id AND `+personAdmits+`
			AND p.account_epoch = grants.account_epoch`,
		w.returned(personStanding, `persons p WHERE p.id = person_id`))
}

// rotateAgentGrant: the columns are read from what the row
// names, which is what the statement matched.
func rotateAgentGrant(w words) string {
	return fmt.Sprintf(rotateGrant, `mandates m JOIN enterprises e ON e.id = m.enterprise_id JOIN persons p ON p.id = m.person_id`,
		`m.id = grants.mandate_id AND `+fmt.Sprintf(agentAdmits, "$7")+`
			AND m.epoch = grants.account_epoch AND e.enterprise_epoch = grants.enterprise_epoch AND p.account_epoch = grants.person_epoch`,
		fmt.Sprintf(w.returned(agentStanding, agentTables+` WHERE m.id = mandate_id`), "$7"))
}

// Rotate moves the family on from the presented generation, or within the grace
// of that move returns it as it is.
func (db *DB) Rotate(ctx context.Context, r grant.Rotation) (*grant.Grant, *accounts.Standing, error) {
	var row grantRow
	query, s := db.rotateEnterprise, standingRow(&enterpriseRow{})
	args := []any{r.ID[:], r.ClientID, int64(r.Presented), millis(r.Now), millis(r.IdleUntil), true, day(r.Now)}
	switch grant.AccountType(r.ID) {
	case accounts.TypeEnterprise:
	case accounts.TypePerson:
		query, s, args = db.rotatePerson, &personRow{}, args[:6]
	case accounts.TypeAgent:
		query, s = db.rotateAgent, &agentRow{}
	default:
		return nil, nil, notFound("rotate grant")
	}
	if !storable(r.ClientID) {
		return nil, nil, notFound("rotate grant")
	}
	err := db.returning(ctx, "rotate grant", query, args, append(append(row.owner(), row.facts()...), s.dest()...)...)
	if errors.Is(err, accounts.ErrNotFound) {
		return db.superseded(ctx, r)
	}
	if err != nil {
		return nil, nil, err
	}
	g := row.open()
	s.born(g.Principal) // as the statement demanded
	now, err := s.open(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	return g, now, nil
}

// superseded answers for a generation that is not the current one of a family
// that may rotate: within grace as the one who moved it on was answered; with
// the end of the family if it is an older one, of the same client: one of two
// holds a copy (RFC 9700 §4.14.2).
func (db *DB) superseded(ctx context.Context, r grant.Rotation) (*grant.Grant, *accounts.Standing, error) {
	g, now, err := db.Check(ctx, r.ID)
	if err != nil {
		return nil, nil, err
	}
	if g.ClientID != r.ClientID || !g.Offline || r.Presented >= g.Generation {
		return nil, nil, notFound("rotate grant")
	}
	usable := g.Alive(r.Now) && r.Now.Before(g.IdleUntil) && now.Admits(g.Principal, r.Now)
	if usable && r.Presented == g.Generation-1 && r.Grace > 0 && r.Now.Before(g.RotatedAt.Add(r.Grace)) {
		return g, now, nil
	}
	if err := db.Revoke(ctx, r.ID, r.ClientID, r.Now); err != nil {
		return nil, nil, err
	}
	return nil, nil, conflict("rotate grant")
}
