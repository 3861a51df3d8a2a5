package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// personGrantTests are of grants that act as persons, and of what holders see of
// grants.
func personGrantTests() []durableTest {
	return []durableTest{
		{"a person's grant is read back with their standing", createPersonGrant},
		{"no grant of a person who does not stand", createPersonGrantWithoutStanding},
		{"an id names the kind of account", wrongKindOfGrant},
		{"a person's grant rotates while the person stands", rotatePersonGrant},
		{"of many who rotate a person's grant one succeeds", raceRotatePersonGrant},
		{"a session's end ends a person's grants", endPersonSession},
		{"a holder sees what stands, the newest first", listGrants},
		{"a holder ends one portal", endPortal},
	}
}

// personGrant returns a grant of p that is not stored yet.
func (r durableRun) personGrant(p *accounts.Person) *grant.Grant {
	g := r.grant(r.enterprise())
	g.ID, g.Principal = grant.NewID(accounts.TypePerson), p.Principal()
	return g
}

func (r durableRun) grantedPerson(t *testing.T, changes ...func(*grant.Grant)) *grant.Grant {
	t.Helper()
	g := r.personGrant(r.storedPerson(t))
	for _, change := range changes {
		change(g)
	}
	ok(t, "create grant", r.Store.Create(t.Context(), g))
	return g
}

func createPersonGrant(t *testing.T, r durableRun) {
	g := r.grantedPerson(t)
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

	ok(t, "raise", r.Store.RaisePersonEpoch(t.Context(), g.Principal.Person, r.in(0)))
	if _, now, err := r.Store.Check(t.Context(), g.ID); err != nil || now.Admits(g.Principal, r.in(0)) {
		t.Errorf("a grant of an older epoch is admitted: %v", err)
	}
	for _, latency := range latencies() {
		slow, p, id := SlowGrants(r.Store, latency), r.storedPerson(t), grant.NewID(accounts.TypePerson)
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			g := r.personGrant(p)
			g.ID = id
			return slow.Create(t.Context(), g)
		})
	}
}

func createPersonGrantWithoutStanding(t *testing.T, r durableRun) {
	status := func(s accounts.Status) func(*grant.Grant) {
		return func(g *grant.Grant) {
			ok(t, "status", r.Store.SetPersonStatus(t.Context(), g.Principal.Person, s, r.in(0)))
			now, err := r.Store.Standing(t.Context(), g.Principal)
			ok(t, "standing", err)
			g.Principal.Epochs = now.Epochs // the state alone forbids it
		}
	}
	for name, change := range map[string]func(*grant.Grant){
		"epoch raised": func(g *grant.Grant) {
			ok(t, "raise", r.Store.RaisePersonEpoch(t.Context(), g.Principal.Person, r.in(0)))
		},
		"epoch ahead": func(g *grant.Grant) { g.Principal.Epochs.Account++ },
		"frozen":      status(accounts.StatusFrozen),
		"cancelled":   status(accounts.StatusCancelled),
		"unknown":     func(g *grant.Grant) { g.Principal.Person = "nobody" },
		"nobody":      func(g *grant.Grant) { g.Principal.Person = "" },
	} {
		g := r.personGrant(r.storedPerson(t))
		change(g)
		wantErr(t, name, r.Store.Create(t.Context(), g), accounts.ErrNotFound)
		_, _, err := r.Store.Check(t.Context(), g.ID)
		wantErr(t, name+": check", err, accounts.ErrNotFound)
	}
}

func wrongKindOfGrant(t *testing.T, r durableRun) {
	p, e := r.storedPerson(t), r.stored(t)
	for _, kind := range []accounts.Type{accounts.TypePerson, accounts.TypeEnterprise, accounts.TypeAgent} {
		person, enterprise := r.personGrant(p), r.grant(e)
		person.ID, enterprise.ID = grant.NewID(kind), grant.NewID(kind)
		for of, g := range map[accounts.Type]*grant.Grant{accounts.TypePerson: person, accounts.TypeEnterprise: enterprise} {
			if of == kind {
				continue
			}
			wantErr(t, string(of)+" as "+string(kind), r.Store.Create(t.Context(), g), accounts.ErrNotFound)
			_, _, err := r.Store.Check(t.Context(), g.ID)
			wantErr(t, "check", err, accounts.ErrNotFound)
		}
	}
	// The same family under an id of another kind is another family.
	g := r.personGrant(p)
	ok(t, "create", r.Store.Create(t.Context(), g))
	for bits := range byte(4) {
		id := g.ID
		if id[15] = id[15]&^3 | bits; id == g.ID {
			continue
		}
		_, _, err := r.Store.Check(t.Context(), id)
		wantErr(t, "check", err, accounts.ErrNotFound)
		rotation := r.rotation(g, 1)
		rotation.ID = id
		_, _, err = r.Store.Rotate(t.Context(), rotation)
		wantErr(t, "rotate", err, accounts.ErrNotFound)
	}
	r.wantGrant(t, "the person's", g)
	if kind := grant.AccountType(uuid.Max); kind != "" {
		t.Errorf("an id that nobody made is of %q", kind)
	}
}

