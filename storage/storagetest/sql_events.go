package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// EventStore is everything that the feed asks of a store.
type EventStore interface {
	accounts.EventSpreader
	accounts.EventOutbox
	accounts.EventPoller
	accounts.EventLog
}

// Events is the suite of the change feed. Each test has a store of its own: who
// claims claims from all.
func Events(t *testing.T, open OpenDurable) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, durableRun){
		"each change is told with it":                  tellChanges,
		"what did not happen is not told":              tellNothing,
		"who holds grants of an enterprise":            whoIsAcquainted,
		"an event is spread once":                      spreadOnce,
		"pushed: leased, retried, ended":               pushDeliveries,
		"polled: leased, acknowledged by its own only": pollDeliveries,
		"of many who claim each goes to one":           racePushes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newAliveClock()
			test(t, durableRun{Store: open(t, clock.Now), clock: clock})
		})
	}
}

// tales takes the new events and says what they are: kind, what of it, about whom.
func (r durableRun) tales(t *testing.T) (tales []string) {
	t.Helper()
	events, err := r.Store.NewEvents(t.Context(), 100)
	ok(t, "new events", err)
	for _, e := range events {
		f := e.Facts
		tales = append(tales, fmt.Sprintf("%s %s%s%s%s %s%s", e.Kind, f.State, f.Status, f.ConfirmBy, f.ValidUntil, e.Subject, e.Person))
		ok(t, "spread", r.Store.SpreadEvent(t.Context(), e.ID, nil, r.in(0)))
	}
	return tales
}

