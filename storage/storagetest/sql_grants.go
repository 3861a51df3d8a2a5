package storagetest

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// Grants is the suite of grant.Store.
func Grants(t *testing.T, open OpenDurable) {
	t.Helper()
	tests := []durableTest{
		{"a grant is read back with its principal's standing", createGrant},
		{"a family is created once", createGrantTwice},
		{"no grant without a principal that stands", createGrantWithoutStanding},
		{"of many who redeem one code at once one succeeds", raceCreateGrant},
		{"check sees what happened to the account", checkGrant},
		{"what is not there is not found", unknownGrant},
		{"revoke ends a family for its own client only", revokeGrant},
		{"the end of a session ends what was born in it", endSession},
		{"a code of a session that was ended gives no grant", createGrantAfterItsSession},
	}
	runDurable(t, open, slices.Concat(tests, rotateTests(), personGrantTests(), agentGrantTests()))
}

// grant returns a grant of e that is not stored yet.
func (r durableRun) grant(e *accounts.Enterprise) *grant.Grant {
	return &grant.Grant{
		ID: grant.NewID(accounts.TypeEnterprise), ClientID: "hrss-hall", Principal: e.Principal(), SessionID: rand.Text(),
		Scopes: []string{"openid", "enterprise", "offline_access"}, Claims: []byte(`{"userinfo":{"name":null}}`),
		AuthTime: r.in(-time.Minute), LOA: 2, AMR: []string{"pwd", "sms"},
		Offline: true, Generation: 1, RotatedAt: r.in(0), CreatedAt: r.in(0),
		IdleUntil: r.in(8 * time.Hour), ExpiresAt: r.in(30 * 24 * time.Hour),
	}
}

// granted returns a grant of a new account, changed and stored.
func (r durableRun) granted(t *testing.T, changes ...func(*grant.Grant)) *grant.Grant {
	t.Helper()
	g := r.grant(r.stored(t))
	for _, change := range changes {
		change(g)
	}
	ok(t, "create grant", r.Store.Create(t.Context(), g))
	return g
}

func (r durableRun) check(t *testing.T, id grant.ID) *grant.Grant {
	t.Helper()
	g, _, err := r.Store.Check(t.Context(), id)
	ok(t, "check", err)
	return g
}

