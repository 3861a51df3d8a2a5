package flowtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Until client and redirect URI are known to be right nobody is redirected
// anywhere (RFC 6749 §4.1.2.1): the person gets a page.
func TestWrongClientOrRedirectURIIsAPage(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	const registered = "https://portal.example.test/app/callback?tenant=1"
	rp := s.newClient(t, map[string]any{"redirect_uris": []string{registered}})
	b := s.browser(t)

	for name, uri := range map[string]string{
		"another host":          "https://evil.example/app/callback?tenant=1",
		"a subdomain":           "https://a.portal.example.test/app/callback?tenant=1",
		"a longer host":         "https://portal.example.test.evil.example/app/callback?tenant=1",
		"userinfo":              "https://portal.example.test@evil.example/app/callback?tenant=1",
		"userinfo of its own":   "https://user@portal.example.test/app/callback?tenant=1",
		"backslash":             `https://evil.example\@portal.example.test/app/callback?tenant=1`,
		"backslash in the path": `https://portal.example.test/app\callback?tenant=1`,
		"dot segments":          "https://portal.example.test/app/../app/callback?tenant=1",
		"encoded dot segments":  "https://portal.example.test/app/%2e%2e/app/callback?tenant=1",
		"encoded slash":         "https://portal.example.test/app%2fcallback?tenant=1",
		"encoded letter":        "https://portal.example.test/app/%63allback?tenant=1",
		"slash and dots":        "https://portal.example.test/app/callback/%2f..?tenant=1",
		"upper case host":       "https://PORTAL.example.test/app/callback?tenant=1",
		"upper case path":       "https://portal.example.test/app/Callback?tenant=1",
		"upper case scheme":     "HTTPS://portal.example.test/app/callback?tenant=1",
		"port":                  "https://portal.example.test:8443/app/callback?tenant=1",
		"standard port":         "https://portal.example.test:443/app/callback?tenant=1",
		"trailing dot":          "https://portal.example.test./app/callback?tenant=1",
		"fragment":              registered + "#x",
		"empty fragment":        registered + "#",
		"IDN look-alike":        "https://pоrtal.example.test/app/callback?tenant=1",
		"full-width":            "https://ｐortal.example.test/app/callback?tenant=1",
		"http":                  "http://portal.example.test/app/callback?tenant=1",
		"javascript":            "javascript:alert(1)//portal.example.test/app/callback?tenant=1",
		"data":                  "data:text/html,<script>alert(1)</script>",
		"no scheme":             "//portal.example.test/app/callback?tenant=1",
		"a path":                "/app/callback?tenant=1",
		"trailing slash":        "https://portal.example.test/app/callback/?tenant=1",
		"more query":            registered + "&x=1",
		"other query":           "https://portal.example.test/app/callback?tenant=2",
		"no query":              "https://portal.example.test/app/callback",
		"space before":          " " + registered,
		"space after":           registered + " ",
		"newline":               registered + "\n",
		"header":                registered + "\r\nSet-Cookie: a=b",
		"NUL":                   registered + "\x00",
		"invalid UTF-8":         registered + "\xff",
		"tab inside":            "https://portal.exam\tple.test/app/callback?tenant=1",
		"long":                  registered + strings.Repeat("x", 30<<10),
		"not sent":              "",
	} {
		p := b.get(rp.ask(t, url.Values{"redirect_uri": {uri}}).url)
		if p.location() != nil {
			t.Errorf("%s: redirects to %s", name, p.location())
			continue
		}
		p.wantProblem(http.StatusBadRequest, "invalid_redirect_uri")
	}
	for name, id := range map[string]string{
		"unknown": "nobody", "upper case": strings.ToUpper(rp.id), "space": rp.id + " ", "NUL": rp.id + "\x00",
		"invalid UTF-8": rp.id + "\xff", "not sent": "", "long": strings.Repeat("x", 30<<10), "markup": "<script>alert(1)</script>",
		"quote": "' or 1=1 --", "path": "../" + rp.id,
	} {
		p := b.get(rp.ask(t, url.Values{"client_id": {id}}).url)
		if p.location() != nil {
			t.Errorf("client_id %s: redirects to %s", name, p.location())
			continue
		}
		p.wantProblem(http.StatusBadRequest, "invalid_client")
	}
	// Sent twice, neither can be trusted, even if both are right.
	for _, name := range []string{"client_id", "redirect_uri"} {
		a := rp.ask(t, nil)
		again := url.Values{name: {b.parse(a.url).Query().Get(name)}}.Encode()
		b.get(a.url+"&"+again).wantProblem(http.StatusBadRequest, "invalid_request")
	}
	b.get(rp.ask(t, nil).url+"&x=%zz").wantProblem(http.StatusBadRequest, "invalid_request")
}

