package main

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// pinger is a store that can be asked for a sign of life.
type pinger interface {
	Ping(ctx context.Context) error
}

// health knows whether this process can serve. Stores are asked in the
// background, so that a probe costs nothing and never hangs.
type health struct {
	now      func() time.Time
	stores   map[string]pinger
	draining atomic.Bool

	mu       sync.Mutex
	answered map[string]time.Time // last answer of each store
}

// How often each store is asked, and how old its last answer may be: together
// with the stores' own time limit it is known within 5 s that one is gone.
const (
	pingEvery = time.Second
	pingStale = 3 * time.Second
)

func newHealth(now func() time.Time, stores map[string]pinger) *health {
	return &health{now: now, stores: stores, answered: map[string]time.Time{}}
}

// watch asks one store until ctx ends. A failed answer forgets the last good one
// at once.
func (h *health) watch(ctx context.Context, name string) {
	for tick := time.Tick(pingEvery); ; {
		bounded, cancel := context.WithTimeout(ctx, pingEvery)
		err := h.stores[name].Ping(bounded)
		cancel()
		h.note(name, err)
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

func (h *health) note(name string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		delete(h.answered, name)
		return
	}
	h.answered[name] = h.now()
}

// ready reports whether every store answered lately and no stop was asked for.
func (h *health) ready() bool {
	if h.draining.Load() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range h.stores {
		if h.now().Sub(h.answered[name]) > pingStale {
			return false
		}
	}
	return true
}

// drain turns ready off for good.
func (h *health) drain() { h.draining.Store(true) }

// mount puts the probes before the provider. They are not logged: one line per
// second and replica would bury the others.
func (h *health) mount(next http.Handler) http.Handler {
	live, ready := probe(func() bool { return true }), probe(h.ready)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/livez":
			live.ServeHTTP(w, r)
		case "/readyz":
			ready.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func probe(ok func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		status, text := http.StatusOK, "ok\n"
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			status, text = http.StatusMethodNotAllowed, "method not allowed\n"
		case !ok():
			status, text = http.StatusServiceUnavailable, "not ready\n"
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte(text)) // a probe that left is none of our business
		}
	})
}
