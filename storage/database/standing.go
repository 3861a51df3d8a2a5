package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.StandingStore = (*DB)(nil)

// standing is a row's standing before it is opened.
type standing struct {
	found             accounts.EnterpriseID
	standing          accounts.Standing
	phone             []byte
	proofing, updated int64
}

// dest are the columns of words.standing, in order.
func (s *standing) dest() []any {
	return []any{
		(*string)(&s.standing.Status), &s.proofing, &s.standing.Company, &s.standing.Username, &s.phone,
		&s.standing.USCC, (*string)(&s.standing.LegalType), &s.standing.AsOf, &s.updated,
	}
}

// open completes the standing of an enterprise's own account.
func (s *standing) open(ctx context.Context, db *DB) (*accounts.Standing, error) {
	phone, err := db.open(ctx, columnPhone, string(s.found), s.phone)
	if err != nil {
		return nil, err
	}
	out := s.standing
	out.Name, out.Phone = out.Company, string(phone)
	out.Proofing, out.UpdatedAt = accounts.LOA(s.proofing), timeOf(s.updated)
	return &out, nil
}

const readStanding = `SELECT account_epoch, enterprise_epoch,
		status, proofing, name, account, phone, uscc, legal_type, as_of, updated_at
	FROM enterprises WHERE id = $1`

// Standing reads what is true of a principal now.
func (db *DB) Standing(ctx context.Context, p accounts.Principal) (*accounts.Standing, error) {
	if p.Type != accounts.TypeEnterprise || !storable(string(p.Enterprise)) {
		return nil, notFound("read standing")
	}
	s := standing{found: p.Enterprise}
	dest := append([]any{&s.standing.Epochs.Account, &s.standing.Epochs.Enterprise}, s.dest()...)
	if err := db.row(ctx, "read standing", readStanding, []any{string(p.Enterprise)}, dest...); err != nil {
		return nil, err
	}
	return s.open(ctx, db)
}