func (r durableRun) wantTales(t *testing.T, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.tales(t)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func tellChanges(t *testing.T, r durableRun) {
	ctx, now := t.Context(), r.in(0)
	e, p := r.stored(t), r.named(t)
	r.wantTales(t, "new accounts")
	firm, agent := string(e.ID), accounts.AgentSubject(e.ID, p.ID)
	m := r.mandated(t, e, p)
	r.wantTales(t, "granted", "mandate-changed active2099-12-31 "+agent)
	change := func(what string, f func(), want ...string) {
		t.Helper()
		f()
		m.UpdatedAt = now
		ok(t, what, r.Store.ChangeMandate(ctx, m))
		r.wantTales(t, what, want...)
	}
	change("renewed", func() { m.ValidUntil = "2100-12-31" }, "mandate-changed active2100-12-31 "+agent)
	change("for one portal", func() { m.Services = []string{"hall"} }, "mandate-changed active2100-12-31 "+agent)
	change("its password", func() { m.PasswordHash = "x"; m.Epoch++ }, "session-revoked  "+agent)
	change("nothing", func() { m.DocTo = "2030-01-01" })
	change("suspended", func() { m.State = accounts.MandateSuspended; m.Epoch++ }, "mandate-changed suspended2100-12-31 "+agent)
	change("revoked", func() { m.State = accounts.MandateRevoked }, "mandate-revoked revoked2100-12-31 "+agent)
	other := r.mandated(t, e, p)
	r.mandated(t, e, r.named(t), func(m *accounts.Mandate) { m.Role, m.ValidUntil = accounts.RoleRepresentative, "" })
	r.tales(t)
	ok(t, "raise", r.Store.RaiseMandateEpoch(ctx, other.ID, now))
	r.wantTales(t, "signed out", "session-revoked  "+agent)
	ok(t, "representative", r.Store.RepresentativeChanged(ctx, e.ID, "2099-01-31", now))
	tales := r.tales(t)
	if len(tales) != 2 || tales[1] != "representative-changed 2099-01-31 "+firm || tales[0][:24] != "mandate-revoked revoked " {
		t.Errorf("representative changed: %q", tales)
	}

	ok(t, "freeze", r.Store.SetEnterpriseStatus(ctx, e.ID, accounts.StatusFrozen, now))
	ok(t, "freeze again", r.Store.SetEnterpriseStatus(ctx, e.ID, accounts.StatusFrozen, now))
	ok(t, "raise", r.Store.RaiseAccountEpoch(ctx, e.ID, now))
	ok(t, "password", r.Store.SetEnterprisePassword(ctx, e.ID, e.PasswordHash, "next", true, now))
	ok(t, "rehash", r.Store.SetEnterprisePassword(ctx, e.ID, "next", "same", false, now))
	r.wantTales(t, "enterprise", "enterprise-status frozen "+firm, "session-revoked  "+firm, "session-revoked  "+firm)

	id := string(p.ID)
	ok(t, "password", r.Store.SetPersonPassword(ctx, p.ID, p.PasswordHash, "next", true, now))
	ok(t, "rehash", r.Store.SetPersonPassword(ctx, p.ID, "next", "same", false, now))
	ok(t, "raise", r.Store.RaisePersonEpoch(ctx, p.ID, now))
	ok(t, "freeze", r.Store.SetPersonStatus(ctx, p.ID, accounts.StatusFrozen, now))
	r.wantTales(t, "person", "session-revoked  "+id, "session-revoked  "+id, "session-revoked  "+id)
	got, err := r.Store.SubjectsOf(ctx, p.ID)
	if err != nil || !slices.Equal(got, []string{id, agent}) {
		t.Errorf("subjects %v, %v", got, err)
	}
}

func tellNothing(t *testing.T, r durableRun) {
	ctx, now := t.Context(), r.in(0)
	e, p := r.stored(t), r.named(t)
	m := r.mandated(t, e, p)
	r.tales(t)
	stale := *m
	stale.Revision, stale.State = 9, accounts.MandateRevoked
	wantErr(t, "stale", r.Store.ChangeMandate(ctx, &stale), accounts.ErrConflict)
	wantErr(t, "no mandate", r.Store.RaiseMandateEpoch(ctx, "none", now), accounts.ErrNotFound)
	wantErr(t, "no person", r.Store.RaisePersonEpoch(ctx, "none", now), accounts.ErrNotFound)
	wantErr(t, "no enterprise", r.Store.RaiseAccountEpoch(ctx, "none", now), accounts.ErrNotFound)
	wantErr(t, "undone", r.Store.Within(ctx, func(tx accounts.Tx) error {
		next := *m
		next.State = accounts.MandateRevoked
		if err := tx.ChangeMandate(ctx, &next); err != nil {
			return err
		}
		return accounts.ErrConflict
	}), accounts.ErrConflict)
	r.wantTales(t, "none of it")
}

// held stores a grant of a client.
func (r durableRun) held(t *testing.T, client string, p accounts.Principal, at, until time.Duration) {
	t.Helper()
	g := &grant.Grant{
		ID: grant.NewID(p.Type), ClientID: client, Principal: p, CreatedAt: r.in(at), IdleUntil: r.in(until), ExpiresAt: r.in(until),
	}
	ok(t, "create grant", r.Store.Create(t.Context(), g))
}

func whoIsAcquainted(t *testing.T, r durableRun) {
	ctx := t.Context()
	e, p, other := r.stored(t), r.named(t), r.stored(t)
	m := r.mandated(t, e, p)
	view, err := r.Store.Mandate(ctx, m.ID)
	ok(t, "mandate", err)
	r.held(t, "own", e.Principal(), -time.Hour, time.Hour)
	r.held(t, "agents", view.Principal(), -time.Hour, time.Hour)
	r.held(t, "agents", view.Principal(), -time.Hour, time.Hour)
	r.held(t, "ended", e.Principal(), -time.Hour, -time.Minute)
	r.held(t, "later", e.Principal(), time.Minute, time.Hour)
	r.held(t, "others", other.Principal(), -time.Hour, time.Hour)
	r.held(t, "persons", p.Principal(), -time.Hour, time.Hour)
	r.held(t, "unasked", e.Principal(), -time.Hour, time.Hour)
	// What an epoch ends counts all the same.
	ok(t, "freeze", r.Store.SetEnterpriseStatus(ctx, e.ID, accounts.StatusFrozen, r.in(0)))
	asked := []string{"agents", "ended", "later", "none", "others", "own", "persons"}
	got, err := r.Store.Acquainted(ctx, e.ID, asked, r.in(0))
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []string{"agents", "own"}) {
		t.Errorf("acquainted: %v, %v", got, err)
	}
	agent := accounts.AgentSubject(e.ID, p.ID)
	holders, err := r.Store.Holders(ctx, []string{string(p.ID), agent}, asked, r.in(0))
	if diff := cmp.Diff([]accounts.Acquaintance{{Client: "agents", Subject: agent}, {Client: "persons", Subject: string(p.ID)}}, holders); diff != "" || err != nil {
		t.Errorf("holders, %v (-want +got):\n%s", err, diff)
	}
	if got, err := r.Store.Acquainted(ctx, "", asked, r.in(0)); err != nil || len(got) != 0 {
		t.Errorf("of no enterprise: %v, %v", got, err)
	}
}

