package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

const (
	testClient  = "hall-test"
	testSecret  = "hall-test-secret"
	testSubject = "sub-of-the-first-enterprise"
)

// testClock is a clock that tests move.
type testClock struct {
	mu sync.Mutex
	at time.Time
}

func newTestClock() *testClock {
	return &testClock{at: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// stage is a provider, a portal in front of it, and the clock both go by.
type stage struct {
	t        *testing.T
	clock    *testClock
	provider *testProvider
	hall     *hall
	url      string // the portal's
}

// newStage starts a portal and its provider. change may alter the portal's settings.
func newStage(t *testing.T, change ...func(*config)) *stage {
	t.Helper()
	clock := newTestClock()
	s := &stage{t: t, clock: clock, provider: newTestProvider(t, clock.now)}
	s.hall, s.url = s.portal(testClient, change...)
	return s
}

// portal starts one more portal on the stage.
func (s *stage) portal(clientID string, change ...func(*config)) (*hall, string) {
	s.t.Helper()
	listener, err := new(net.ListenConfig).Listen(s.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := config{
		BaseURL: "http://" + listener.Addr().String(), Issuer: s.provider.URL, Theme: "hrss",
		ClientID: clientID, ClientSecret: testSecret, Scope: defaultScope, PeerURL: "http://127.0.0.1:1",
	}
	for _, c := range change {
		c(&cfg)
	}
	h, err := newHall(deps{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: s.clock.now, HTTP: newHTTPClient()})
	if err != nil {
		s.t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: newServer(h.routes(), h.log)}
	server.Start()
	s.t.Cleanup(server.Close)
	return h, cfg.BaseURL
}

// browser is a browser that stops at every redirect.
type browser struct {
	t    *testing.T
	http *http.Client
}

func (s *stage) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{t: s.t, http: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer as the browser got it.
type page struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	root   *html.Node
}

func (b *browser) get(address string) page {
	b.t.Helper()
	return b.send(http.MethodGet, address, nil, nil)
}

// post sends a form as a browser of today does from the portal's own page.
func (b *browser) post(address string, form url.Values) page {
	b.t.Helper()
	return b.send(http.MethodPost, address, form, http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

func (b *browser) send(method, address string, form url.Values, header http.Header) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	p := page{t: b.t, status: resp.StatusCode, header: resp.Header, body: string(body)}
	if p.root, err = html.Parse(strings.NewReader(p.body)); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// follow gets an address and goes after redirects until a page comes.
func (b *browser) follow(address string) page {
	b.t.Helper()
	for range 10 {
		p := b.get(address)
		if p.status != http.StatusSeeOther {
			return p
		}
		address = p.location(address)
	}
	b.t.Fatal("too many redirects")
	return page{}
}

// signIn goes through a whole sign-in and returns the page of the signed-in.
func (b *browser) signIn(s *stage, kind string) page {
	b.t.Helper()
	p := b.follow(s.url + "/login?kind=" + kind)
	p.want(http.StatusOK, "page-portal-me")
	return p
}

// start begins a sign-in and returns the provider's answer: the address of the callback.
func (b *browser) start(s *stage, query string) string {
	b.t.Helper()
	p := b.get(s.url + "/login?" + query)
	if p.status != http.StatusSeeOther {
		b.t.Fatalf("login answered %d", p.status)
	}
	at := p.location(s.url)
	return b.get(at).location(at)
}

// location is where a redirect leads.
func (p page) location(from string) string {
	p.t.Helper()
	base, err := url.Parse(from)
	if err != nil {
		p.t.Fatal(err)
	}
	to, err := base.Parse(p.header.Get("Location"))
	if err != nil {
		p.t.Fatal(err)
	}
	if p.header.Get("Location") == "" {
		p.t.Fatalf("status %d leads nowhere", p.status)
	}
	return to.String()
}

// want checks the status and which page it is.
func (p page) want(status int, id string) {
	p.t.Helper()
	if p.status != status || p.find(id) == nil {
		p.t.Fatalf("got status %d (problem %q, notice %q), want %d with %s", p.status, p.problem(), p.text("notice"), status, id)
	}
}

// wantProblem checks that this is the page of one problem.
func (p page) wantProblem(code problemCode) {
	p.t.Helper()
	if want := problemStatuses()[code]; p.status != want || p.problem() != string(code) {
		p.t.Fatalf("got status %d, problem %q; want %d, %q", p.status, p.problem(), want, code)
	}
}

func (p page) problem() string {
	if n := p.find("page-portal-problem"); n != nil {
		return attribute(n, "data-problem")
	}
	return ""
}

// csrf is the token of the page's forms.
func (p page) csrf() url.Values {
	p.t.Helper()
	for n := range p.root.Descendants() {
		if attribute(n, "name") == "csrf" {
			return url.Values{"csrf": {attribute(n, "value")}}
		}
	}
	p.t.Fatal("page has no csrf field")
	return nil
}

// find returns the element with an id or, failing that, the first of a class.
func (p page) find(name string) *html.Node {
	for n := range p.root.Descendants() {
		if attribute(n, "id") == name {
			return n
		}
	}
	for n := range p.root.Descendants() {
		if attribute(n, "class") == name {
			return n
		}
	}
	return nil
}

// text is the text of what find finds.
func (p page) text(name string) string {
	if n := p.find(name); n != nil {
		return textOf(n)
	}
	return ""
}

// claim is the text of a claim's value.
func (p page) claim(name string) []string {
	var values []string
	for n := range p.root.Descendants() {
		if attribute(n, "data-claim") != name {
			continue
		}
		for m := range n.Descendants() {
			if attribute(m, "class") == "value" {
				values = append(values, textOf(m))
			}
		}
	}
	return values
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for m := range n.Descendants() {
		if m.Type == html.TextNode {
			text.WriteString(m.Data)
		}
	}
	return strings.TrimSpace(text.String())
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
