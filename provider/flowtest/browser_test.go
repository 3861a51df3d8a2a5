package flowtest

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// browser is a person's browser without script. It keeps cookies, follows
// redirects and carries forms over, and sends with requests what browsers send:
// where they come from (Origin, Sec-Fetch-Site), and SameSite=Lax cookies with
// another site's navigations but not with its posts.
type browser struct {
	t         testing.TB
	site      *site
	jar       http.CookieJar // nil: cookies are off
	transport http.RoundTripper
	language  string
	faults    bool // answers of 500 and more are what the test looks for
	careless  bool // puts into addresses what does not belong there
}

func (s *site) browser(t testing.TB) *browser {
	t.Helper()
	return s.browserAt(t, "")
}

// browserAt is a browser on another machine.
func (s *site) browserAt(t testing.TB, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := s.transport(net.ParseIP(address))
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, site: s, jar: jar, transport: transport, language: "zh-CN", faults: s.ledger.faults}
}

// request is one request a browser makes.
type request struct {
	method string
	url    *url.URL
	from   *page // whose link or form it is; nil: typed into the address bar
	body   string
	kind   string      // content type of the body
	header http.Header // instead of what a browser would send; nil values: not at all
}

// open goes to an address as if it had been typed, and follows redirects.
func (b *browser) open(address string) *page {
	b.t.Helper()
	return b.follow(request{method: http.MethodGet, url: b.parse(address)}, "")
}

// get asks for an address and follows nothing.
func (b *browser) get(address string) *page {
	b.t.Helper()
	return b.send(request{method: http.MethodGet, url: b.parse(address)})
}

// until is open, but stops before an address that begins like prefix and returns
// that address.
func (b *browser) until(address, prefix string) *url.URL {
	b.t.Helper()
	return b.follow(request{method: http.MethodGet, url: b.parse(address)}, prefix).wantRedirectTo(prefix)
}

func (b *browser) parse(address string) *url.URL {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// follow sends a request and then those that redirects lead to. It stops before
// an address that begins like stop, if that is not empty.
func (b *browser) follow(r request, stop string) *page {
	b.t.Helper()
	p := b.send(r)
	for range 20 {
		to := p.location()
		if to == nil || stop != "" && strings.HasPrefix(to.String(), stop) {
			return p
		}
		next := request{method: http.MethodGet, url: to, from: r.from}
		if p.status == http.StatusTemporaryRedirect || p.status == http.StatusPermanentRedirect {
			next.method, next.body, next.kind = r.method, r.body, r.kind
		}
		p = b.send(next)
	}
	b.t.Fatalf("too many redirects, the last to %s", p.url)
	return nil
}

// send makes one request.
func (b *browser) send(r request) *page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), r.method, r.url.String(), strings.NewReader(r.body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36")
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	req.Header.Set("Accept-Language", b.language)
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	b.tellOrigin(req, r)
	maps.Copy(req.Header, r.header)
	maps.DeleteFunc(req.Header, func(_ string, values []string) bool { return values == nil })
	if b.jar != nil && !(crossSite(r) && r.method == http.MethodPost) {
		for _, c := range b.jar.Cookies(r.url) {
			req.AddCookie(c)
		}
	}
	resp, err := b.transport.RoundTrip(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.method, r.url.Path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %s, then %v", r.method, r.url.Path, resp.Status, err)
	}
	if b.jar != nil {
		b.jar.SetCookies(r.url, resp.Cookies())
	}
	for _, c := range resp.Cookies() {
		b.site.ledger.keep("cookie", c.Value)
	}
	p := &page{browser: b, url: r.url, status: resp.StatusCode, header: resp.Header, body: body}
	b.judge(p)
	b.judgeTraces(p, resp.Cookies())
	return p
}

// tellOrigin sets what a browser says of where a navigation comes from (Fetch
// §3.2, Fetch Metadata §2).
func (b *browser) tellOrigin(req *http.Request, r request) {
	relation := "none"
	if r.from != nil {
		switch {
		case origin(r.from.url) == origin(r.url):
			relation = "same-origin"
		case siteOf(r.from.url) == siteOf(r.url):
			relation = "same-site"
		default:
			relation = "cross-site"
		}
		if r.method == http.MethodPost {
			req.Header.Set("Origin", origin(r.from.url))
		}
	}
	req.Header.Set("Sec-Fetch-Site", relation)
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Sec-Fetch-Dest", "document")
}