// A right client hears of everything else at its redirect URI, with its state
// and our issuer, and nothing of what it sent is thrown back at it.
func TestWrongParametersAreToldToTheClient(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	rp := s.newClient(t, nil)
	b := s.browser(t)
	const script = `"><script>alert(1)</script>`
	for name, tt := range map[string]struct {
		change url.Values
		raw    string // appended to the query
		want   string
		state  bool // comes back
	}{
		"response type":        {change: url.Values{"response_type": {"token"}}, want: "unsupported_response_type", state: true},
		"no response type":     {change: url.Values{"response_type": {""}}, want: "invalid_request", state: true},
		"scope":                {change: url.Values{"scope": {"nonsense " + script}}, want: "invalid_scope", state: true},
		"prompt":               {change: url.Values{"prompt": {script}}, want: "invalid_request", state: true},
		"prompt none and more": {change: url.Values{"prompt": {"none login"}}, want: "invalid_request", state: true},
		"prompt none":          {change: url.Values{"prompt": {"none"}}, want: "login_required", state: true},
		"max_age":              {change: url.Values{"max_age": {script}}, want: "invalid_request", state: true},
		"negative max_age":     {change: url.Values{"max_age": {"-1"}}, want: "invalid_request", state: true},
		"claims":               {change: url.Values{"claims": {script}}, want: "invalid_request", state: true},
		"hint":                 {change: url.Values{"id_token_hint": {script}}, want: "invalid_request", state: true},
		"account type":         {change: url.Values{"account_type": {script}}, want: "invalid_request", state: true},
		"response mode":        {change: url.Values{"response_mode": {"fragment"}}, want: "invalid_request", state: true},
		"plain PKCE":           {change: url.Values{"code_challenge_method": {"plain"}}, want: "invalid_request", state: true},
		"no PKCE":              {change: url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, want: "invalid_request", state: true},
		"request object":       {change: url.Values{"request": {"e30.e30."}}, want: "request_not_supported", state: true},
		"request_uri":          {change: url.Values{"request_uri": {"https://a.example/r"}}, want: "request_uri_not_supported", state: true},
		"scope twice":          {raw: "&scope=openid", want: "invalid_request", state: true},
		"unknown twice":        {raw: "&x=1&x=2", want: "invalid_request", state: true},
		"state twice":          {raw: "&state=another", want: "invalid_request"},
		"NUL":                  {change: url.Values{"nonce": {"a\x00b"}}, want: "invalid_request", state: true},
		"invalid UTF-8":        {change: url.Values{"nonce": {"\xff\xfe"}}, want: "invalid_request", state: true},
		"long nonce":           {change: url.Values{"nonce": {strings.Repeat("n", 20<<10)}}, want: "invalid_request", state: true},
		"long state":           {change: url.Values{"state": {strings.Repeat("s", 20<<10)}}, want: "invalid_request"},
	} {
		a := rp.ask(t, tt.change)
		p := b.get(a.url + tt.raw)
		to := p.location()
		if to == nil || !strings.HasPrefix(to.String(), rp.redirectURI+"?") {
			t.Errorf("%s: %d to %v", name, p.status, to)
			continue
		}
		query := to.Query()
		if query.Get("error") != tt.want || query.Get("iss") != s.issuer || query.Has("code") {
			t.Errorf("%s: answers %v, want %s", name, query, tt.want)
		}
		if tt.state != (query.Get("state") == a.state) || !tt.state && query.Has("state") {
			t.Errorf("%s: state %q", name, query.Get("state"))
		}
		if d := query.Get("error_description"); strings.ContainsAny(d, "<>\"\\") || strings.Contains(d, "alert") {
			t.Errorf("%s: error_description %q", name, d)
		}
	}
}

