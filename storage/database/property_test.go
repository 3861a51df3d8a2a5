package database_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
)

// history is one enterprise, one person and what stands between them, beside a
// model of it that knows nothing of epochs: what ends a token is written down with
// each event.
type history struct {
	t     *rapid.T
	db    *database.DB
	rules *accounts.Mandating
	now   time.Time

	enterprise *accounts.Enterprise
	person     *accounts.Person

	firm, holder accounts.Status
	mandate      *accounts.Mandate // nil: none stands
	tokens       []*token
}

// token is a grant and whether an event ended it for good.
type token struct {
	grant   *grant.Grant
	mandate string
	ended   bool
}

func newHistory(t *rapid.T, db *database.DB) *history {
	h := &history{
		t: t, db: db, now: time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC), firm: accounts.StatusActive, holder: accounts.StatusActive,
	}
	h.enterprise = &accounts.Enterprise{
		ID: accounts.EnterpriseID(uuid.NewString()), Account: "f" + uuid.NewString(), USCC: uuid.NewString()[:18], Name: "Firm",
		LegalType: "enterprise", Status: h.firm, Proofing: 3, CreatedAt: h.now, UpdatedAt: h.now,
	}
	h.person = &accounts.Person{
		ID: accounts.PersonID(uuid.NewString()), Name: "Li", DocType: accounts.DocPassport, DocNumber: uuid.NewString(),
		Phone: "+86" + uuid.NewString(), Status: h.holder, Proofing: 4, CreatedAt: h.now, UpdatedAt: h.now,
	}
	h.must(db.CreateEnterprise(t.Context(), h.enterprise))
	h.must(db.CreatePerson(t.Context(), h.person))
	h.rules = &accounts.Mandating{
		Wizards: &accounts.Wizards{
			Ledger: db, Now: func() time.Time { return h.now },
			Text: func(string, map[string]string) (string, error) { return "text", nil },
		},
		Mandates: db, Services: func() []string { return services },
	}
	return h
}

var services = []string{"hrss-hall", "medical-hall"}

func (h *history) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) day(n int) string { return idnum.DateOf(h.now.AddDate(0, 0, n)).String() }

func (h *history) end() {
	for _, token := range h.tokens {
		token.ended = true
	}
}

// allowed is the model: enterprise, person and mandate all allow it.
func (h *history) allowed(id string) bool {
	m := h.mandate
	return m != nil && m.ID == id && m.State == accounts.MandateActive && m.ValidFrom <= h.day(0) && h.day(0) <= m.ValidUntil &&
		(m.ConfirmBy == "" || h.day(0) <= m.ConfirmBy) &&
		(h.firm == accounts.StatusActive || h.firm == accounts.StatusRestricted) && h.holder == accounts.StatusActive
}

// check compares every token with the model, at each door of the store.
func (h *history) check() {
	h.t.Helper()
	for i, token := range h.tokens {
		want := !token.ended && h.allowed(token.mandate)
		_, standing, err := h.db.Check(h.t.Context(), token.grant.ID)
		h.must(err)
		if got := standing.Admits(token.grant.Principal, h.now); got != want {
			h.t.Fatalf("token %d: active %v, want %v; ended %v, mandate %+v, firm %s, holder %s", i, got, want, token.ended, h.mandate, h.firm, h.holder)
		}
		session, err := h.db.Standing(h.t.Context(), token.grant.Principal)
		h.must(err)
		if got := session.Admits(token.grant.Principal, h.now); got != want {
			h.t.Fatalf("session %d: admitted %v, want %v", i, got, want)
		}
	}
	if n := len(h.tokens); n > 0 {
		last := h.tokens[n-1]
		want := !last.ended && h.allowed(last.mandate)
		g, _, err := h.db.Rotate(h.t.Context(), grant.Rotation{
			ID: last.grant.ID, ClientID: last.grant.ClientID, Presented: last.grant.Generation, Now: h.now, IdleUntil: h.now.AddDate(1, 0, 0),
		})
		if (err == nil) != want {
			h.t.Fatalf("refresh: %v, want %v", err, want)
		}
		if err == nil {
			last.grant.Generation = g.Generation
		}
	}
}

func (h *history) mint() {
	if h.mandate == nil {
		return
	}
	v, err := h.db.Mandate(h.t.Context(), h.mandate.ID)
	h.must(err)
	g := &grant.Grant{
		ID: grant.NewID(accounts.TypeAgent), ClientID: "hrss-hall", Principal: v.Principal(), SessionID: "s", Scopes: []string{"openid"},
		AuthTime: h.now, LOA: 2, AMR: []string{"pwd"}, Offline: true, Generation: 1, RotatedAt: h.now, CreatedAt: h.now,
		IdleUntil: h.now.AddDate(9, 0, 0), ExpiresAt: h.now.AddDate(9, 0, 0),
	}
	err = h.db.Create(h.t.Context(), g)
	if (err == nil) != h.allowed(h.mandate.ID) {
		h.t.Fatalf("a code becomes a grant: %v, mandate %+v, firm %s, holder %s", err, h.mandate, h.firm, h.holder)
	}
	if err == nil {
		h.tokens = append(h.tokens, &token{grant: g, mandate: h.mandate.ID})
	} else if !errors.Is(err, accounts.ErrNotFound) {
		h.t.Fatal(err)
	}
}

