package storagetest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// agentGrantTests are of grants that act for an enterprise under a mandate.
func agentGrantTests() []durableTest {
	return []durableTest{
		{"an agent's grant is read back with what all three sides say", createAgentGrant},
		{"no grant of an agent whom one side does not admit", agentGrantDoors},
		{"an agent's grant rotates once", raceRotateAgentGrant},
		{"a representative's document that has expired restricts the enterprise", expiredRepresentative},
	}
}

// agentGrant returns a grant of an agent whose mandate was just made, not stored.
func (r durableRun) agentGrant(t *testing.T) *grant.Grant {
	t.Helper()
	m := r.storedMandate(t)
	g := r.grant(r.enterprise())
	g.ID, g.Principal = grant.NewID(accounts.TypeAgent), r.viewed(t, m.ID).Principal()
	return g
}

func createAgentGrant(t *testing.T, r durableRun) {
	g := r.agentGrant(t)
	ok(t, "create", r.Store.Create(t.Context(), g))
	got, now, err := r.Store.Check(t.Context(), g.ID)
	ok(t, "check", err)
	if diff := cmp.Diff(g, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want, err := r.Store.Standing(t.Context(), g.Principal)
	ok(t, "standing", err)
	if diff := cmp.Diff(want, now); diff != "" || !now.Admits(got.Principal, r.in(0)) {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	wantErr(t, "again", r.Store.Create(t.Context(), g), accounts.ErrConflict)
	list, err := r.Store.Grants(t.Context(), g.Principal.Subject, r.in(0))
	if ok(t, "list", err); len(list) != 1 || cmp.Diff(g, list[0]) != "" {
		t.Errorf("listed %+v", list)
	}
	moved, standing, err := r.Store.Rotate(t.Context(), r.rotation(g, 1))
	ok(t, "rotate", err)
	if diff := cmp.Diff(want, standing); diff != "" || moved.Generation != 2 || moved.Principal != g.Principal {
		t.Errorf("rotated to %+v, standing (-want +got):\n%s", moved, diff)
	}
}

// ends are the ways in which an agent stops being one. The principal is brought up
// to date afterwards where the state alone shall forbid it.
func (r durableRun) ends(t *testing.T) map[string]func(p accounts.Principal) {
	change := func(f func(*accounts.Mandate)) func(accounts.Principal) {
		return func(p accounts.Principal) {
			m := r.viewed(t, p.Mandate).Mandate
			f(&m)
			ok(t, "change mandate", r.Store.ChangeMandate(t.Context(), &m))
		}
	}
	firm := func(s accounts.Status) func(accounts.Principal) {
		return func(p accounts.Principal) {
			ok(t, "enterprise", r.Store.SetEnterpriseStatus(t.Context(), p.Enterprise, s, r.in(0)))
		}
	}
	person := func(s accounts.Status) func(accounts.Principal) {
		return func(p accounts.Principal) {
			ok(t, "person", r.Store.SetPersonStatus(t.Context(), p.Person, s, r.in(0)))
		}
	}
	yesterday, tomorrow := day(r.in(-24*time.Hour)), day(r.in(24*time.Hour))
	return map[string]func(accounts.Principal){
		"suspended":         change(func(m *accounts.Mandate) { m.State = accounts.MandateSuspended }),
		"revoked":           change(func(m *accounts.Mandate) { m.State = accounts.MandateRevoked }),
		"expired":           change(func(m *accounts.Mandate) { m.ValidUntil = yesterday }),
		"not begun":         change(func(m *accounts.Mandate) { m.ValidFrom = tomorrow }),
		"unconfirmed":       change(func(m *accounts.Mandate) { m.ConfirmBy = yesterday }),
		"enterprise frozen": firm(accounts.StatusFrozen), "enterprise cancelled": firm(accounts.StatusCancelled),
		"person frozen": person(accounts.StatusFrozen), "person closed": person(accounts.StatusCancelled),
	}
}

func agentGrantDoors(t *testing.T, r durableRun) {
	ends := r.ends(t)
	epochs := map[string]func(accounts.Principal){
		"mandate's epoch": func(p accounts.Principal) {
			ok(t, "raise", r.Store.RaiseMandateEpoch(t.Context(), p.Mandate, r.in(0)))
		},
		"person's epoch": func(p accounts.Principal) {
			ok(t, "raise", r.Store.RaisePersonEpoch(t.Context(), p.Person, r.in(0)))
		},
	}
	for _, name := range slices.Sorted(maps.Keys(ends)) {
		before, after := r.agentGrant(t), r.agentGrant(t)
		r.wantAgentEnds(t, name, before, ends[name])
		ends[name](after.Principal) // a code was issued, then this
		now, err := r.Store.Standing(t.Context(), after.Principal)
		ok(t, "standing", err)
		after.Principal.Epochs = now.Epochs // the state alone forbids it
		wantErr(t, name+": create", r.Store.Create(t.Context(), after), accounts.ErrNotFound)
	}
	for name, end := range epochs {
		r.wantAgentEnds(t, name, r.agentGrant(t), end)
		g := r.agentGrant(t)
		end(g.Principal)
		wantErr(t, name+": create", r.Store.Create(t.Context(), g), accounts.ErrNotFound)
	}
	// The account's own password does not throw its agents out.
	g := r.agentGrant(t)
	ok(t, "create", r.Store.Create(t.Context(), g))
	ok(t, "raise", r.Store.RaiseAccountEpoch(t.Context(), g.Principal.Enterprise, r.in(0)))
	if _, now, err := r.Store.Check(t.Context(), g.ID); err != nil || !now.Admits(g.Principal, r.in(0)) {
		t.Errorf("after the enterprise's own sign-out everywhere: %v", err)
	}
	strange := r.agentGrant(t)
	strange.Principal.Mandate = uuid.NewString()
	wantErr(t, "another mandate", r.Store.Create(t.Context(), strange), accounts.ErrNotFound)
}

func (r durableRun) wantAgentEnds(t *testing.T, name string, g *grant.Grant, end func(accounts.Principal)) {
	t.Helper()
	ok(t, "create", r.Store.Create(t.Context(), g))
	end(g.Principal)
	if _, now, err := r.Store.Check(t.Context(), g.ID); err != nil || now.Admits(g.Principal, r.in(0)) {
		t.Errorf("%s: admitted, %v", name, err)
	}
	_, _, err := r.Store.Rotate(t.Context(), r.rotation(g, 1))
	wantErr(t, name+": rotate", err, accounts.ErrNotFound)
}

func raceRotateAgentGrant(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow, g := SlowGrants(r.Store, latency), r.agentGrant(t)
		ok(t, "create", r.Store.Create(t.Context(), g))
		answers := racers(t, racing, func(int) error {
			rotation := r.rotation(g, 1)
			rotation.Grace = time.Hour
			_, _, err := slow.Rotate(t.Context(), rotation)
			return err
		})
		got, _, err := r.Store.Check(t.Context(), g.ID)
		ok(t, "check", err)
		if answers[nil] != racing || got.Generation != 2 {
			t.Errorf("at %v: answers %v, generation %d", latency, answers, got.Generation)
		}
	}
}

func expiredRepresentative(t *testing.T, r durableRun) {
	for until, want := range map[string]accounts.Status{
		day(r.in(-24 * time.Hour)): accounts.StatusRestricted, day(r.in(0)): accounts.StatusActive, "": accounts.StatusActive,
	} {
		e := r.enterprise()
		e.Representative.ValidTo = until
		ok(t, "create", r.Store.CreateEnterprise(t.Context(), e))
		m := r.mandate(e.ID, r.storedPerson(t).ID)
		ok(t, "mandate", r.Store.CreateMandate(t.Context(), m))
		for _, p := range []accounts.Principal{e.Principal(), r.viewed(t, m.ID).Principal()} {
			g := r.grant(e)
			g.ID, g.Principal = grant.NewID(p.Type), p
			ok(t, "grant", r.Store.Create(t.Context(), g))
			standing, err := r.Store.Standing(t.Context(), p)
			ok(t, "standing", err)
			_, checked, err := r.Store.Check(t.Context(), g.ID)
			ok(t, "check", err)
			_, rotated, err := r.Store.Rotate(t.Context(), r.rotation(g, 1))
			ok(t, "rotate", err)
			for what, now := range map[string]*accounts.Standing{"standing": standing, "check": checked, "rotate": rotated} {
				if now.Status != want || !now.Admits(p, r.in(0)) {
					t.Errorf("%s of %s, until %q: %s", what, p.Type, until, now.Status)
				}
			}
		}
	}
}