// spread has an event of its own delivered to clients, and returns the deliveries.
func (r durableRun) spread(t *testing.T, state accounts.EventState, clients ...string) (list []accounts.EventDelivery) {
	t.Helper()
	e := r.stored(t)
	ok(t, "tell", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusFrozen, r.in(0)))
	events, err := r.Store.NewEvents(t.Context(), 10)
	ok(t, "new events", err)
	if len(events) != 1 || events[0].USCC != e.USCC {
		t.Fatalf("new events %+v", events)
	}
	for _, c := range clients {
		list = append(list, accounts.EventDelivery{
			ID: uuid.Must(uuid.NewV7()).String(), Client: c, Subject: string(e.ID), State: state, DueAt: r.in(0), ExpiresAt: r.in(time.Hour),
			ChangedAt: r.in(0), Event: *events[0],
		})
	}
	ok(t, "spread", r.Store.SpreadEvent(t.Context(), events[0].ID, list, r.in(0)))
	return list
}

func spreadOnce(t *testing.T, r durableRun) {
	list := r.spread(t, accounts.EventPoll, "a", "b")
	again := slices.Clone(list)
	for i := range again {
		again[i].ID = uuid.NewString()
	}
	ok(t, "again", r.Store.SpreadEvent(t.Context(), list[0].Event.ID, again, r.in(0)))
	if events, err := r.Store.NewEvents(t.Context(), 10); err != nil || len(events) != 0 {
		t.Errorf("still new: %+v, %v", events, err)
	}
	got, err := r.Store.Deliveries(t.Context(), "a", 10)
	if diff := cmp.Diff(list[:1], got); diff != "" || err != nil {
		t.Errorf("log, %v (-want +got):\n%s", err, diff)
	}
}

func (r durableRun) wantPushes(t *testing.T, what string, now time.Time, want ...string) {
	t.Helper()
	got, err := r.Store.ClaimPushes(t.Context(), now, time.Minute, 10)
	ok(t, what, err)
	var ids []string
	for _, d := range got {
		ids = append(ids, d.ID)
	}
	if !slices.Equal(ids, want) {
		t.Errorf("%s: claimed %v, want %v", what, ids, want)
	}
}

func (r durableRun) wantDelivery(t *testing.T, client string, state accounts.EventState, tries int, outcome string) {
	t.Helper()
	got, err := r.Store.Deliveries(t.Context(), client, 1)
	ok(t, "log", err)
	if len(got) != 1 || got[0].State != state || got[0].Tries != tries || got[0].Outcome != outcome {
		t.Errorf("%s: %+v, want %s after %d tries, %q", client, got, state, tries, outcome)
	}
}

