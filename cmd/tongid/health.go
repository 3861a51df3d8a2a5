package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
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
	outside  map[string]error     // how the last check of each outside system ended
}

// How often each store is asked, and how old its last answer may be: together
// with the stores' own time limit it is known within 5 s that one is gone.
const (
	pingEvery = time.Second
	pingStale = 3 * time.Second
)

func newHealth(now func() time.Time, stores map[string]pinger) *health {
	return &health{now: now, stores: stores, answered: map[string]time.Time{}, outside: map[string]error{}}
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

// noteOutside keeps how a check of an outside system ended, and returns whether
// the one before ended well. Readiness does not depend on it: a server that
// cannot send a message can still sign people in.
func (h *health) noteOutside(name string, err error) (before, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, known := h.outside[name]
	h.outside[name] = err
	return last == nil, known
}

// answers reports whether a store answered lately.
func (h *health) answers(name string) bool { return h.now().Sub(h.answered[name]) <= pingStale }

// ready reports whether every store answered lately and no stop was asked for.
func (h *health) ready() bool {
	if h.draining.Load() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range h.stores {
		if !h.answers(name) {
			return false
		}
	}
	return true
}

// detail tells of every store and outside system, a line each.
func (h *health) detail() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	if h.draining.Load() {
		b.WriteString("stopping\n")
	}
	for _, name := range slices.Sorted(maps.Keys(h.stores)) {
		if h.answers(name) {
			b.WriteString(name + " ok\n")
		} else {
			b.WriteString(name + " failed: it does not answer\n")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.outside)) {
		if err := h.outside[name]; err != nil {
			b.WriteString(name + " failed: " + reason(err) + "\n")
		} else {
			b.WriteString(name + " ok\n")
		}
	}
	return b.String()
}

// drain turns ready off for good.
func (h *health) drain() { h.draining.Store(true) }

// mount puts the probes before the provider. They are not logged: one line per
// second and replica would bury the others. /readyz?verbose tells how each part
// is, to who asks this server itself: those before its proxy need not know.
func (h *health) mount(next http.Handler) http.Handler {
	live := probe(func() bool { return true }, nil)
	ready := probe(h.ready, h.detail)
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

// direct reports whether no proxy handed the request on.
func direct(r *http.Request) bool {
	return r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

func probe(ok func() bool, detail func() string) http.Handler {
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
		if status != http.StatusMethodNotAllowed && detail != nil && r.URL.Query().Has("verbose") && direct(r) {
			text = detail() + text
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte(text)) // a probe that left is none of our business
		}
	})
}
