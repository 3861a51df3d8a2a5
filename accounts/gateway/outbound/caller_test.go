package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tongid/tongid/accounts"
)

const phone = "13800000001"

func get(address string) func(context.Context) (*http.Request, error) {
	return func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	}
}

func ok(*Answer) error { return nil }

type exchanges struct{ failed, well atomic.Int32 }

func (e *exchanges) host() Host {
	return Host{Now: time.Now, Observe: func(_, _ string, took time.Duration, err error) {
		if err != nil || took < 0 {
			e.failed.Add(1)
		} else {
			e.well.Add(1)
		}
	}}
}

// patience is more than any answer on loopback takes, however busy the machine.
const patience = 30 * time.Second

func serve(t *testing.T, h http.HandlerFunc) (string, *exchanges, *Caller) {
	t.Helper()
	return serveWithin(t, patience, h)
}

func serveWithin(t *testing.T, timeout time.Duration, h http.HandlerFunc) (string, *exchanges, *Caller) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	e := &exchanges{}
	c := New(Settings{Name: "sample", Timeout: timeout, Connect: patience}, e.host())
	t.Cleanup(c.Close)
	return s.URL, e, c
}

func TestFailuresTellNothing(t *testing.T) {
	t.Parallel()
	hijack := func(w http.ResponseWriter, answer string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			fmt.Fprint(conn, answer)
			conn.Close()
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"slow": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "sample: ask: timed out"},
		"slow body": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "{")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "sample: ask: timed out"},
		"503": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, phone)
		}, "sample: ask: status-503: store unavailable"},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat(phone, largestAnswer/10))
		}, "sample: ask: unreadable answer: too long"},
		"truncated": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			fmt.Fprint(w, phone)
		}, "sample: ask: connection broken"},
		"closed":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "sample: ask: connection broken"},
		"no HTTP":   {func(w http.ResponseWriter, _ *http.Request) { hijack(w, phone+"\r\n\r\n") }, "sample: ask: connection broken"},
		"no status": {func(w http.ResponseWriter, _ *http.Request) { hijack(w, "HTTP/1.1 "+phone+" x\r\n\r\n") }, "sample: ask: connection broken"},
		"headers without end": {func(w http.ResponseWriter, _ *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\nA: "+strings.Repeat(phone, 10000))
		}, "sample: ask: connection broken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := patience
			if strings.HasPrefix(name, "slow") {
				timeout = 300 * time.Millisecond
			}
			address, seen, caller := serveWithin(t, timeout, c.handler)
			err := caller.Do(t.Context(), Call{Operation: "ask", Request: get(address + "/?phone=" + phone), Read: ok})
			if err == nil || err.Error() != c.want || !errors.Is(err, accounts.ErrUnavailable) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if seen.failed.Load() != 1 {
				t.Error("not observed")
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	s.Close()
	for address, want := range map[string]string{
		s.URL:   "sample: ask: refuses connections",
		tls.URL: "sample: ask: its certificate is not accepted",
	} {
		c := New(Settings{Name: "sample", Timeout: patience, Connect: patience}, (&exchanges{}).host())
		err := c.Do(t.Context(), Call{Operation: "ask", Request: get(address), Read: ok})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	err := transportFault(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "secret.example", IsNotFound: true}})
	if err.Error() != "its name is not found" {
		t.Error(err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	address, _, caller := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	err := caller.Do(t.Context(), Call{Operation: "ask", Request: get(address), Read: func(a *Answer) error {
		if a.Status != http.StatusFound {
			t.Errorf("status %d", a.Status)
		}
		return Unavailable("status-302")
	}})
	if err == nil || asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
}

func TestOnlyRepeatableCallsAreRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repeatable bool
		answers    []int
		tries      int32
		fails      bool
	}{
		"a read that then succeeds":   {true, []int{503, 200}, 2, false},
		"a read that fails twice":     {true, []int{503, 503, 200}, 2, true},
		"a write":                     {false, []int{503, 200}, 1, true},
		"a read that is rejected":     {true, []int{422, 200}, 1, true},
		"a read that is flow-limited": {true, []int{429, 200}, 1, true},
	} {
		var asked atomic.Int32
		address, _, caller := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.answers[asked.Add(1)-1])
		})
		err := caller.Do(t.Context(), Call{
			Operation: "ask", Repeatable: c.repeatable, Request: get(address),
			Read: func(a *Answer) error {
				switch a.Status {
				case 422:
					return Rejected("no")
				case 429:
					return Limited("no")
				}
				return nil
			},
		})
		if (err != nil) != c.fails || asked.Load() != c.tries {
			t.Errorf("%s: %v after %d tries", name, err, asked.Load())
		}
	}
}