func rotatePersonGrant(t *testing.T, r durableRun) {
	g := r.grantedPerson(t)
	rotation := r.rotation(g, 1)
	rotation.Grace = 5 * time.Second
	got, now, err := r.Store.Rotate(t.Context(), rotation)
	ok(t, "rotate", err)
	want, err := r.Store.Standing(t.Context(), g.Principal)
	ok(t, "standing", err)
	g.Generation, g.RotatedAt, g.IdleUntil = 2, rotation.Now, rotation.IdleUntil
	for what, diff := range map[string]string{"grant": cmp.Diff(g, got), "standing": cmp.Diff(want, now)} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	again, now, err := r.Store.Rotate(t.Context(), rotation)
	ok(t, "within the grace", err)
	if diff := cmp.Diff(g, again); diff != "" || !now.Admits(again.Principal, r.in(0)) {
		t.Errorf("within the grace (-want +got):\n%s", diff)
	}

	ok(t, "raise", r.Store.RaisePersonEpoch(t.Context(), g.Principal.Person, r.in(0)))
	_, _, err = r.Store.Rotate(t.Context(), r.rotation(g, 2))
	wantErr(t, "of an older epoch", err, accounts.ErrNotFound)
	g = r.grantedPerson(t)
	ok(t, "freeze", r.Store.SetPersonStatus(t.Context(), g.Principal.Person, accounts.StatusFrozen, r.in(0)))
	_, _, err = r.Store.Rotate(t.Context(), r.rotation(g, 1))
	wantErr(t, "frozen", err, accounts.ErrNotFound)
	r.wantGrant(t, "frozen", g)
}

func raceRotatePersonGrant(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		g, slow := r.grantedPerson(t), SlowGrants(r.Store, latency)
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			_, _, err := slow.Rotate(t.Context(), r.rotation(g, 1))
			return err
		})
		if got := r.check(t, g.ID); got.Generation != 2 || got.RevokedAt.IsZero() {
			t.Errorf("after the race: generation %d, revoked %v", got.Generation, got.RevokedAt)
		}
	}
}

func endPersonSession(t *testing.T, r durableRun) {
	offline := r.grantedPerson(t)
	online := r.grantedPerson(t, func(g *grant.Grant) { g.SessionID, g.Offline = offline.SessionID, false })
	ok(t, "end", r.Store.EndSession(t.Context(), offline.SessionID, r.in(time.Second)))
	offline.AccessAfter, online.RevokedAt = r.in(time.Second), r.in(time.Second)
	r.wantGrant(t, "offline", offline)
	r.wantGrant(t, "online", online)
	ok(t, "revoke", r.Store.Revoke(t.Context(), offline.ID, offline.ClientID, r.in(time.Second)))
	offline.RevokedAt = r.in(time.Second)
	r.wantGrant(t, "revoked", offline)
}

func (r durableRun) wantGrants(t *testing.T, what, subject string, now time.Time, want ...*grant.Grant) {
	t.Helper()
	got, err := r.Store.Grants(t.Context(), subject, now)
	ok(t, what, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func listGrants(t *testing.T, r durableRun) {
	for _, make := range []func(changes ...func(*grant.Grant)) *grant.Grant{
		func(changes ...func(*grant.Grant)) *grant.Grant { return r.granted(t, changes...) },
		func(changes ...func(*grant.Grant)) *grant.Grant { return r.grantedPerson(t, changes...) },
	} {
		first := make()
		more := func(change func(*grant.Grant)) *grant.Grant {
			g := *first
			g.ID = grant.NewID(first.Principal.Type)
			change(&g)
			ok(t, "create", r.Store.Create(t.Context(), &g))
			return &g
		}
		newest := more(func(g *grant.Grant) { g.CreatedAt, g.ClientID = r.in(time.Minute), "medical-hall" })
		oldest := more(func(g *grant.Grant) { g.CreatedAt, g.Offline = r.in(-time.Minute), false })
		more(func(g *grant.Grant) { g.RevokedAt = r.in(0) })
		soon := more(func(g *grant.Grant) {
			g.CreatedAt, g.ExpiresAt, g.IdleUntil = r.in(-time.Hour), r.in(time.Hour), r.in(time.Hour)
		})
		make() // of another account
		subject := first.Principal.Subject
		r.wantGrants(t, "before", subject, r.in(time.Hour-time.Millisecond), newest, first, oldest, soon)
		r.wantGrants(t, "at the end of one", subject, r.in(time.Hour), newest, first, oldest)
		r.wantGrants(t, "of nobody", "nobody", r.in(0))
		r.wantGrants(t, "of nothing", "", r.in(0))
	}
}

func endPortal(t *testing.T, r durableRun) {
	g := r.grantedPerson(t)
	subject := g.Principal.Subject
	second, elsewhere := *g, *g
	second.ID, elsewhere.ID, elsewhere.ClientID = grant.NewID(accounts.TypePerson), grant.NewID(accounts.TypePerson), "medical-hall"
	ok(t, "create", r.Store.Create(t.Context(), &second))
	ok(t, "create", r.Store.Create(t.Context(), &elsewhere))
	other := r.grantedPerson(t)
	for _, end := range [][2]string{{subject, "unknown"}, {"nobody", g.ClientID}, {"", ""}} {
		ok(t, "end", r.Store.EndPortal(t.Context(), end[0], end[1], r.in(0)))
	}
	r.wantGrant(t, "after others ended", g)
	for i := range 2 {
		ok(t, "end", r.Store.EndPortal(t.Context(), subject, g.ClientID, r.in(time.Duration(i)*time.Hour)))
	}
	g.RevokedAt, second.RevokedAt = r.in(0), r.in(0) // the first time stands
	r.wantGrant(t, "one", g)
	r.wantGrant(t, "its second", &second)
	r.wantGrant(t, "of another portal", &elsewhere)
	r.wantGrant(t, "of another account", other)
	r.wantGrants(t, "then", subject, r.in(0), &elsewhere)
}
