package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/tongid/tongid/accounts"
)

// The columns of agentRow.epochs and agentRow.dest. They are of three rows: the
// mandate and both of its sides.
const (
	agentTables   = `mandates m JOIN enterprises e ON e.id = m.enterprise_id JOIN persons p ON p.id = m.person_id`
	agentEpochs   = `m.id, e.id, p.id, m.epoch, e.enterprise_epoch, p.account_epoch`
	agentStanding = enterpriseStatus + `, e.name, e.uscc, e.legal_type, e.as_of, p.status, p.proofing, p.name, p.phone, p.updated_at, m.state, m.valid_from, m.valid_until, m.manager, m.services, m.role, m.preset, m.confirm_by`
)

var readAgentStanding = fmt.Sprintf(`SELECT `+agentEpochs+`, `+agentStanding+` FROM `+agentTables+` WHERE m.id = $1`, "$2")

// agentRow is of a person who acts for an enterprise.
type agentRow struct {
	mandate           accounts.Mandate
	standing          accounts.Standing
	name, phone       []byte
	services          string
	proofing, updated int64
}

func (s *agentRow) epochs() []any {
	m, e := &s.mandate, &s.standing.Epochs
	return []any{&m.ID, (*string)(&m.Enterprise), (*string)(&m.Person), &e.Account, &e.Enterprise, &e.Person}
}

func (s *agentRow) dest() []any {
	m, st := &s.mandate, &s.standing
	return []any{
		(*string)(&st.Status), &st.Company, &st.USCC, (*string)(&st.LegalType), &st.AsOf,
		(*string)(&st.Holder), &s.proofing, &s.name, &s.phone, &s.updated,
		(*string)(&m.State), &m.ValidFrom, &m.ValidUntil, &m.Manager, &s.services, (*string)(&m.Role), &m.Preset, &m.ConfirmBy,
	}
}

func (s *agentRow) own(p *accounts.Principal) {
	p.Mandate, p.Enterprise, p.Person = s.mandate.ID, s.mandate.Enterprise, s.mandate.Person
}

func (s *agentRow) born(p accounts.Principal) {
	s.mandate.ID, s.mandate.Enterprise, s.mandate.Person = p.Mandate, p.Enterprise, p.Person
	s.standing.Epochs = p.Epochs
}

func (s *agentRow) open(ctx context.Context, db *DB) (*accounts.Standing, error) {
	out, m := s.standing, s.mandate
	m.Services = split(s.services)
	out.Mandate, out.Proofing, out.UpdatedAt = &m, accounts.LOA(s.proofing), timeOf(s.updated)
	if out.Holder == accounts.StatusCancelled {
		return &out, nil // the row knows nothing more of the person
	}
	id := string(m.Person)
	name, errName := db.open(ctx, columnPersonName, id, s.name)
	phone, errPhone := db.open(ctx, columnPersonPhone, id, s.phone)
	out.Name, out.Phone = string(name), string(phone)
	return &out, errors.Join(errName, errPhone)
}
