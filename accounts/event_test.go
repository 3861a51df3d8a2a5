package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

// feedStore is what a feed asks of a store, in memory.
type feedStore struct {
	mu         sync.Mutex
	events     []*accounts.Event
	acquainted []string
	holders    []accounts.Acquaintance
	asked      []string // subjects
	spread     map[string][]string
	due        []accounts.EventDelivery
	ended      map[string]string
	retried    map[string]time.Duration
	postponed  map[string]time.Duration
	moved      []string
	now        time.Time
}

func (s *feedStore) NewEvents(context.Context, int) ([]*accounts.Event, error) { return s.events, nil }

func (s *feedStore) Acquainted(_ context.Context, _ accounts.EnterpriseID, clients []string, _ time.Time) (got []string, err error) {
	for _, c := range clients {
		if slices.Contains(s.acquainted, c) {
			got = append(got, c)
		}
	}
	return got, nil
}

func (s *feedStore) Holders(_ context.Context, subjects, clients []string, _ time.Time) (got []accounts.Acquaintance, err error) {
	s.asked = subjects
	for _, h := range s.holders {
		if slices.Contains(clients, h.Client) && slices.Contains(subjects, h.Subject) {
			got = append(got, h)
		}
	}
	return got, nil
}

func (s *feedStore) SubjectsOf(_ context.Context, id accounts.PersonID) ([]string, error) {
	return []string{string(id), "agent of " + string(id)}, nil
}

func (s *feedStore) SpreadEvent(_ context.Context, id string, list []accounts.EventDelivery, _ time.Time) error {
	for _, d := range list {
		s.spread[id] = append(s.spread[id], fmt.Sprint(d.Client, " ", d.State, " ", d.Subject, " ", d.ExpiresAt.Sub(s.now)))
	}
	return nil
}

func (s *feedStore) ClaimPushes(context.Context, time.Time, time.Duration, int) ([]accounts.EventDelivery, error) {
	return s.due, nil
}

func (s *feedStore) EndDelivery(_ context.Context, id string, to accounts.EventState, outcome string, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[id] = string(to) + outcome
	return nil
}

func (s *feedStore) RetryDelivery(_ context.Context, id string, at time.Time, outcome string, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retried[id+" "+outcome] = at.Sub(s.now)
	return nil
}

func (s *feedStore) MoveDeliveries(_ context.Context, client string, to accounts.EventState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved = append(s.moved, client+" "+string(to))
	return nil
}

func (s *feedStore) PostponePushes(_ context.Context, client string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.postponed[client] = until.Sub(s.now)
	return nil
}

func newFeed(receivers ...accounts.EventReceiver) (*accounts.EventFeed, *feedStore) {
	s := &feedStore{
		spread: map[string][]string{}, ended: map[string]string{}, retried: map[string]time.Duration{}, postponed: map[string]time.Duration{},
		now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
	}
	return &accounts.EventFeed{
		Spreader: s, Outbox: s, Receivers: func() []accounts.EventReceiver { return receivers }, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return s.now }, Observe: func(accounts.EventKind, string) {},
		Push: func(_ context.Context, d *accounts.EventDelivery) (string, error) {
			if d.Client == "away" {
				return "http_503", errors.New("away")
			}
			return "", nil
		},
	}, s
}

