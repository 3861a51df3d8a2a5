package simulator

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/register"
)

// change is what was changed of the register that was there at first.
type change struct {
	Gone  bool                    `json:"gone"`
	Entry *accounts.RegisterEntry `json:"entry"`
}

// Entry returns what the simulated register holds of an organisation, or
// accounts.ErrNotFound.
func (s *Simulator) Entry(ctx context.Context, uscc string) (*accounts.RegisterEntry, error) {
	var c change
	err := load(ctx, s.options.Store, topicRegister, uscc, &c)
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return s.options.Base(ctx, uscc)
	case err != nil:
		return nil, err
	case c.Gone || c.Entry == nil:
		return nil, accounts.ErrNotFound
	default:
		return c.Entry, nil
	}
}

// PutEntry inserts or replaces an entry, in force from today unless it says
// otherwise. The state may be named by the word that accounts have for it.
func (s *Simulator) PutEntry(ctx context.Context, e accounts.RegisterEntry) error {
	words := map[string]accounts.RegisterStatus{
		"": accounts.RegisterOperating, string(accounts.StatusActive): accounts.RegisterOperating,
		string(accounts.StatusCancelled): accounts.RegisterGone,
	}
	if state, ok := words[string(e.Status)]; ok {
		e.Status = state
	}
	if e.AsOf == "" {
		e.AsOf = s.options.Now().In(china()).Format(time.DateOnly)
	}
	if what := register.CheckEntry(&e); what != "" {
		return invalid(what)
	}
	return save(ctx, s.options.Store, topicRegister, e.USCC, change{Entry: &e}, longMemory)
}

// DeleteEntry takes an organisation out of the register.
func (s *Simulator) DeleteEntry(ctx context.Context, uscc string) error {
	return save(ctx, s.options.Store, topicRegister, uscc, change{Gone: true}, longMemory)
}

func (s *Simulator) verifyClaim(r *http.Request, data []byte) (int, any, error) {
	var c register.Claim
	switch {
	case !decode(data, &c):
		return http.StatusBadRequest, problem{"bad_json"}, nil
	case c.USCC == "":
		return http.StatusUnprocessableEntity, problem{"missing_field"}, nil
	}
	answer := register.Answer{USCC: accounts.VerdictUnknown, Simulated: true, Evidence: "simulated"}
	entry, err := s.Entry(r.Context(), c.USCC)
	switch {
	case err == nil:
		v := register.Compare(entry, accounts.RegisterClaim(c), register.EqualNames)
		answer.USCC, answer.Name, answer.RepName, answer.RepDocument = v.USCC, v.Name, v.RepName, v.RepDocument
		answer.Status, answer.AsOf = v.Status, v.AsOf
	case !errors.Is(err, accounts.ErrNotFound):
		return 0, nil, err
	}
	return http.StatusOK, answer, nil
}

func (s *Simulator) tellEntry(r *http.Request, _ []byte) (int, any, error) {
	entry, err := s.Entry(r.Context(), r.PathValue("uscc"))
	if errors.Is(err, accounts.ErrNotFound) {
		return http.StatusNotFound, problem{"not_found"}, nil
	}
	return http.StatusOK, entry, err
}
