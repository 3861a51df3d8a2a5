package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

func rotateTests() []durableTest {
	return []durableTest{
		{"rotation moves a family on", rotate},
		{"idle time is clipped to the family's end", rotateClips},
		{"rotation is refused without harm", rotateRefused},
		{"within the grace the superseded generation gives its successor", rotateGrace},
		{"reuse ends the family (RFC 9700 section 4.14.2)", rotateReuse},
		{"another client's presentation does not hurt the owner", rotateByAnother},
		{"of many at once without grace one succeeds", raceRotateWithoutGrace},
		{"of many at once within grace all get one successor", raceRotateWithinGrace},
	}
}

// rotation presents generation n of g, without grace.
func (r durableRun) rotation(g *grant.Grant, n int32) grant.Rotation {
	return grant.Rotation{ID: g.ID, ClientID: g.ClientID, Presented: n, Now: r.in(time.Minute), IdleUntil: r.in(9 * time.Hour)}
}

func rotate(t *testing.T, r durableRun) {
	g := r.granted(t)
	for generation := int32(1); generation <= 3; generation++ {
		rotation := r.rotation(g, generation)
		rotation.Now = r.in(time.Duration(generation) * time.Hour)
		rotation.IdleUntil = rotation.Now.Add(8 * time.Hour)
		got, now, err := r.Store.Rotate(t.Context(), rotation)
		ok(t, "rotate", err)
		g.Generation, g.RotatedAt, g.IdleUntil = generation+1, rotation.Now, rotation.IdleUntil
		if diff := cmp.Diff(g, got); diff != "" {
			t.Errorf("generation %d (-want +got):\n%s", generation, diff)
		}
		want, err := r.Store.Standing(t.Context(), g.Principal)
		ok(t, "standing", err)
		if diff := cmp.Diff(want, now); diff != "" {
			t.Errorf("generation %d: standing (-want +got):\n%s", generation, diff)
		}
		r.wantGrant(t, "stored", g)
	}
}

func rotateClips(t *testing.T, r durableRun) {
	g := r.granted(t)
	rotation := r.rotation(g, 1)
	rotation.IdleUntil = g.ExpiresAt.Add(time.Second)
	got, _, err := r.Store.Rotate(t.Context(), rotation)
	ok(t, "rotate", err)
	if !got.IdleUntil.Equal(g.ExpiresAt) {
		t.Errorf("idle until %v, the family ends %v", got.IdleUntil, g.ExpiresAt)
	}
}

func rotateRefused(t *testing.T, r durableRun) {
	none := func(*grant.Grant) {}
	account := func(f func(id accounts.EnterpriseID) error) func(*grant.Grant) {
		return func(g *grant.Grant) { ok(t, "change the account", f(g.Principal.Enterprise)) }
	}
	for _, c := range []struct {
		name     string
		before   func(*grant.Grant) // it is stored
		after    func(*grant.Grant)
		rotation func(*grant.Rotation)
	}{
		{"another client", none, none, func(x *grant.Rotation) { x.ClientID = "medical-hall" }},
		{"no client", none, none, func(x *grant.Rotation) { x.ClientID = "" }},
		{"a client that cannot be", none, none, func(x *grant.Rotation) { x.ClientID = "\xff\x00" }},
		{"a generation to come", none, none, func(x *grant.Rotation) { x.Presented = 2 }},
		{"at the family's end", none, none, func(x *grant.Rotation) { x.Now = r.in(30 * 24 * time.Hour) }},
		{"at the end of idle time", none, none, func(x *grant.Rotation) { x.Now = r.in(8 * time.Hour) }},
		{"not offline", func(g *grant.Grant) { g.Offline = false }, none, func(*grant.Rotation) {}},
		{"revoked", func(g *grant.Grant) { g.RevokedAt = r.in(0) }, none, func(*grant.Rotation) {}},
		{"account epoch raised", none, account(func(id accounts.EnterpriseID) error {
			return r.Store.RaiseAccountEpoch(t.Context(), id, r.in(0))
		}), func(*grant.Rotation) {}},
		{"frozen", none, account(func(id accounts.EnterpriseID) error {
			return r.Store.SetEnterpriseStatus(t.Context(), id, accounts.StatusFrozen, r.in(0))
		}), func(*grant.Rotation) {}},
		{"frozen and thawed", none, account(func(id accounts.EnterpriseID) error {
			if err := r.Store.SetEnterpriseStatus(t.Context(), id, accounts.StatusFrozen, r.in(0)); err != nil {
				return err
			}
			return r.Store.SetEnterpriseStatus(t.Context(), id, accounts.StatusActive, r.in(0))
		}), func(*grant.Rotation) {}},
	} {
		g := r.granted(t, c.before)
		c.after(g)
		rotation := r.rotation(g, 1)
		rotation.Grace = time.Hour
		c.rotation(&rotation)
		_, _, err := r.Store.Rotate(t.Context(), rotation)
		wantErr(t, c.name, err, accounts.ErrNotFound)
		r.wantGrant(t, c.name, g)
	}
}

