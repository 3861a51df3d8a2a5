package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tongid/tongid/accounts"
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

// Outside systems are told of, to who asks this server itself, and decide
// nothing.
func TestDetail(t *testing.T) {
	h := newHealth(time.Now, map[string]pinger{"database": &fakeStore{}, "ephemeral": &fakeStore{}})
	handler := h.mount(http.NotFoundHandler())
	ask := func(target string, header ...string) string {
		r := httptest.NewRequestWithContext(t.Context(), "GET", target, nil)
		if len(header) == 2 {
			r.Header.Set(header[0], header[1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return strconv.Itoa(w.Code) + "\n" + w.Body.String()
	}
	h.note("database", nil)
	for _, note := range []struct {
		name          string
		err           error
		before, known bool
	}{
		{"sms", nil, true, false},
		{"face", nil, true, false},
		{"face", fmt.Errorf("face: check:\nstatus-503: %w", accounts.ErrUnavailable), true, true},
		{"face", fmt.Errorf("face: check:\nstatus-503: %w", accounts.ErrUnavailable), false, true},
	} {
		if before, known := h.noteOutside(note.name, note.err); before != note.before || known != note.known {
			t.Errorf("%s: %t %t", note.name, before, known)
		}
	}
	const failed = "503\ndatabase ok\nephemeral failed: it does not answer\nface failed: face: check: status-503\nsms ok\nnot ready\n"
	if got := ask("/readyz?verbose"); got != failed {
		t.Errorf("%q", got)
	}
	h.note("ephemeral", nil)
	if got, want := ask("/readyz?verbose"), "200\ndatabase ok\nephemeral ok\nface failed: face: check: status-503\nsms ok\nok\n"; got != want {
		t.Errorf("%q", got)
	}
	for _, got := range []string{
		ask("/readyz"), ask("/livez?verbose"),
		ask("/readyz?verbose", "X-Forwarded-For", "192.0.2.1"), ask("/readyz?verbose", "Forwarded", "for=192.0.2.1"),
	} {
		if got != "200\nok\n" {
			t.Errorf("%q", got)
		}
	}
	h.drain()
	if got := ask("/readyz?verbose"); !strings.HasPrefix(got, "503\nstopping\n") {
		t.Errorf("%q", got)
	}
}
