package pages_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tongid/tongid/provider"
)

func lang(p *page) string {
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "html" }) {
		return attr(n, "lang")
	}
	return ""
}

func TestLanguage(t *testing.T) {
	h := newHouse(t)
	for header, want := range map[string]string{
		"": "zh-CN", "en": "en", "en-GB,en;q=0.9": "en", "zh-TW": "zh-CN", "fr,en;q=0.5": "en", "ja": "zh-CN", "*": "zh-CN",
		"zh-CN,zh;q=0.9,en;q=0.8": "zh-CN", ";;;q=": "zh-CN", strings.Repeat("en,", 3000): "zh-CN",
	} {
		b := h.browser()
		if got := lang(b.get(loginPath, "Accept-Language", header)); got != want {
			t.Errorf("Accept-Language %.40q: %s, want %s", header, got, want)
		}
	}
	b := h.browser()
	b.header.Set("Accept-Language", "en")
	b.get("/preferences?lang=zh-CN&large=1&return=%2Flogin%2Fenterprise").leads(loginPath)
	chosen := b.get(loginPath)
	if lang(chosen) != "zh-CN" || !strings.Contains(chosen.body, `class="large"`) {
		t.Errorf("what was chosen is not what is shown: %s", lang(chosen))
	}
	h.forward(time.Second)
	login := b.authorize("hall", "ui_locales", "fr-CA en").leads(loginPath)
	if got := lang(b.get(login)); got != "en" {
		t.Errorf("ui_locales: %s, want en over what was chosen before", got)
	}
	page := b.get(login) // within the same second
	toChinese := page.find(func(n *html.Node) bool { return strings.Contains(attr(n, "href"), "lang=zh-CN") })
	back := b.get(attr(toChinese[0], "href")).leads(login)
	if got := lang(b.get(back)); got != "zh-CN" {
		t.Errorf("the language link changes nothing inside a flow: %s", got)
	}
	for _, odd := range []string{"zh-CN.1", "xx.0.1", "en.0.x", "%00", "en.0.99999999999999999999"} {
		b := h.browser()
		b.header.Set("Cookie", "tongid_display="+odd)
		b.get(loginPath).is(200, "page-login-enterprise")
	}
}

func TestRefusedFormsKeepTheWayBack(t *testing.T) {
	b := newHouse(t).browser()
	login := b.authorize("hall").leads(loginPath)
	refused := b.post(loginPath, b.fill(b.get(login), firm, "wrong")).is(422, "page-login-enterprise")
	for _, n := range refused.find(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), "/preferences") }) {
		u, _ := url.Parse(attr(n, "href"))
		if got := u.Query().Get("return"); got != login {
			t.Errorf("the language link comes back to %q, want %q", got, login)
		}
	}
}

func TestPreferencesLeadNowhereElse(t *testing.T) {
	b := newHouse(t).browser()
	for target, want := range map[string]string{
		"/login/enterprise?flow=a": "/login/enterprise?flow=a", "/": "/", "": "/", "//evil.example/": "/", `/\evil.example`: "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "/%5cevil.example": "/", "///evil.example": "/", "/\tevil": "/",
		"evil": "/", "/a\r\nSet-Cookie: x=y": "/", "/%2f/evil.example": "/", "/ok?next=//evil.example": "/ok?next=//evil.example",
	} {
		got := b.get("/preferences?" + url.Values{"lang": {"en"}, "return": {target}}.Encode())
		if got.status != 303 || got.header.Get("Location") != want {
			t.Errorf("%q leads to %q, want %q", target, got.header.Get("Location"), want)
		}
	}
}

func TestAssets(t *testing.T) {
	b := newHouse(t).browser()
	login := b.get(loginPath)
	var checked int
	for _, n := range login.find(func(n *html.Node) bool { return n.Data == "link" || n.Data == "script" }) {
		address := attr(n, "href") + attr(n, "src")
		if !strings.HasPrefix(address, "/static/") {
			continue
		}
		checked++
		got := b.get(address, "Accept-Encoding", "identity")
		if got.status != 200 || got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
			got.header.Get("Vary") != "Accept-Encoding" || got.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", address, got.status, got.header)
		}
		small := b.get(address, "Accept-Encoding", "br, gzip")
		if small.header.Get("Content-Encoding") != "gzip" {
			continue
		}
		plain, err := gzip.NewReader(strings.NewReader(small.body))
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(plain); string(body) != got.body {
			t.Errorf("%s: compressed, it is another file", address)
		}
		if no := b.get(address, "Accept-Encoding", "gzip;q=0"); no.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed although refused", address)
		}
	}
	if checked < 3 {
		t.Errorf("%d assets on the page", checked)
	}
	if got := b.get("/favicon.ico"); got.status != 200 || got.header.Get("Content-Type") != "image/x-icon" {
		t.Errorf("favicon: %d %s", got.status, got.header.Get("Content-Type"))
	}
	for _, none := range []string{"/static/app.css", "/static/", "/static/..%2f..%2fgo.mod", "/static/%00"} {
		b.get(none).problem(404, "not_found")
	}
}