func rotateGrace(t *testing.T, r durableRun) {
	g := r.granted(t)
	first := r.rotation(g, 1)
	first.Grace = 5 * time.Second
	successor, _, err := r.Store.Rotate(t.Context(), first)
	ok(t, "rotate", err)
	// Another replica's clock may be behind.
	for _, late := range []time.Duration{-time.Second, 0, time.Second, 5*time.Second - time.Millisecond} {
		again := first
		again.Now, again.IdleUntil = first.Now.Add(late), first.IdleUntil.Add(time.Hour)
		got, now, err := r.Store.Rotate(t.Context(), again)
		ok(t, "again", err)
		if diff := cmp.Diff(successor, got); diff != "" {
			t.Errorf("%v later (-first +again):\n%s", late, diff)
		}
		if now.USCC == "" || !now.Admits(got.Principal, r.in(0)) {
			t.Errorf("%v later: standing %+v", late, now)
		}
	}
	r.wantGrant(t, "stored", successor)

	ok(t, "raise", r.Store.RaiseAccountEpoch(t.Context(), g.Principal.Enterprise, r.in(0)))
	if _, _, err := r.Store.Rotate(t.Context(), first); err == nil {
		t.Error("within the grace a principal that no longer stands was admitted")
	}
}

func rotateReuse(t *testing.T, r durableRun) {
	for _, c := range []struct {
		name         string
		moves        int32
		presented    int32
		grace, after time.Duration
	}{
		{"without grace", 1, 1, 0, 0},
		{"without grace, by a clock behind", 1, 1, 0, -time.Second},
		{"at the end of the grace", 1, 1, 5 * time.Second, 5 * time.Second},
		{"much later", 1, 1, 5 * time.Second, time.Hour},
		{"two generations back, within grace", 2, 1, 5 * time.Second, 0},
		{"generation zero", 1, 0, 5 * time.Second, 0},
	} {
		g := r.granted(t)
		for n := range c.moves {
			_, _, err := r.Store.Rotate(t.Context(), r.rotation(g, n+1))
			ok(t, c.name, err)
		}
		stolen := r.rotation(g, c.presented)
		stolen.Grace, stolen.Now = c.grace, stolen.Now.Add(c.after)
		_, _, err := r.Store.Rotate(t.Context(), stolen)
		wantErr(t, c.name, err, accounts.ErrConflict)
		if got := r.check(t, g.ID).RevokedAt; !got.Equal(stolen.Now) {
			t.Errorf("%s: the family was revoked at %v, want %v", c.name, got, stolen.Now)
		}
		_, _, err = r.Store.Rotate(t.Context(), r.rotation(g, c.moves+1))
		wantErr(t, c.name+": the current generation", err, accounts.ErrNotFound)
	}
}

func rotateByAnother(t *testing.T, r durableRun) {
	g := r.granted(t)
	current, _, err := r.Store.Rotate(t.Context(), r.rotation(g, 1))
	ok(t, "rotate", err)
	for presented := range int32(4) {
		other := r.rotation(g, presented)
		other.ClientID, other.Grace = "medical-hall", time.Hour
		_, _, err := r.Store.Rotate(t.Context(), other)
		wantErr(t, "by another client", err, accounts.ErrNotFound)
	}
	r.wantGrant(t, "the owner's", current)
}

func raceRotateWithoutGrace(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		g := r.granted(t)
		slow := SlowGrants(r.Store, latency)
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			got, _, err := slow.Rotate(t.Context(), r.rotation(g, 1))
			if err == nil && got.Generation != 2 {
				t.Errorf("the winner got generation %d", got.Generation)
			}
			return err
		})
		got := r.check(t, g.ID)
		if got.Generation != 2 || got.RevokedAt.IsZero() {
			t.Errorf("after the race: generation %d, revoked %v", got.Generation, got.RevokedAt)
		}
	}
}

func raceRotateWithinGrace(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		g := r.granted(t)
		slow := SlowGrants(r.Store, latency)
		answers := racers(t, racing, func(i int) error {
			rotation := r.rotation(g, 1)
			rotation.Grace, rotation.Now = 5*time.Second, rotation.Now.Add(time.Duration(i)*time.Millisecond)
			got, now, err := slow.Rotate(t.Context(), rotation)
			if err == nil && (got.Generation != 2 || !now.Admits(got.Principal, r.in(0))) {
				t.Errorf("a racer got generation %d", got.Generation)
			}
			return err
		})
		if answers[nil] != racing {
			t.Errorf("%d of %d racers succeeded: %v", answers[nil], racing, answers)
		}
		if got := r.check(t, g.ID); got.Generation != 2 || !got.RevokedAt.IsZero() {
			t.Errorf("after the race: generation %d, revoked %v", got.Generation, got.RevokedAt)
		}
	}
}
