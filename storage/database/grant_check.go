package database

import (
	"context"
	"fmt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// One statement for each kind of account that a grant may act as: the id says
// which. Accounts are never deleted.
// Of an enterprise the day is asked besides.
var (
	checkEnterpriseGrant = fmt.Sprintf(`SELECT `+grantFacts+`, e.id, e.account_epoch, e.enterprise_epoch, `+enterpriseStanding+`
	FROM grants JOIN enterprises e ON e.id = grants.enterprise_id
	WHERE grants.id = $1`, "$2")
	checkAgentGrant = fmt.Sprintf(`SELECT `+grantFacts+`, grants.person_epoch, `+agentEpochs+`, `+agentStanding+`
	FROM grants JOIN mandates m ON m.id = grants.mandate_id
		JOIN enterprises e ON e.id = m.enterprise_id JOIN persons p ON p.id = m.person_id
	WHERE grants.id = $1`, "$2")
)

const checkPersonGrant = `SELECT ` + grantFacts + `, p.id, p.account_epoch, ` + personStanding + `
	FROM grants JOIN persons p ON p.id = grants.person_id
	WHERE grants.id = $1`

// Check reads a grant together with its principal's standing now.
func (db *DB) Check(ctx context.Context, id grant.ID) (*grant.Grant, *accounts.Standing, error) {
	var g grantRow
	query, s, facts := checkEnterpriseGrant, standingRow(&enterpriseRow{}), g.facts()
	args := []any{id[:], day(db.now())}
	switch grant.AccountType(id) {
	case accounts.TypeEnterprise:
	case accounts.TypePerson:
		query, s, args = checkPersonGrant, &personRow{}, args[:1]
	case accounts.TypeAgent:
		query, s, facts = checkAgentGrant, &agentRow{}, append(facts, &g.grant.Principal.Epochs.Person)
	default:
		return nil, nil, notFound("check grant")
	}
	g.grant.ID, g.grant.Principal.Type = id, grant.AccountType(id)
	dest := append(append(facts, s.epochs()...), s.dest()...)
	if err := db.row(ctx, "check grant", query, args, dest...); err != nil {
		return nil, nil, err
	}
	now, err := s.open(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	s.own(&g.grant.Principal)
	return g.open(), now, nil
}
