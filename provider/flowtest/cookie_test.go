package flowtest

import (
	"net/http"
	"strings"
	"testing"
)

// Cookies and headers on plain http, which is for local hosts, and on https.
func TestCookiesAndHeaders(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]setup{
		"http": {settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}, "https": {tls: true, settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ownSite(t, backendNamed(onSQLite), with)
			rp := s.newClient(t, nil)
			b := s.browser(t)
			a := rp.ask(t, nil)
			begin := b.get(a.url)
			login := b.open(begin.location().String()).want(http.StatusOK, "login-enterprise")
			signedIn := login.credentials(software.account, demoPassword).send()
			preferred := b.get(s.url("/preferences?lang=en&large=1&return=/"))
			seen := map[string]bool{}
			for _, p := range []*page{begin, login, signedIn, preferred} {
				for _, line := range p.header.Values("Set-Cookie") {
					seen[checkCookie(t, line, name == "https")] = true
				}
			}
			for _, want := range []string{"tongid_browser", "tongid_session", "tongid_device", "tongid_display"} {
				if !seen[want] {
					t.Errorf("no cookie %s was set: %v", want, seen)
				}
			}
			rp.redeem(t, a, a.answer(t, s, b.until(signedIn.location().String(), rp.redirectURI)))
			checkHeaders(t, b, name == "https")

			out := b.open(s.url("/logout")).form("logout-yes").send()
			if line := strings.Join(out.header.Values("Set-Cookie"), "\n"); !strings.Contains(line, "tongid_session=;") || !strings.Contains(line, "Max-Age=0") {
				t.Errorf("signing out leaves the cookie: %q", line)
			}
		})
	}
}

// checkCookie checks the attributes of a cookie and returns its bare name.
func checkCookie(t *testing.T, line string, secure bool) string {
	t.Helper()
	c, err := http.ParseSetCookie(line)
	if err != nil {
		t.Fatal(err)
	}
	bare, prefixed := strings.CutPrefix(c.Name, "__Host-")
	if prefixed != secure || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %q", strings.Replace(line, c.Value, "…", 1))
	}
	return bare
}

// checkHeaders checks the headers of pages; those on every page, the browser
// checks anyway.
func checkHeaders(t *testing.T, b *browser, secure bool) {
	t.Helper()
	home := b.open(b.site.url("/"))
	hsts := home.header.Get("Strict-Transport-Security")
	if secure != strings.HasPrefix(hsts, "max-age=") {
		t.Errorf("Strict-Transport-Security: %q", hsts)
	}
	if csp := home.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") ||
		!strings.Contains(csp, "form-action 'self'") || !strings.Contains(csp, "base-uri 'none'") {
		t.Errorf("Content-Security-Policy: %q", csp)
	}
	for _, path := range []string{"/oauth2/token", "/oauth2/userinfo", "/oauth2/jwks", "/.well-known/openid-configuration", "/no-such-page"} {
		p := b.send(request{method: http.MethodPost, url: b.parse(b.site.url(path))})
		if p.header.Get("X-Content-Type-Options") != "nosniff" || secure != (p.header.Get("Strict-Transport-Security") != "") {
			t.Errorf("%s: headers %v", path, p.header)
		}
	}
	if server := home.header.Get("Server"); server != "" {
		t.Errorf("Server: %q", server)
	}
}