// state comes back byte for byte, whatever it is.
func TestStateComesBackByteForByte(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b := s.browser(t)
		rp.signIn(t, b, software)
		for _, state := range []string{
			"a b+c%20d%2Bé", `"><script>alert(1)</script>`, "&code=forged&iss=https://evil.example", "#fragment", strings.Repeat("s", 4000), "中文\t\u202e", "x\r\ny",
		} {
			a := rp.ask(t, url.Values{"state": {state}})
			query := b.until(a.url, rp.redirectURI).Query()
			if query.Get("state") != state || len(query["code"]) != 1 || query.Get("iss") != s.issuer {
				t.Errorf("state %.40q: answered %v", state, query)
			}
		}
		// And none for none.
		if query := b.until(rp.ask(t, url.Values{"state": {""}}).url, rp.redirectURI).Query(); query.Has("state") {
			t.Errorf("a state from nowhere: %v", query)
		}
	})
}

// By POST, from the client's own page, it works as by GET (OIDC Core §3.1.2.1);
// no cookie comes with it.
func TestAuthorizeByCrossSitePost(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b := s.browser(t)
		from := &page{browser: b, url: b.parse("http://" + portalHost + ":9/")}
		post := func(a asking) request {
			u := b.parse(a.url)
			body := u.RawQuery
			u.RawQuery = ""
			return request{method: http.MethodPost, url: u, from: from, body: body, kind: "application/x-www-form-urlencoded"}
		}
		a := rp.ask(t, nil)
		first := b.send(post(a))
		if first.status != http.StatusSeeOther {
			t.Fatalf("POST: %d", first.status)
		}
		to := b.follow(post(a), "").want(http.StatusOK, "login-enterprise").credentials(software.account, demoPassword).until(rp.redirectURI)
		rp.redeem(t, a, a.answer(t, s, to))
		// Signed in, it goes through at once.
		a = rp.ask(t, nil)
		to = b.follow(post(a), rp.redirectURI).wantRedirectTo(rp.redirectURI)
		rp.redeem(t, a, a.answer(t, s, to))
		// What was posted in one browser is the first one's that goes on with it.
		a = rp.ask(t, nil)
		resume := b.send(post(a)).location()
		b.until(resume.String(), rp.redirectURI)
		other := s.browser(t)
		other.open(s.url("/login/enterprise"))
		other.open(resume.String()).wantProblem(http.StatusForbidden, "flow_elsewhere")
	})
}

// form_post is a page that a browser sends on (OAuth 2.0 Form Post Response Mode).
func TestFormPost(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b := s.browser(t)
		a := rp.ask(t, url.Values{"response_mode": {"form_post"}, "state": {`"><script>alert(1)</script>`}})
		p := b.open(a.url).signIn(software.account, demoPassword).want(http.StatusOK, "form-post")
		f := p.form("submit")
		if f.action.String() != rp.redirectURI || f.values.Get("iss") != s.issuer || f.values.Get("state") != `"><script>alert(1)</script>` || f.values.Has("csrf") {
			t.Errorf("sends %v to %s", f.values, f.action)
		}
		s.ledger.keep("code", f.values.Get("code"))
		rp.redeem(t, a, f.values.Get("code"))
		p = b.get(rp.ask(t, url.Values{"response_mode": {"form_post"}, "prompt": {"none"}, "max_age": {"0"}}).url).want(http.StatusOK, "form-post")
		if got := p.form("submit").values.Get("error"); got != "login_required" {
			t.Errorf("error %q", got)
		}
	})
}