// Who hears of what.
func TestEventsReachWhoHasToDoWithThem(t *testing.T) {
	t.Parallel()
	kinds := []accounts.EventKind{accounts.EventEnterpriseStatus}
	f, s := newFeed(
		accounts.EventReceiver{ID: "known", Push: true}, accounts.EventReceiver{ID: "stranger"}, accounts.EventReceiver{ID: "all", All: true},
		accounts.EventReceiver{ID: "status", Kinds: kinds})
	s.acquainted = []string{"known", "status"}
	s.holders = []accounts.Acquaintance{{Client: "known", Subject: "agent of p"}, {Client: "known", Subject: "e"}}
	mandate := func(id string, f accounts.EventFacts) *accounts.Event {
		f.Mandate = "m"
		return &accounts.Event{ID: id, Kind: accounts.EventMandateChanged, Enterprise: "e", Subject: "a", Facts: f, At: s.now}
	}
	s.events = []*accounts.Event{
		{ID: "status", Kind: accounts.EventEnterpriseStatus, Enterprise: "e", Subject: "e", At: s.now},
		{ID: "session", Kind: accounts.EventSessionRevoked, Enterprise: "e", Subject: "e", At: s.now},
		{ID: "person", Kind: accounts.EventSessionRevoked, Person: "p", At: s.now},
		mandate("for all", accounts.EventFacts{Widened: true}),
		mandate("for known", accounts.EventFacts{Services: []string{"known"}}),
		mandate("until now for all", accounts.EventFacts{Services: []string{"known"}, Widened: true}),
		mandate("until now for known", accounts.EventFacts{Services: []string{"other"}, Before: []string{"known"}}),
		mandate("for nobody", accounts.EventFacts{Services: []string{"other"}}),
	}
	if more, err := f.Spread(t.Context()); more || err != nil {
		t.Errorf("more %v, %v", more, err)
	}
	const life = " 168h0m0s"
	want := map[string][]string{
		"status":              {"all poll e" + life, "known push e" + life, "status poll e" + life},
		"session":             {"known push e" + life},
		"person":              {"known push agent of p" + life},
		"for all":             {"all poll a" + life, "known push a" + life},
		"for known":           {"known push a" + life},
		"until now for all":   {"all poll a" + life, "known push a" + life},
		"until now for known": {"known push a" + life},
	}
	if diff := cmp.Diff(want, s.spread); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One portal that is away holds up nobody but itself.
func TestPushing(t *testing.T) {
	t.Parallel()
	f, s := newFeed(accounts.EventReceiver{ID: "here", Push: true}, accounts.EventReceiver{ID: "away", Push: true}, accounts.EventReceiver{ID: "polls"})
	due := func(id, client string, tries int, left time.Duration) accounts.EventDelivery {
		return accounts.EventDelivery{ID: id, Client: client, Tries: tries, State: accounts.EventPush, ExpiresAt: s.now.Add(left), Outcome: "-"}
	}
	s.due = []accounts.EventDelivery{
		due("old", "away", 9, 0), due("a1", "away", 3, time.Hour), due("a2", "away", 0, time.Hour), due("h1", "here", 0, time.Hour),
		due("h2", "here", 0, time.Hour), due("p", "polls", 0, time.Hour), due("gone", "deleted", 0, time.Hour),
	}
	if _, err := f.PushDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"old": "expired-", "h1": "delivered", "h2": "delivered", "gone": "expired-"}, s.ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]time.Duration{"a1 http_503": 16 * time.Second}, s.retried); diff != "" {
		t.Errorf("retried (-want +got):\n%s", diff)
	}
	if s.postponed["away"] != 16*time.Second || len(s.postponed) != 1 || !slices.Equal(s.moved, []string{"polls poll"}) {
		t.Errorf("postponed %v, moved %v", s.postponed, s.moved)
	}
	if err := f.Adopt(t.Context()); err != nil || !slices.Equal(s.moved[1:], []string{"here push", "away push"}) {
		t.Errorf("adopted %v, %v", s.moved, err)
	}
	s.due = []accounts.EventDelivery{due("last", "away", 500, time.Hour)}
	if _, err := f.PushDue(t.Context()); err != nil || s.retried["last http_503"] != 4096*time.Second {
		t.Errorf("after many tries: %v, %v", s.retried, err)
	}
}

// Which change of a mandate is which event.
func TestMandateChange(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	active := accounts.Mandate{ID: "m", Enterprise: "e", Person: "p", State: accounts.MandateActive, ValidUntil: "2026-12-31", Services: []string{"a"}}
	with := func(change func(*accounts.Mandate)) *accounts.Mandate {
		m := active
		change(&m)
		return &m
	}
	invited := with(func(m *accounts.Mandate) { m.State, m.Person = accounts.MandateInvited, "" })
	requested := with(func(m *accounts.Mandate) { m.State = accounts.MandateRequested })
	revoked := with(func(m *accounts.Mandate) { m.State = accounts.MandateRevoked })
	for name, test := range map[string]struct {
		old, next *accounts.Mandate
		want      accounts.EventKind
	}{
		"granted":            {nil, &active, accounts.EventMandateChanged},
		"invited":            {nil, invited, ""},
		"requested":          {nil, requested, ""},
		"accepted":           {invited, &active, accounts.EventMandateChanged},
		"approved":           {requested, &active, accounts.EventMandateChanged},
		"wish refused":       {requested, revoked, ""},
		"offer withdrawn":    {invited, with(func(m *accounts.Mandate) { m.State, m.Person = accounts.MandateRevoked, "" }), ""},
		"declined":           {invited, with(func(m *accounts.Mandate) { m.State = accounts.MandateDeclined }), ""},
		"revoked":            {&active, revoked, accounts.EventMandateRevoked},
		"suspended":          {&active, with(func(m *accounts.Mandate) { m.State = accounts.MandateSuspended }), accounts.EventMandateChanged},
		"confirmed":          {with(func(m *accounts.Mandate) { m.ConfirmBy = "2026-07-01" }), &active, accounts.EventMandateChanged},
		"nothing of it":      {&active, with(func(m *accounts.Mandate) { m.DocTo = "2030-01-01" }), ""},
		"password, not ends": {&active, with(func(m *accounts.Mandate) { m.PasswordHash = "x" }), ""},
		"password":           {&active, with(func(m *accounts.Mandate) { m.Epoch++ }), accounts.EventSessionRevoked},
	} {
		e := accounts.MandateChange(test.old, test.next, now)
		switch {
		case e == nil && test.want != "":
			t.Errorf("%s: nothing is told", name)
		case e != nil && (e.Kind != test.want || e.Subject != accounts.AgentSubject("e", "p") || !e.At.Equal(now)):
			t.Errorf("%s: %+v", name, e)
		}
	}
}