func crossSite(r request) bool { return r.from != nil && siteOf(r.from.url) != siteOf(r.url) }

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// siteOf is what cookies take for one site: for an address, the address.
func siteOf(u *url.URL) string { return u.Scheme + "://" + u.Hostname() }

// judge looks at every answer of the issuer, whatever the test is about.
func (b *browser) judge(p *page) {
	b.t.Helper()
	if to := p.location(); to != nil {
		b.site.ledger.keep("code", to.Query().Get("code"))
	}
	if origin(p.url) != b.site.issuer {
		return
	}
	if p.status >= http.StatusInternalServerError && !b.faults {
		b.t.Errorf("%s: %d", p.url.Path, p.status)
	}
	if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") || len(p.body) == 0 {
		return
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
	} {
		if got := p.header.Get(name); got != want {
			b.t.Errorf("%s: %s: %q, want %q", p.url.Path, name, got, want)
		}
	}
	if csp := p.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		b.t.Errorf("%s: Content-Security-Policy: %q", p.url.Path, csp)
	}
	if got := p.header.Get("Cache-Control"); got != "no-store" {
		b.t.Errorf("%s: Cache-Control: %q", p.url.Path, got)
	}
	if mains := p.all(func(n *html.Node) bool { return n.Data == "main" }); len(mains) != 1 {
		b.t.Errorf("%s: %d main elements", p.url.Path, len(mains))
	}
	if bytes.Contains(p.body, []byte("ZgotmplZ")) || bytes.Contains(p.body, []byte("goroutine ")) {
		b.t.Errorf("%s: the page shows what is none of its readers' business", p.url.Path)
	}
}

// judgeTraces looks for persons in what a browser and a proxy remember: addresses
// and cookies. The simulators are asked by phone, and portals may name whom they
// expect.
func (b *browser) judgeTraces(p *page, cookies []*http.Cookie) {
	b.t.Helper()
	if origin(p.url) != b.site.issuer || strings.HasPrefix(p.url.Path, "/simulator") || b.careless || p.url.Query().Has("login_hint") {
		return
	}
	traces := map[string]string{"address": p.url.String()}
	if to := p.location(); to != nil {
		traces["redirect"] = to.String()
	}
	for _, c := range cookies {
		first, _, _ := strings.Cut(c.Value, ".")
		inside, _ := base64.RawURLEncoding.DecodeString(first) // none inside, if it is none
		traces["cookie "+c.Name] = c.Value + " " + string(inside)
	}
	for where, text := range traces {
		if plain, err := url.QueryUnescape(text); err == nil {
			text = plain
		}
		if what, found := b.site.ledger.personal(text); found {
			b.t.Errorf("%s: a %s stands in the %s", p.url.Path, what, where)
		}
	}
}

// cookie returns a cookie of the issuer, by its bare name.
func (b *browser) cookie(name string) string {
	b.t.Helper()
	for _, c := range b.jar.Cookies(b.parse(b.site.issuer)) {
		if strings.TrimPrefix(c.Name, "__Host-") == name {
			return c.Value
		}
	}
	return ""
}

// forget takes a cookie of the issuer away.
func (b *browser) forget(names ...string) {
	b.t.Helper()
	u := b.parse(b.site.issuer)
	for _, c := range b.jar.Cookies(u) {
		if slices.Contains(names, strings.TrimPrefix(c.Name, "__Host-")) {
			b.jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Path: "/", MaxAge: -1, Secure: u.Scheme == "https"}})
		}
	}
}

// api is a call that is not a browser's: of a portal's server, or of a script.
func (s *site) api(t testing.TB, req *http.Request) (status int, header http.Header, body []byte) {
	t.Helper()
	resp, err := s.caller.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

// elapsed runs f and returns how long it took.
func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