// Whatever comes in bodies and addresses of up to 64 KiB and beyond, it is
// answered in the right tone.
func TestLongParameters(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	rp := s.newClient(t, nil)
	b := s.browser(t)
	for _, name := range []string{"state", "nonce", "scope", "client_id", "redirect_uri", "login_hint", "claims", "x"} {
		for _, size := range []int{60 << 10, 64 << 10, 200 << 10} {
			a := rp.ask(t, url.Values{name: {strings.Repeat("z", size)}})
			u := b.parse(a.url)
			body := u.RawQuery
			byGet := b.get(a.url)
			u.RawQuery = ""
			byPost := b.send(request{method: http.MethodPost, url: u, body: body, kind: "application/x-www-form-urlencoded"})
			for _, p := range []*page{byGet, byPost} {
				if p.status < 300 || p.status >= 500 {
					t.Errorf("%s of %d bytes: %d", name, size, p.status)
				}
				if to := p.location(); to != nil && strings.Contains(to.String(), "zzzz") {
					t.Errorf("%s of %d bytes: is sent on", name, size)
				}
			}
		}
	}
	req, err := http.NewRequest(http.MethodPost, s.url("/oauth2/token"), strings.NewReader("grant_type="+strings.Repeat("z", 100<<10)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, _, body := s.api(t, req); status != http.StatusRequestEntityTooLarge && status != http.StatusBadRequest {
		t.Errorf("a long token request: %d %s", status, body)
	}
}

// Nothing that comes in goes out as markup.
func TestNothingIsReflectedUnescaped(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	const marker = "zq7x"
	evil := fmt.Sprintf(`'"><script>%s</script><img src=x onerror=%s>{{%s}}`, marker, marker, marker)
	rp := s.newClient(t, map[string]any{"client_name": evil})
	b := s.browser(t)
	b.language = evil
	e := url.QueryEscape(evil)
	login := b.open(rp.ask(t, url.Values{"login_hint": {evil}, "ui_locales": {evil}, "enterprise_hint": {evil}, "display": {evil}}).url).
		want(http.StatusOK, "login-enterprise")
	pages := []*page{login}
	f := login.form("submit").set("account", evil).set("password", evil).set("captcha", evil)
	pages = append(pages, f.send(), f.forge("csrf", evil).send(), f.forge("flow", evil).send())
	for _, path := range []string{
		"/login/enterprise?flow=" + e, "/login/enterprise?notice=" + e, "/consent?flow=" + e, "/login/other?flow=" + e, "/logout?flow=" + e,
		"/oauth2/authorize?client_id=" + e, "/oauth2/authorize/resume?flow=" + e, "/oauth2/logout?client_id=" + e, "/oauth2/logout?id_token_hint=" + e,
		"/oauth2/logout?post_logout_redirect_uri=" + e, "/preferences?lang=" + e + "&return=" + e, "/simulator/?captcha_id=" + e,
		"/captcha/" + e, "/static/" + e, "/" + e, "/center/sessions?ended=" + e, "/oauth2/logout?flow=" + e,
	} {
		pages = append(pages, b.get(s.url(path)))
	}
	b.signInDirectly(software)
	pages = append(pages, b.get(rp.ask(t, url.Values{"prompt": {"consent"}}).url))
	pages = append(pages, b.open(rp.ask(t, url.Values{"prompt": {"consent"}}).url), b.open(s.url("/center/sessions?ended="+e)))
	for _, p := range pages {
		if strings.Contains(string(p.body), "<script>"+marker) || strings.Contains(string(p.body), "onerror="+marker+">") {
			t.Errorf("%s: reflects what was sent", p.url)
		}
		if to := p.location(); to != nil && to.Host != s.host() && !strings.HasPrefix(to.String(), rp.redirectURI) {
			t.Errorf("%s: leads to %s", p.url, to)
		}
	}
}