// roundTrip is a network inside a bubble, where time is not real.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int) (*http.Response, error) {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, status := 0, 503
		c := newCaller(Settings{Name: "sample", Timeout: time.Second, Rest: DefaultRest}, (&exchanges{}).host(), roundTrip(func(*http.Request) (*http.Response, error) {
			asked++
			return answer(status)
		}))
		ask := func() error {
			return c.Do(t.Context(), Call{Operation: "ask", Request: get("http://localhost/"), Read: ok})
		}
		for range failuresToOpen {
			if err := ask(); err == nil {
				t.Fatal("503 is no answer")
			}
		}
		if err := ask(); asked != failuresToOpen || err == nil || err.Error() != "sample: ask: not asked, after many failures" {
			t.Fatalf("after %d calls: %v", asked, err)
		}
		time.Sleep(DefaultRest + time.Millisecond)
		if err := ask(); err == nil || asked != failuresToOpen+1 {
			t.Fatalf("half open: %v, %d", err, asked)
		}
		if err := ask(); err == nil || asked != failuresToOpen+1 {
			t.Fatalf("open again: %v, %d", err, asked)
		}
		status = 200
		time.Sleep(DefaultRest + time.Millisecond)
		for range 3 {
			if err := ask(); err != nil {
				t.Fatalf("recovered: %v", err)
			}
		}
	})
}

func TestRejectionsDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(Settings{Name: "sample", Timeout: time.Second, Rest: DefaultRest}, (&exchanges{}).host(), roundTrip(func(r *http.Request) (*http.Response, error) {
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			return answer(200)
		}))
		gone, leave := context.WithCancel(t.Context())
		leave()
		for i := range 4 * failuresToOpen {
			ctx, refusal := t.Context(), []error{Rejected("no"), Limited("no"), accounts.ErrNotFound}[i%3]
			if i%2 == 0 {
				ctx = gone
			}
			if err := c.Do(ctx, Call{Operation: "ask", Request: get("http://localhost/"), Read: func(*Answer) error { return refusal }}); err == nil {
				t.Fatal("neither refused nor called off")
			}
		}
		if err := c.Do(t.Context(), Call{Operation: "ask", Request: get("http://localhost/"), Read: ok}); err != nil {
			t.Error(err)
		}
	})
}

func TestCheckIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, status := 0, 503
		c := newCaller(Settings{Name: "sample", Timeout: time.Second, Rest: DefaultRest}, (&exchanges{}).host(), roundTrip(func(*http.Request) (*http.Response, error) {
			asked++
			return answer(status)
		}))
		check := func() error {
			return c.Check(t.Context(), Call{Operation: "check", Request: get("http://localhost/"), Read: ok})
		}
		for range 3 {
			if err := check(); err == nil || asked != 1 {
				t.Fatalf("%v after %d", err, asked)
			}
		}
		status = 200
		time.Sleep(checkRemembered)
		if err := check(); err != nil || asked != 2 {
			t.Fatalf("%v after %d", err, asked)
		}
	})
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var into struct{ A string }
	if err := (&Answer{Body: []byte(`{"a":"b","new":1} `)}).JSON(&into); err != nil || into.A != "b" {
		t.Errorf("%v, %+v", err, into)
	}
	for _, body := range []string{"", "null x", "{", `{"a":"b"}{}`, `{"a":` + phone + `}`, "\x00", `["` + phone + `"]`} {
		err := (&Answer{Body: []byte(body)}).JSON(&into)
		if !errors.Is(err, accounts.ErrUnavailable) || strings.Contains(err.Error(), phone) {
			t.Errorf("%q: %v", body, err)
		}
	}
}