func TestSimulator(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	id := b.get(loginPath).form("submit").Get("captcha_id")
	var told struct{ Answer string }
	got := b.get("/simulator/captcha/" + id)
	if err := json.Unmarshal([]byte(got.body), &told); err != nil || told.Answer != h.answer(id) {
		t.Errorf("captcha: %d %s", got.status, got.body)
	}
	if none := b.get("/simulator/captcha/unknown"); none.status != 404 {
		t.Errorf("an unknown captcha: %d", none.status)
	}
	page := b.get("/simulator/?captcha_id="+id).is(200, "page-simulator")
	if n := page.byID("captcha-answer"); n == nil || text(n) != h.answer(id) {
		t.Error("the page does not show the answer")
	}
	b.get("/simulator").leads("/simulator/")
	b.get("/simulator/style").is(200, "page-styleguide")
	for _, c := range []struct {
		body   string
		status int
	}{
		{`{"offset_seconds":3600}`, 204},
		{`{"offset_seconds":3600}`, 204},
		{`{"offset_seconds":60}`, 422},
		{`{"offset_seconds":-1}`, 422},
		{`{"offset_seconds":1e30}`, 400},
		{`{"offset_seconds":99999999999}`, 422},
		{`{}`, 400},
		{`x`, 400},
		{``, 400},
	} {
		if got := b.do("PUT", "/simulator/clock", strings.NewReader(c.body)); got.status != c.status {
			t.Errorf("%s: %d, want %d", c.body, got.status, c.status)
		}
	}
	if ahead := time.Until(h.now()); ahead < 3590*time.Second || ahead > 3610*time.Second {
		t.Errorf("the clock is %v ahead", ahead)
	}
	form := b.get("/simulator/").form("submit")
	form.Set("offset_seconds", "7200")
	b.post("/simulator/clock", form).leads("/simulator/")
	form.Set("offset_seconds", "7199")
	b.post("/simulator/clock", form).is(422, "page-simulator")
	form.Del("csrf")
	b.post("/simulator/clock", form).problem(403, "csrf")
}

func TestSimulatorAtHomeOnly(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for _, path := range []string{"/simulator/", "/simulator/captcha/x", "/simulator/style"} {
		for _, host := range []string{"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]:80"} {
			b.get(path, "Host", host).problem(403, "invalid_request")
		}
	}
	b.get("/simulator/", "Host", "localhost:8080").is(200, "page-simulator")
	b.get("/simulator/", "Host", "[::1]:8080").is(200, "page-simulator")
	if got := b.do("PUT", "/simulator/clock", strings.NewReader(`{"offset_seconds":60}`), "Host", "evil.example"); got.status != 403 {
		t.Errorf("the clock moved for another host: %d", got.status)
	}
	off := newHouse(t, func(d *provider.Deps) { d.Config.Simulators = false }).browser()
	for _, path := range []string{"/simulator/", "/simulator/captcha/x", "/simulator/style"} {
		off.get(path).problem(404, "not_found")
	}
}

// OIDC Core §3.1.2.1: ui_locales counts on the pages without a form of ours, too,
// until the person has chosen.
func TestLanguageOfPagesOutsideAFlow(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	lang := func(p *page) string { return p.header.Get("Content-Language") }
	const refused = "/oauth2/authorize?client_id=nobody&ui_locales="
	silent := func(locales string) *page {
		return b.authorize("hall", "prompt", "none", "response_mode", "form_post", "ui_locales", locales).is(200, "page-form-post")
	}
	for _, want := range []string{"en", "zh-CN"} {
		if got := lang(b.get(refused + want)); got != want {
			t.Errorf("error page for %s is in %s", want, got)
		}
		if got := lang(silent(want)); got != want {
			t.Errorf("form page for %s is in %s", want, got)
		}
	}
	b.get("/preferences?lang=en&return=/").leads("/")
	if got := lang(b.get(refused + "zh-CN")); got != "en" {
		t.Errorf("chosen was en, the error page is in %s", got)
	}
	if got := lang(silent("zh-CN")); got != "en" {
		t.Errorf("chosen was en, the form page is in %s", got)
	}
}