func pushDeliveries(t *testing.T, r durableRun) {
	ctx := t.Context()
	list := r.spread(t, accounts.EventPush, "a", "b")
	r.spread(t, accounts.EventPoll, "c")
	a, b := list[0].ID, list[1].ID
	r.wantPushes(t, "too soon", r.in(-time.Second))
	r.wantPushes(t, "due", r.in(0), a, b)
	r.wantPushes(t, "leased", r.in(59*time.Second))
	ok(t, "retry", r.Store.RetryDelivery(ctx, a, r.in(4*time.Second), "http_500", r.in(0)))
	ok(t, "postpone", r.Store.PostponePushes(ctx, "b", r.in(10*time.Minute)))
	r.wantPushes(t, "retried", r.in(4*time.Second), a)
	r.wantDelivery(t, "a", accounts.EventPush, 1, "http_500")
	r.wantPushes(t, "postponed", r.in(9*time.Minute), a)
	ok(t, "end", r.Store.EndDelivery(ctx, a, accounts.EventDelivered, "", r.in(time.Minute)))
	ok(t, "end again", r.Store.EndDelivery(ctx, a, accounts.EventExpired, "", r.in(time.Minute)))
	r.wantDelivery(t, "a", accounts.EventDelivered, 2, "")
	r.wantPushes(t, "the other", r.in(11*time.Minute), b)
	ok(t, "move", r.Store.MoveDeliveries(ctx, "b", accounts.EventPoll))
	r.wantPushes(t, "moved", r.in(30*time.Minute))
	r.wantDelivery(t, "b", accounts.EventPoll, 0, "")
}

func pollDeliveries(t *testing.T, r durableRun) {
	ctx := t.Context()
	var mine []string
	for range 3 {
		mine = append(mine, r.spread(t, accounts.EventPoll, "a", "b")[0].ID)
	}
	poll := func(now time.Time, limit int) (ids []string) {
		t.Helper()
		got, err := r.Store.PollEvents(ctx, "a", now, time.Minute, limit)
		ok(t, "poll", err)
		for _, d := range got {
			ids = append(ids, d.ID)
			if d.Client != "a" || d.Event.Facts.Status != accounts.StatusFrozen {
				t.Errorf("polled %+v", d)
			}
		}
		return ids
	}
	if got := poll(r.in(0), 2); !slices.Equal(got, mine[:2]) {
		t.Errorf("first %v", got)
	}
	if got := poll(r.in(0), 9); !slices.Equal(got, mine[2:]) {
		t.Errorf("then %v", got)
	}
	if got := poll(r.in(0), 0); len(got) != 0 {
		t.Errorf("none asked for: %v", got)
	}
	if got := poll(r.in(time.Minute), 9); !slices.Equal(got, mine) {
		t.Errorf("not acknowledged: %v", got)
	}
	ok(t, "of another", r.Store.AcknowledgeEvents(ctx, "b", mine, map[string]string{mine[0]: "x"}, r.in(0)))
	ok(t, "acknowledge", r.Store.AcknowledgeEvents(ctx, "a", []string{mine[0], "unknown", ""}, map[string]string{mine[1]: "invalid_request", "y": "z"}, r.in(0)))
	if got := poll(r.in(2*time.Minute), 9); !slices.Equal(got, mine[2:]) {
		t.Errorf("what is left: %v", got)
	}
	if got := poll(r.in(time.Hour), 9); len(got) != 0 {
		t.Errorf("too old: %v", got)
	}
	logged, err := r.Store.Deliveries(ctx, "a", 9)
	ok(t, "log", err)
	var states []string
	for _, d := range logged {
		states = append(states, fmt.Sprint(d.State, d.Tries, d.Outcome))
	}
	if want := []string{"poll3", "refused2invalid_request", "delivered2"}; !slices.Equal(states, want) {
		t.Errorf("log %v, want %v", states, want)
	}
}

func racePushes(t *testing.T, r durableRun) {
	const many = 40
	for range many {
		r.spread(t, accounts.EventPush, "a")
	}
	wantEachOnce(t, many, func(ctx context.Context) (ids []string, err error) {
		claimed, err := r.Store.ClaimPushes(ctx, r.in(0), time.Hour, 7)
		for _, d := range claimed {
			ids = append(ids, d.ID)
		}
		return ids, err
	})
}
