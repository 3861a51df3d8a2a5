package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestFormsOfOthersAreRefused(t *testing.T) {
	h := newHouse(t)
	b, other := h.browser(), h.browser()
	foreign := other.get(loginPath).form("submit").Get("csrf")
	for name, c := range map[string]struct {
		change func(url.Values)
		header []string
	}{
		"no token":               {func(f url.Values) { f.Del("csrf") }, nil},
		"empty token":            {func(f url.Values) { f.Set("csrf", "") }, nil},
		"another browser's":      {func(f url.Values) { f.Set("csrf", foreign) }, nil},
		"junk":                   {func(f url.Values) { f.Set("csrf", "\x00\xff") }, nil},
		"from another site":      {func(url.Values) {}, []string{"Sec-Fetch-Site", "cross-site"}},
		"from a sister site":     {func(url.Values) {}, []string{"Sec-Fetch-Site", "same-site"}},
		"another site's origin":  {func(url.Values) {}, []string{"Origin", "https://evil.example"}},
		"origin that was hidden": {func(url.Values) {}, []string{"Origin", "null"}},
	} {
		form := b.fill(b.get(loginPath), firm, password)
		c.change(form)
		b.post(loginPath, form, c.header...).problem(403, "csrf")
		b.get("/").leads(loginPath)
		t.Log(name)
	}
	form := b.fill(b.get(loginPath), firm, password)
	b.post(loginPath, form, "Sec-Fetch-Site", "same-origin", "Origin", h.server.URL).leads("/")
	// A token from before sign-in does not end sessions.
	form = b.get("/center/sessions").form("submit")
	form.Set("csrf", foreign)
	b.post("/center/sessions", form).problem(403, "csrf")
}

func TestBodiesThatAreNoForms(t *testing.T) {
	b := newHouse(t).browser()
	for name, c := range map[string]struct {
		kind, body string
		status     int
		code       string
	}{
		"JSON":         {"application/json", `{"account":"a"}`, 415, "invalid_request"},
		"multipart":    {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"account\"\r\n\r\na\r\n--x--", 415, "invalid_request"},
		"text":         {"text/plain", "account=a", 415, "invalid_request"},
		"none":         {"", "account=a", 415, "invalid_request"},
		"twice":        {"application/x-www-form-urlencoded", "account=a&account=b", 400, "invalid_request"},
		"bad escape":   {"application/x-www-form-urlencoded", "account=%", 400, "invalid_request"},
		"far too long": {"application/x-www-form-urlencoded", "account=" + strings.Repeat("a", 1<<20), 413, "too_large"},
		"64 KiB field": {"application/x-www-form-urlencoded", "account=" + strings.Repeat("a", 64<<10), 413, "too_large"},
	} {
		b.get(loginPath)
		got := b.do(http.MethodPost, loginPath, strings.NewReader(c.body), "Content-Type", c.kind)
		t.Log(name)
		got.problem(c.status, c.code)
	}
	// Fields are read from the body only.
	form := b.fill(b.get(loginPath), firm, password)
	query := url.Values{"account": {firm}, "password": {password}}
	form.Del("account")
	form.Del("password")
	b.post(loginPath+"?"+query.Encode(), form).is(422, "page-login-enterprise")
}

func TestWrongMethods(t *testing.T) {
	b := newHouse(t).browser()
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "BREW"} {
		got := b.do(method, loginPath, nil).problem(405, "method_not_allowed")
		for _, want := range []string{"GET", "HEAD", "POST"} {
			if !strings.Contains(got.header.Get("Allow"), want) {
				t.Errorf("%s: Allow %q lacks %s", method, got.header.Get("Allow"), want)
			}
		}
	}
	b.do(http.MethodPost, "/", nil).problem(405, "method_not_allowed")
	b.get("/nowhere").problem(404, "not_found")
	b.get("/centre").problem(404, "not_found")
}

func TestHEADWhereGETIs(t *testing.T) {
	b := newHouse(t).browser()
	for _, path := range []string{"/", loginPath, "/logged-out", "/logout", "/preferences", "/favicon.ico", "/center/sessions", "/simulator/"} {
		get, head := b.get(path), b.do(http.MethodHead, path, nil)
		if head.status != get.status || head.body != "" || head.header.Get("Location") != get.header.Get("Location") {
			t.Errorf("%s: HEAD %d, GET %d", path, head.status, get.status)
		}
	}
}

func TestHeadersOfPages(t *testing.T) {
	b := newHouse(t).browser()
	outside := b.get(loginPath).header
	if csp := outside.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://www.example.com") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("outside: %s", csp)
	}
	for name, h := range map[string]http.Header{
		"outside": outside, "in a flow": b.get(b.authorize("hall").leads(loginPath)).header, "error": b.get("/nowhere").header,
	} {
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: %v", name, h)
		}
		inFlow := name == "in a flow"
		if strings.Contains(h.Get("Content-Security-Policy"), "form-action") == inFlow {
			t.Errorf("%s: %s", name, h.Get("Content-Security-Policy"))
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: may be framed", name)
		}
	}
}

func TestFaultsShowAFixedPage(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	form := b.fill(b.get(loginPath), firm, password)
	h.outage.Store(true)
	away := b.post(loginPath, form).problem(503, "unavailable")
	if away.header.Get("Retry-After") != "5" || attr(away.main(), "data-trace") != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("Retry-After %q, trace %q", away.header.Get("Retry-After"), attr(away.main(), "data-trace"))
	}
	h.outage.Store(false)
	h.panics.Store(true)
	broken := b.post(loginPath, b.fill(b.get(loginPath), firm, password)).problem(500, "internal")
	if strings.Contains(away.body+broken.body, "secret-of") || strings.Contains(broken.body, "goroutine") {
		t.Error("the page tells what went wrong inside")
	}
	h.panics.Store(false)
	b.signIn(firm)
	logged := h.log.String()
	for _, secret := range []string{"secret-of-the-store", "secret-of-the-panic"} {
		if strings.Count(logged, secret) != 1 {
			t.Errorf("%q stands %d times in the log, want once", secret, strings.Count(logged, secret))
		}
	}
	for _, secret := range []string{password, firm, form.Get("csrf"), form.Get("captcha_id")} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