func (h *history) grantMandate() {
	m := &accounts.Mandate{
		ID: uuid.NewString(), Enterprise: h.enterprise.ID, Person: h.person.ID, Role: accounts.RoleAgent, ValidFrom: h.day(0), ValidUntil: h.day(20),
		State: accounts.MandateActive, CreatedAt: h.now, UpdatedAt: h.now,
	}
	err := h.db.CreateMandate(h.t.Context(), m)
	if (err == nil) != (h.mandate == nil) {
		h.t.Fatalf("granted beside another: %v", err)
	}
	if err == nil {
		h.mandate = m
	}
}

// keep is what the enterprise does on its page. While it is shut out, nothing can
// be done.
func (h *history) keep(deed accounts.MandateDeed) {
	if h.mandate == nil {
		return
	}
	in := &accounts.Input{Values: map[string]string{
		"valid_from": h.day(rapid.IntRange(-3, 3).Draw(h.t, "from")), "valid_until": h.day(rapid.IntRange(0, 30).Draw(h.t, "until")),
		"manager": rapid.SampledFrom([]string{"0", "1"}).Draw(h.t, "manager"),
	}}
	chosen := rapid.SampledFrom([][]string{nil, services[:1], services[1:], services}).Draw(h.t, "services")
	e, err := h.db.Enterprise(h.t.Context(), h.enterprise.ID)
	h.must(err)
	if err := h.rules.Keep(h.t.Context(), e.Principal(), h.mandate.ID, deed, in, chosen); err != nil {
		return // refused: then nothing changed, which check finds out
	}
	h.model(deed, in, chosen)
}

func (h *history) model(deed accounts.MandateDeed, in *accounts.Input, chosen []string) {
	m, old := h.mandate, *h.mandate
	switch deed {
	case accounts.DeedSuspend:
		m.State = accounts.MandateSuspended
		h.end()
	case accounts.DeedResume:
		m.State = accounts.MandateActive
	case accounts.DeedRevoke:
		h.mandate = nil
		h.end()
	case accounts.DeedRenew:
		m.ValidUntil, m.ConfirmBy = in.Values["valid_until"], ""
	case accounts.DeedSave:
		m.ValidFrom, m.ValidUntil, m.Manager = in.Values["valid_from"], in.Values["valid_until"], in.Values["manager"] == "1"
		m.Services, m.ConfirmBy = chosen, ""
	}
	lost := len(old.Services) == 0 && len(m.Services) > 0 || // all there ever will be, and now some
		slices.ContainsFunc(services, func(id string) bool { return old.Serves(id) && !m.Serves(id) })
	if m.ValidFrom > old.ValidFrom || m.ValidUntil < old.ValidUntil || old.Manager && !m.Manager || lost {
		h.end()
	}
}

func (h *history) setFirm(s accounts.Status) {
	h.must(h.db.SetEnterpriseStatus(h.t.Context(), h.enterprise.ID, s, h.now))
	if s == accounts.StatusFrozen && h.firm != s {
		h.end()
	}
	h.firm = s
}

func (h *history) setHolder(s accounts.Status) {
	h.must(h.db.SetPersonStatus(h.t.Context(), h.person.ID, s, h.now))
	if s == accounts.StatusFrozen && h.holder != s {
		h.end()
	}
	h.holder = s
}

// For random histories a token is active exactly when nothing ended it and
// enterprise, person and mandate all allow it.
func TestTokensLiveByAllThree(t *testing.T) {
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time
	db := open(t, database.Config{Path: sqlite.Memory, Box: box, Now: func() time.Time { return now }, Timeout: time.Minute})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, db)
		events := map[string]func(){
			"grant": h.grantMandate, "mint": h.mint, "mint again": h.mint,
			"freeze firm": func() { h.setFirm(accounts.StatusFrozen) }, "restrict firm": func() { h.setFirm(accounts.StatusRestricted) },
			"thaw firm":     func() { h.setFirm(accounts.StatusActive) },
			"freeze person": func() { h.setHolder(accounts.StatusFrozen) }, "thaw person": func() { h.setHolder(accounts.StatusActive) },
			"person's password":     func() { h.must(db.RaisePersonEpoch(h.t.Context(), h.person.ID, h.now)); h.end() },
			"enterprise's password": func() { h.must(db.RaiseAccountEpoch(h.t.Context(), h.enterprise.ID, h.now)) },
			"days pass":             func() { h.now = h.now.AddDate(0, 0, rapid.IntRange(1, 8).Draw(rt, "days")); now = h.now },
			"new representative": func() {
				h.must(db.RepresentativeChanged(h.t.Context(), h.enterprise.ID, h.day(5), h.now))
				if h.mandate != nil {
					h.mandate.ConfirmBy = h.day(5)
				}
			},
		}
		for _, deed := range []accounts.MandateDeed{
			accounts.DeedSave, accounts.DeedRenew, accounts.DeedSuspend, accounts.DeedResume, accounts.DeedRevoke,
		} {
			events[string(deed)] = func() { h.keep(deed) }
		}
		names := make([]string, 0, len(events))
		for name := range events {
			names = append(names, name)
		}
		slices.Sort(names)
		now = h.now
		h.grantMandate()
		h.mint()
		for i := range rapid.IntRange(1, 25).Draw(rt, "events") {
			events[rapid.SampledFrom(names).Draw(rt, fmt.Sprint("event ", i))]()
			h.check()
		}
	})
}
