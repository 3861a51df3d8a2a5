// Package simulatortest serves a simulator to tests, over real HTTP on loopback.
package simulatortest

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/simulator"
)

// Phone is one that receives; DeadPhone is one that never does.
const (
	Phone     = "13800000001"
	DeadPhone = "13900009999"
	USCC      = "91220102MA0TE5T169"
	Secret    = "simulator-secret"
	Sign      = "TONGID"
)

// Clock stands still until it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Store is a simulator.Store in memory.
type Store struct {
	Clock *Clock

	mu    sync.Mutex
	items map[string]item
	fault error
}

type item struct {
	data  []byte
	until time.Time
}

var _ simulator.Store = (*Store)(nil)

// Fail makes every later use fail with err, or work again if it is nil.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

// Put keeps data for life.
func (s *Store) Put(_ context.Context, topic, id string, data []byte, life time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return s.fault
	}
	if life <= 0 || topic == "" || id == "" {
		return errors.New("simulatortest: it must be somewhere for some time")
	}
	if s.items == nil {
		s.items = map[string]item{}
	}
	s.items[topic+"/"+id] = item{data: data, until: s.Clock.Now().Add(life)}
	return nil
}

// Get returns what is kept and alive.
func (s *Store) Get(_ context.Context, topic, id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return nil, s.fault
	}
	found, ok := s.items[topic+"/"+id]
	if !ok || !s.Clock.Now().Before(found.until) {
		return nil, accounts.ErrNotFound
	}
	return found.data, nil
}

// World is a simulator that is being served.
type World struct {
	*simulator.Simulator

	Options simulator.Options
	URL     string
	Clock   *Clock
	Store   *Store
	Gateway simulator.Clients // how the real gateways reach it

	mu       sync.Mutex
	draws    []float64
	pauses   []time.Duration
	observed []Exchange
}

// Exchange is one that a gateway told its host of.
type Exchange struct {
	System, Operation string
	Failed            bool
}

// New serves a simulator until the test ends.
func New(t testing.TB) *World {
	t.Helper()
	clock := &Clock{at: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)}
	w := &World{Clock: clock, Store: &Store{Clock: clock}}
	w.Options = simulator.Options{
		Store: w.Store, Now: clock.Now, KeyID: "simulator", Secret: Secret, SignName: Sign,
		Templates: map[string]string{"SMS_1": "code", "SMS_2": "password_reset"}, SceneID: 1000000006,
		Render: func(kind, purpose string, params map[string]string) (string, error) {
			if kind == "code" && params["code"] == "" {
				return "", errors.New("no code")
			}
			return fmt.Sprintf("【%s】%s %s %s", Sign, kind, purpose, params["code"]), nil
		},
		FacePage: func(certificate string) string { return w.URL + "/play/" + certificate },
		Base: func(_ context.Context, uscc string) (*accounts.RegisterEntry, error) {
			if uscc != USCC {
				return nil, accounts.ErrNotFound
			}
			return Entry(), nil
		},
		Draw: w.draw,
		Pause: func(_ context.Context, d time.Duration) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.pauses = append(w.pauses, d)
		},
	}
	w.Simulator = simulator.New(w.Options)
	server := httptest.NewServer(w.Handler())
	t.Cleanup(server.Close)
	w.URL = server.URL
	w.Gateway = w.Clients(server.URL)
	return w
}

// Entry is what the register holds at first.
func Entry() *accounts.RegisterEntry {
	return &accounts.RegisterEntry{
		USCC: USCC, Name: "Sample Software (Jilin) Ltd", Type: "enterprise", Status: accounts.RegisterOperating,
		RepName: "Zhang San", RepDocType: accounts.DocResidentID, RepDocNumber: "220102199003070013", AsOf: "2026-11-01",
	}
}

// Host is what gateways are lent: it remembers what they tell it.
func (w *World) Host() outbound.Host {
	return outbound.Host{Now: w.Clock.Now, Observe: func(system, operation string, _ time.Duration, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.observed = append(w.observed, Exchange{system, operation, err != nil})
	}}
}

// Observed returns what gateways told.
func (w *World) Observed() []Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Exchange{}, w.observed...)
}

// Pauses returns how long faults made calls wait.
func (w *World) Pauses() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Duration{}, w.pauses...)
}

// Draws sets what is drawn next; afterwards it is 0.
func (w *World) Draws(numbers ...float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.draws = numbers
}

func (w *World) draw() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.draws) == 0 {
		return 0
	}
	next := w.draws[0]
	w.draws = w.draws[1:]
	return next
}
