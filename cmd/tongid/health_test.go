package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeStore answers, fails or hangs.
type fakeStore struct{ state atomic.Value }

func (f *fakeStore) Ping(ctx context.Context) error {
	switch f.state.Load() {
	case "fails":
		return errors.New("gone")
	case "hangs":
		<-ctx.Done()
		return ctx.Err()
	case "deaf": // not even to its context
		time.Sleep(time.Minute)
	}
	return nil
}

func TestReadyFollowsTheStores(t *testing.T) {
	for _, trouble := range []string{"fails", "hangs", "deaf"} {
		synctest.Test(t, func(t *testing.T) {
			one, two := &fakeStore{}, &fakeStore{}
			one.state.Store("answers")
			two.state.Store("answers")
			h := newHealth(time.Now, map[string]pinger{"one": one, "two": two})
			if h.ready() {
				t.Error("ready before any store answered")
			}
			ctx, cancel := context.WithCancel(t.Context())
			for name := range h.stores {
				go h.watch(ctx, name)
			}
			synctest.Wait()
			if !h.ready() {
				t.Fatal("not ready although both answer")
			}
			time.Sleep(10 * time.Minute)
			if !h.ready() {
				t.Fatal("not ready any more although both answer")
			}
			two.state.Store(trouble)
			time.Sleep(5 * time.Second)
			if h.ready() {
				t.Errorf("ready 5 s after a store %s", trouble)
			}
			two.state.Store("answers")
			time.Sleep(time.Minute + time.Second) // the deaf one wakes up
			if !h.ready() {
				t.Errorf("not ready again after a store that %s came back", trouble)
			}
			cancel()
			synctest.Wait()
		})
	}
}

func TestProbes(t *testing.T) {
	h := newHealth(time.Now, nil)
	handler := h.mount(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		return w
	}
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/livez", 200, "ok\n"},
		{"HEAD", "/livez", 200, ""},
		{"GET", "/readyz", 200, "ok\n"},
		{"HEAD", "/readyz", 200, ""},
		{"POST", "/livez", 405, "method not allowed\n"},
		{"DELETE", "/readyz", 405, "method not allowed\n"},
		{"GET", "/livez/", 418, ""},
		{"GET", "/", 418, ""},
		{"GET", "//livez", 418, ""},
	} {
		w := ask(tt.method, tt.path)
		if w.Code != tt.status || w.Body.String() != tt.body {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.path, w.Code, w.Body, tt.status, tt.body)
		}
	}
	h.drain()
	if w := ask("GET", "/readyz"); w.Code != 503 {
		t.Errorf("ready while stopping: %d", w.Code)
	}
	if w := ask("GET", "/livez"); w.Code != 200 {
		t.Errorf("not alive while stopping: %d", w.Code)
	}
}

// net/http sets no limit by itself: a client that says nothing, or too much, would
// hold a connection for ever.
func TestServerHasLimits(t *testing.T) {
	t.Parallel()
	s := newHTTPServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	for name, limit := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout,
		"WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if limit <= 0 || limit > 2*time.Minute {
			t.Errorf("%s is %v", name, limit)
		}
	}
	if s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("MaxHeaderBytes is %d", s.MaxHeaderBytes)
	}
}