// wantGrant fails the test unless the stored grant is want.
func (r durableRun) wantGrant(t *testing.T, what string, want *grant.Grant) {
	t.Helper()
	if diff := cmp.Diff(want, r.check(t, want.ID)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func createGrant(t *testing.T, r durableRun) {
	e := r.stored(t)
	full := r.grant(e)
	bare := &grant.Grant{
		ID: grant.NewID(accounts.TypeEnterprise), ClientID: "demo-spa", Principal: e.Principal(), SessionID: "s",
		AuthTime: r.in(0), LOA: 2, CreatedAt: r.in(0), ExpiresAt: r.in(time.Hour),
	}
	over := r.grant(e)
	over.IdleUntil = over.ExpiresAt.Add(time.Hour)
	for name, g := range map[string]*grant.Grant{"full": full, "bare": bare, "idle time clipped": over} {
		ok(t, name, r.Store.Create(t.Context(), g))
		if g == over {
			g.IdleUntil = g.ExpiresAt
		}
		got, now, err := r.Store.Check(t.Context(), g.ID)
		ok(t, name, err)
		if diff := cmp.Diff(g, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		want, err := r.Store.Standing(t.Context(), g.Principal)
		ok(t, name, err)
		if diff := cmp.Diff(want, now); diff != "" {
			t.Errorf("%s: standing (-want +got):\n%s", name, diff)
		}
	}
}

func createGrantTwice(t *testing.T, r durableRun) {
	g := r.granted(t)
	again := *g
	again.ClientID = "medical-hall"
	wantErr(t, "again", r.Store.Create(t.Context(), &again), accounts.ErrConflict)
	r.wantGrant(t, "the first", g)

	freeze := r.Store.SetEnterpriseStatus(t.Context(), g.Principal.Enterprise, accounts.StatusFrozen, r.in(0))
	ok(t, "freeze", freeze)
	wantErr(t, "again, by an account that is frozen now", r.Store.Create(t.Context(), g), accounts.ErrConflict)
}

func createGrantWithoutStanding(t *testing.T, r durableRun) {
	status := func(s accounts.Status) func(*grant.Grant) {
		return func(g *grant.Grant) {
			ok(t, "set status", r.Store.SetEnterpriseStatus(t.Context(), g.Principal.Enterprise, s, r.in(0)))
			now, err := r.Store.Standing(t.Context(), g.Principal)
			ok(t, "standing", err)
			g.Principal.Epochs = now.Epochs // the state alone forbids it
		}
	}
	for name, change := range map[string]func(*grant.Grant){
		"account epoch raised": func(g *grant.Grant) {
			ok(t, "raise", r.Store.RaiseAccountEpoch(t.Context(), g.Principal.Enterprise, r.in(0)))
		},
		"account epoch ahead":    func(g *grant.Grant) { g.Principal.Epochs.Account++ },
		"enterprise epoch other": func(g *grant.Grant) { g.Principal.Epochs.Enterprise-- },
		"frozen":                 status(accounts.StatusFrozen),
		"cancelled":              status(accounts.StatusCancelled),
		"pending":                status(accounts.StatusPendingActivation),
		"unknown account":        func(g *grant.Grant) { g.Principal.Enterprise = "nobody" },
		"another kind":           func(g *grant.Grant) { g.Principal.Type = accounts.TypePerson },
	} {
		g := r.grant(r.stored(t))
		change(g)
		wantErr(t, name, r.Store.Create(t.Context(), g), accounts.ErrNotFound)
		_, _, err := r.Store.Check(t.Context(), g.ID)
		wantErr(t, name+": check", err, accounts.ErrNotFound)
	}
	g := r.grant(r.stored(t))
	status(accounts.StatusRestricted)(g)
	ok(t, "restricted", r.Store.Create(t.Context(), g))
}

func raceCreateGrant(t *testing.T, r durableRun) {
	e := r.stored(t)
	for _, latency := range latencies() {
		slow := SlowGrants(r.Store, latency)
		id := grant.NewID(accounts.TypeEnterprise)
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			g := r.grant(e)
			g.ID = id
			return slow.Create(t.Context(), g)
		})
	}
}

func checkGrant(t *testing.T, r durableRun) {
	g := r.granted(t)
	ok(t, "raise", r.Store.RaiseAccountEpoch(t.Context(), g.Principal.Enterprise, r.in(0)))
	got, now, err := r.Store.Check(t.Context(), g.ID)
	ok(t, "check", err)
	if !got.Alive(r.in(0)) {
		t.Error("the grant itself is dead")
	}
	if now.Admits(got.Principal, r.in(0)) {
		t.Error("the grant of an older epoch is admitted")
	}
}

func unknownGrant(t *testing.T, r durableRun) {
	for _, id := range []grant.ID{{}, grant.NewID(accounts.TypeEnterprise), uuid.Max} {
		_, _, err := r.Store.Check(t.Context(), id)
		wantErr(t, "check", err, accounts.ErrNotFound)
		_, _, err = r.Store.Rotate(t.Context(), grant.Rotation{ID: id, ClientID: "hrss-hall", Presented: 1, Now: r.in(0), IdleUntil: r.in(1)})
		wantErr(t, "rotate", err, accounts.ErrNotFound)
		ok(t, "revoke", r.Store.Revoke(t.Context(), id, "hrss-hall", r.in(0)))
	}
}

func revokeGrant(t *testing.T, r durableRun) {
	g := r.granted(t)
	for _, other := range []string{"medical-hall", "", "HRSS-HALL", "\xff", "hrss-hall\x00"} {
		ok(t, "by another client", r.Store.Revoke(t.Context(), g.ID, other, r.in(0)))
	}
	r.wantGrant(t, "after others tried", g)
	for i := range 2 {
		ok(t, "revoke", r.Store.Revoke(t.Context(), g.ID, g.ClientID, r.in(time.Duration(i)*time.Hour)))
		g.RevokedAt = r.in(0) // the first time stands
		r.wantGrant(t, "revoked", g)
	}
}

func endSession(t *testing.T, r durableRun) {
	session := rand.Text()
	in := func(g *grant.Grant) { g.SessionID = session }
	online := func(g *grant.Grant) { g.Offline = false }
	var (
		offlineOne = r.granted(t, in)
		onlineOne  = r.granted(t, in, online)
		elsewhere  = r.granted(t, online)
		nowhere    = r.granted(t, online, func(g *grant.Grant) { g.SessionID = "" })
		revoked    = r.granted(t, in, online, func(g *grant.Grant) { g.RevokedAt = r.in(-time.Hour) })
	)
	end := r.in(time.Second).Add(300 * time.Microsecond)
	ok(t, "end", r.Store.EndSession(t.Context(), session, end))
	ok(t, "end of no session", r.Store.EndSession(t.Context(), "", end))
	ok(t, "end of an unknown one", r.Store.EndSession(t.Context(), "unknown", end))

	onlineOne.RevokedAt = r.in(time.Second)
	offlineOne.AccessAfter = r.in(time.Second).Add(time.Millisecond) // never before the end
	r.wantGrant(t, "offline", offlineOne)
	r.wantGrant(t, "online", onlineOne)
	r.wantGrant(t, "of another session", elsewhere)
	r.wantGrant(t, "of no session", nowhere)
	r.wantGrant(t, "revoked before", revoked)

	ok(t, "an earlier end, late", r.Store.EndSession(t.Context(), session, r.in(0)))
	r.wantGrant(t, "offline, after an earlier end", offlineOne)
}

func createGrantAfterItsSession(t *testing.T, r durableRun) {
	for kind, newGrant := range map[string]func() *grant.Grant{
		"enterprise": func() *grant.Grant { return r.grant(r.stored(t)) },
		"person":     func() *grant.Grant { return r.personGrant(r.storedPerson(t)) },
		"agent":      func() *grant.Grant { return r.agentGrant(t) },
	} {
		for _, offline := range []bool{false, true} {
			g := newGrant()
			g.Offline = offline
			for range 2 { // however often it is ended
				ok(t, "end", r.Store.EndSession(t.Context(), g.SessionID, r.in(0)))
			}
			wantErr(t, kind, r.Store.Create(t.Context(), g), accounts.ErrNotFound)
			_, _, err := r.Store.Check(t.Context(), g.ID)
			wantErr(t, kind+": check", err, accounts.ErrNotFound)
		}
		g := newGrant()
		ok(t, kind, r.Store.Create(t.Context(), g))
		ok(t, "end", r.Store.EndSession(t.Context(), g.SessionID, r.in(0)))
		wantErr(t, kind+" again", r.Store.Create(t.Context(), g), accounts.ErrConflict)
		g = newGrant()
		g.SessionID = ""
		ok(t, "end of no session", r.Store.EndSession(t.Context(), "", r.in(0)))
		ok(t, kind+" of no session", r.Store.Create(t.Context(), g))
	}
}

// latencies are those of design §5.
func latencies() []time.Duration {
	return []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond}
}
