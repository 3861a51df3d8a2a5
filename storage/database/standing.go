package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.StandingStore = (*DB)(nil)

// standingRow is the part of an account's row that its standing is made of,
// before it is opened.
type standingRow interface {
	// epochs are the columns of whose row it is and of its epochs, in order.
	epochs() []any
	// dest are the columns after them, in order.
	dest() []any
	open(ctx context.Context, db *DB) (*accounts.Standing, error)
	// own sets whose account the row is.
	own(p *accounts.Principal)
	// born sets what a statement demanded of the row instead of reading it.
	born(p accounts.Principal)
}

// enterpriseStatus is an enterprise's state on a day: one whose representative's
// document has expired is restricted. Who compares states compares the column, for
// both are admitted.
const enterpriseStatus = `CASE WHEN e.status = 'active' AND e.rep_valid_to <> '' AND e.rep_valid_to < %[1]s THEN 'restricted' ELSE e.status END`

// The columns of enterpriseRow.dest and of personRow.dest; the first have a place
// for the day.
const (
	enterpriseStanding = enterpriseStatus + `, e.proofing, e.name, e.account, e.phone, e.uscc, e.legal_type, e.as_of, e.updated_at`
	personStanding     = `p.status, p.proofing, p.name, p.phone, p.updated_at`
)

// enterpriseRow is of an enterprise's own account.
type enterpriseRow struct {
	id                accounts.EnterpriseID
	standing          accounts.Standing
	phone             []byte
	proofing, updated int64
}

func (s *enterpriseRow) epochs() []any {
	return []any{(*string)(&s.id), &s.standing.Epochs.Account, &s.standing.Epochs.Enterprise}
}

func (s *enterpriseRow) dest() []any {
	return []any{
		(*string)(&s.standing.Status), &s.proofing, &s.standing.Company, &s.standing.Username, &s.phone,
		&s.standing.USCC, (*string)(&s.standing.LegalType), &s.standing.AsOf, &s.updated,
	}
}

func (s *enterpriseRow) own(p *accounts.Principal) { p.Enterprise = s.id }

func (s *enterpriseRow) born(p accounts.Principal) { s.id, s.standing.Epochs = p.Enterprise, p.Epochs }

func (s *enterpriseRow) open(ctx context.Context, db *DB) (*accounts.Standing, error) {
	phone, err := db.open(ctx, columnPhone, string(s.id), s.phone)
	if err != nil {
		return nil, err
	}
	out := s.standing
	out.Name, out.Phone = out.Company, string(phone)
	out.Proofing, out.UpdatedAt = accounts.LOA(s.proofing), timeOf(s.updated)
	return &out, nil
}

// personRow is of a person's account.
type personRow struct {
	id                accounts.PersonID
	standing          accounts.Standing
	name, phone       []byte
	proofing, updated int64
}

func (s *personRow) epochs() []any { return []any{(*string)(&s.id), &s.standing.Epochs.Account} }

func (s *personRow) dest() []any {
	return []any{(*string)(&s.standing.Status), &s.proofing, &s.name, &s.phone, &s.updated}
}

func (s *personRow) own(p *accounts.Principal) { p.Person = s.id }

func (s *personRow) born(p accounts.Principal) { s.id, s.standing.Epochs = p.Person, p.Epochs }

func (s *personRow) open(ctx context.Context, db *DB) (*accounts.Standing, error) {
	name, errName := db.open(ctx, columnPersonName, string(s.id), s.name)
	phone, errPhone := db.open(ctx, columnPersonPhone, string(s.id), s.phone)
	if err := errors.Join(errName, errPhone); err != nil {
		return nil, err
	}
	out := s.standing
	out.Name, out.Phone = string(name), string(phone)
	out.Proofing, out.UpdatedAt = accounts.LOA(s.proofing), timeOf(s.updated)
	return &out, nil
}

// Of an enterprise the day is asked besides.
var readEnterpriseStanding = fmt.Sprintf(`SELECT e.id, e.account_epoch, e.enterprise_epoch, `+enterpriseStanding+
	` FROM enterprises e WHERE e.id = $1`, "$2")

const readPersonStanding = `SELECT p.id, p.account_epoch, ` + personStanding + ` FROM persons p WHERE p.id = $1`

// Standing reads what is true of a principal now.
func (db *DB) Standing(ctx context.Context, p accounts.Principal) (*accounts.Standing, error) {
	query, id, s := readEnterpriseStanding, string(p.Enterprise), standingRow(&enterpriseRow{})
	dated := true
	switch p.Type {
	case accounts.TypeEnterprise:
	case accounts.TypePerson:
		query, id, s, dated = readPersonStanding, string(p.Person), &personRow{}, false
	case accounts.TypeAgent:
		query, id, s = readAgentStanding, p.Mandate, &agentRow{}
	default:
		return nil, notFound("read standing")
	}
	if !storable(id) {
		return nil, notFound("read standing")
	}
	args := []any{id}
	if dated {
		args = append(args, day(db.now()))
	}
	if err := db.row(ctx, "read standing", query, args, append(s.epochs(), s.dest()...)...); err != nil {
		return nil, err
	}
	return s.open(ctx, db)
}
