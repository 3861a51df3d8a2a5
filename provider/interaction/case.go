package interaction

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

// Cases keeps the wizards of accounts where interactions are kept: they are of
// the same kind, a record that one browser moves on by conditional writes until
// it ends. What they hold is sealed; no interaction has an id like theirs.
type Cases struct{ Store Store }

var _ accounts.CaseStore = Cases{}

func caseRecord(r *accounts.CaseRecord) *Interaction {
	return &Interaction{ID: caseID(r.ID), Version: r.Version, Params: string(r.Data), ExpiresAt: r.ExpiresAt}
}

// caseID has a character that no token has.
func caseID(id string) string { return "case/" + id }

// PutCase keeps a case until its end.
func (s Cases) PutCase(ctx context.Context, r *accounts.CaseRecord) error {
	return s.Store.PutInteraction(ctx, caseRecord(r))
}

// Case reads a case.
func (s Cases) Case(ctx context.Context, id string) (*accounts.CaseRecord, error) {
	i, err := s.Store.Interaction(ctx, caseID(id))
	if err != nil {
		return nil, err
	}
	return &accounts.CaseRecord{ID: id, Version: i.Version, Data: []byte(i.Params), ExpiresAt: i.ExpiresAt}, nil
}

// MoveCase replaces the record if its stored version is r.Version.
func (s Cases) MoveCase(ctx context.Context, r *accounts.CaseRecord) error {
	i := caseRecord(r)
	err := s.Store.MoveInteraction(ctx, i)
	r.Version = i.Version
	return err
}
