package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func environment(pairs ...string) func(string) (string, bool) {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

func TestReadConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hrss := config{
		Listen: "localhost:8090", BaseURL: "http://localhost:8090", Issuer: defaultIssuer, ClientID: "hrss-hall",
		ClientSecret: "hrss-hall-demo-secret", Theme: "hrss", PeerURL: "http://localhost:8092", Scope: defaultScope,
	}
	medical := config{
		Listen: "localhost:8092", BaseURL: "http://localhost:8092", Issuer: defaultIssuer, ClientID: "medical-hall",
		ClientSecret: "medical-hall-demo-secret", Theme: "medical", PeerURL: "http://localhost:8090", Scope: defaultScope,
	}
	with := func(c config, change func(*config)) config {
		change(&c)
		return c
	}
	tests := []struct {
		name string
		args []string
		env  func(string) (string, bool)
		want config
	}{
		{"defaults", nil, environment(), hrss},
		{"medical", []string{"--theme", "medical"}, environment(), medical},
		{"medical by environment", nil, environment("PORTAL_THEME", "medical"), medical},
		{
			"flag beats environment",
			[]string{"--listen", "127.0.0.2:80"},
			environment("PORTAL_LISTEN", "127.0.0.3:80", "PORTAL_CALLBACK_THEN", "http://a.example/x"),
			with(hrss, func(c *config) {
				c.Listen, c.BaseURL, c.CallbackThen = "127.0.0.2:80", "http://127.0.0.2:80", "http://a.example/x"
			}),
		},
		{
			"listening everywhere",
			[]string{"--listen", ":9000"},
			environment(),
			with(hrss, func(c *config) { c.Listen, c.BaseURL = ":9000", "http://localhost:9000" }),
		},
		{
			"another client has no demonstration secret",
			[]string{"--client-id", "mine"},
			environment(),
			with(hrss, func(c *config) { c.ClientID, c.ClientSecret = "mine", "" }),
		},
		{
			"secret from a file",
			[]string{"--client-id", "mine"},
			environment("PORTAL_CLIENT_SECRET_FILE", file),
			with(hrss, func(c *config) { c.ClientID, c.ClientSecret = "mine", "from-file" }),
		},
		{
			"secret beats its file",
			nil,
			environment("PORTAL_CLIENT_SECRET_FILE", "/none", "PORTAL_CLIENT_SECRET", "given"),
			with(hrss, func(c *config) { c.ClientSecret = "given" }),
		},
		{
			"no peer, trailing slash",
			[]string{"--peer-url", "", "--base-url", "https://hall.example/"},
			environment(),
			with(hrss, func(c *config) { c.PeerURL, c.BaseURL = "", "https://hall.example" }),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := readConfig(test.args, test.env, &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunListsAllFaults(t *testing.T) {
	var out bytes.Buffer
	code := run(t.Context(), []string{
		"--listen", "nowhere", "--base-url", "https://a.example/path", "--issuer", "ftp://x", "--peer-url", "not an address",
		"--callback-then", "/relative", "--scope", "profile", "--client-id", "",
	}, environment("PORTAL_CLIENT_SECRET_FILE", "/none"), &out)
	if code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	for _, name := range []string{"listen:", "base-url:", "issuer:", "peer-url:", "callback-then:", "scope:", "client-id:", "PORTAL_CLIENT_SECRET_FILE:"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("no word about %s in %s", name, out.String())
		}
	}
	for _, args := range [][]string{{"--theme", "other"}, {"--unknown"}, {"argument"}} {
		if code := run(t.Context(), args, environment(), &out); code != 2 {
			t.Errorf("%v: exit code %d, want 2", args, code)
		}
	}
	if code := run(t.Context(), []string{"-h"}, environment(), &out); code != 0 {
		t.Errorf("-h: exit code %d", code)
	}
}

func TestRunServesAndStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	lines := make(lineWriter, 16)
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"--listen", "127.0.0.1:0", "--issuer", "http://127.0.0.1:1"}, environment(), lines)
	}()
	_, rest, ok := strings.Cut(<-lines, "base_url=")
	if !ok {
		t.Fatal("the portal does not say where it listens")
	}
	address, _, _ := strings.Cut(rest, " ")
	b := (&stage{t: t}).browser()
	if p := b.get(address + "/healthz"); p.status != http.StatusOK || p.body != "ok\n" {
		t.Errorf("/healthz answers %d, %q", p.status, p.body)
	}
	stop()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d, want 0", got)
	}
}

// lineWriter hands what is written to it to a reader.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func TestMethodsAndHeaders(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	for _, path := range []string{"/", "/healthz", "/static/portal.css", "/login?kind=enterprise", "/me", "/callback?state=x", "/service/titles"} {
		get, head := b.get(s.url+path), b.send(http.MethodHead, s.url+path, nil, nil)
		if get.status != head.status || head.body != "" {
			t.Errorf("%s: GET answers %d, HEAD %d with %d bytes", path, get.status, head.status, len(head.body))
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
			if got := get.header.Get(name); got != want {
				t.Errorf("%s: %s = %q", path, name, got)
			}
		}
		policy := get.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; img-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for path, method := range map[string]string{
		"/refresh": http.MethodGet, "/logout": http.MethodGet, "/callback": http.MethodPost, "/login": http.MethodPost,
		"/": http.MethodPost, "/me": http.MethodDelete,
	} {
		p := b.send(method, s.url+path, nil, http.Header{"Sec-Fetch-Site": {"same-origin"}})
		if p.status != http.StatusMethodNotAllowed && p.status != http.StatusNotFound {
			t.Errorf("%s %s answers %d", method, path, p.status)
		}
	}
	b.get(s.url + "/static/..%2fwords.json").wantProblem(problemNotFound)
	b.get(s.url + "/static/none.css").wantProblem(problemNotFound)
	if got := b.get(s.url + "/static/emblem-hrss.svg").header.Get("Content-Type"); got != "image/svg+xml" {
		t.Errorf("the emblem is %q", got)
	}
	if got := b.get(s.url + "/").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("pages are %q", got)
	}
}
