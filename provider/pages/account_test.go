package pages_test

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tongid/tongid/templates"
)

const sessionsPath = "/center/sessions"

// rows are the sessions that the page lists, the browser's own first.
func rows(p *page) (ids []string, current string) {
	for _, n := range p.find(func(n *html.Node) bool { return attr(n, "data-session") != "" }) {
		ids = append(ids, attr(n, "data-session"))
		if strings.Contains(attr(n, "class"), "current") {
			current = attr(n, "data-session")
		}
	}
	return ids, current
}

// end is the form that ends one session.
func end(p *page, sid string) url.Values {
	return url.Values{"csrf": p.form("submit")["csrf"], "session": {sid}, "action": {"end"}}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	h := newHouse(t)
	desk, phone, stranger := h.browser(), h.browser(), h.browser()
	desk.header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/139.0 Safari/537.36")
	phone.header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36\xff<script>")
	phone.header.Set("X-Forwarded-For", "198.51.100.23")
	desk.signIn(firm)
	phone.signIn(firmUSCC)
	stranger.signIn(builder)
	_, strangers := rows(stranger.get(sessionsPath).is(200, "page-center-sessions"))

	list := desk.get(sessionsPath).is(200, "page-center-sessions")
	ids, mine := rows(list)
	if len(ids) != 2 || ids[0] != mine || !strings.Contains(list.body, "198.51.100.23") || !strings.Contains(list.body, "Android") {
		t.Fatalf("sessions %v, own %q", ids, mine)
	}
	if gone := desk.post(sessionsPath, end(list, strangers)).is(422, "page-center-sessions"); gone.summary() != says("session_gone") {
		t.Errorf("another account's session: %q", gone.summary())
	}
	stranger.get("/").is(200, "page-home")

	next := desk.post(sessionsPath, end(list, ids[1])).leads(sessionsPath + "?ended=1")
	if done := desk.get(next).is(200, "page-center-sessions"); !strings.Contains(done.body, templates.Say(templates.Chinese, "sessions.ended")) {
		t.Error("the page does not say that it is done")
	}
	phone.get("/").leads(loginPath)
	desk.post(sessionsPath, end(list, ids[1])).is(422, "page-center-sessions")
	desk.post(sessionsPath, end(list, mine)).leads("/logged-out")
	desk.get("/").leads(loginPath)
	desk.post(sessionsPath, end(list, mine)).leads(loginPath)
}

func TestEndingAllEndsEverything(t *testing.T) {
	h := newHouse(t)
	desk, phone, stranger := h.browser(), h.browser(), h.browser()
	desk.signIn(firm)
	phone.signIn(firm)
	stranger.signIn(builder)
	form := desk.get(sessionsPath).form("submit")
	if form.Get("action") != "end-all" {
		t.Fatalf("the main button is %q", form.Get("action"))
	}
	desk.post(sessionsPath, form).leads("/logged-out")
	desk.get("/").leads(loginPath)
	phone.get("/").leads(loginPath)
	phone.get(sessionsPath).leads(loginPath)
	stranger.get("/").is(200, "page-home")
	desk.signIn(firm)
	if ids, _ := rows(desk.get(sessionsPath)); len(ids) != 1 {
		t.Errorf("%d sessions are listed, want the new one alone", len(ids))
	}
	desk.post(sessionsPath, url.Values{"csrf": desk.get(sessionsPath).form("submit")["csrf"], "action": {"other"}}).
		problem(400, "invalid_request")
}

// What was granted in a session dies with it.
func TestEndedSessionsTakeTheirGrantsAlong(t *testing.T) {
	h := newHouse(t)
	b, other := h.browser(), h.browser()
	b.signIn(firm)
	other.signIn(firm)
	got, _ := url.Parse(b.authorize("hall").leads(callback))
	answer := b.do("POST", "/oauth2/token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {got.Query().Get("code")}, "redirect_uri": {callback},
	}.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic aGFsbDpzZWNyZXQ=")
	_, after, _ := strings.Cut(answer.body, `"access_token":"`)
	token, _, _ := strings.Cut(after, `"`)
	if token == "" {
		t.Fatalf("no token: %d %s", answer.status, answer.body)
	}
	userinfo := func() int { return b.get("/oauth2/userinfo", "Authorization", "Bearer "+token).status }
	if got := userinfo(); got != 200 {
		t.Fatalf("userinfo: %d", got)
	}
	list := other.get(sessionsPath)
	ids, mine := rows(list)
	for _, sid := range ids {
		if sid != mine {
			other.post(sessionsPath, end(list, sid)).leads(sessionsPath)
		}
	}
	if got := userinfo(); got != 401 {
		t.Errorf("userinfo after the session was ended: %d", got)
	}
}

func TestLogout(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.get("/logout").leads("/logged-out")
	b.get("/logged-out").is(200, "page-logged-out")
	b.signIn(firm)
	ask := b.get("/logout").is(200, "page-logout")
	b.get("/").is(200, "page-home") // asking ends nothing
	form := ask.form("logout-yes")
	b.post("/logout", url.Values{}).problem(403, "csrf")
	b.post("/logout", form).leads("/logged-out")
	b.get("/").leads(loginPath)
	b.get("/logout").leads("/logged-out")
}

func TestLogoutThatAPortalAskedFor(t *testing.T) {
	h := newHouse(t)
	b, other := h.browser(), h.browser()
	b.signIn(firm)
	other.signIn(firm)
	const request = "/oauth2/logout?client_id=hall&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fbye&state=s%2F1"
	ask := b.get(b.get(request).leads("/logout?flow=")).is(200, "page-logout")
	if !strings.Contains(ask.body, "人社网上办事大厅") || strings.Contains(ask.header.Get("Content-Security-Policy"), "form-action") {
		t.Error("the page does not name the portal, or would stop the way back to it")
	}
	form := ask.form("logout-yes")
	elsewhere := other.get("/logout").form("logout-yes")
	elsewhere.Set("flow", form.Get("flow"))
	other.get("/logout?flow="+form.Get("flow")).problem(403, "flow_elsewhere")
	b.get("/logout?flow=unknown").problem(410, "flow_expired")
	b.post("/logout", form).leads("http://127.0.0.1:9/bye?state=s%2F1")
	b.get("/").leads(loginPath)
	b.post("/logout", form).leads("/logged-out")
	other.get("/").is(200, "page-home")
	// The session ended while the page was open: nothing is left to ask.
	b.signIn(firm)
	page := b.get(request).leads("/logout?flow=")
	b.post("/logout", b.get("/logout").form("logout-yes"))
	b.get(page).leads("http://127.0.0.1:9/bye?state=s%2F1")
}

func TestConsent(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn(firm)
	path := b.authorize("asks").leads("/consent?flow=")
	ask := b.get(path).is(200, "page-consent")
	for _, want := range []string{"示例应用", firmName, "127.0.0.1:9", "https://www.example.com/policy"} {
		if !strings.Contains(ask.body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	form := ask.form("consent-allow")
	form.Set("action", "other")
	b.post("/consent", form).problem(400, "invalid_request")
	deny := b.post("/consent", ask.form("consent-deny")).leads("/oauth2/authorize/resume")
	if got := b.arrive(deny); got.Get("error") != "access_denied" {
		t.Errorf("denied: %v", got)
	}
	path = b.authorize("asks").leads("/consent?flow=")
	ask = b.get(path)
	resume := b.post("/consent", ask.form("consent-allow")).leads("/oauth2/authorize/resume")
	b.post("/consent", ask.form("consent-deny")).leads(resume) // too late
	first := b.arrive(resume)
	if first.Get("code") == "" {
		t.Errorf("allowed: %v", first)
	}
	b.post("/consent", ask.form("consent-allow")).leads(resume)
	b.get(path).leads(resume)
	b.authorize("asks").leads(callback) // remembered
}

func TestConsentCountsForTheSessionThatWasAsked(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn(firm)
	path := b.authorize("asks").leads("/consent?flow=")
	old := b.get(path).form("consent-allow")
	b.post("/logout", b.get("/logout").form("logout-yes"))
	b.get(path).leads("/oauth2/authorize/resume") // which asks to sign in
	b.signIn(builder)
	b.post("/consent", old).problem(403, "csrf")
	b.get(path).leads("/oauth2/authorize/resume")
	fresh := b.get(b.get("/oauth2/authorize/resume?"+strings.TrimPrefix(path, "/consent?")).leads("/consent")).is(200, "page-consent")
	if !strings.Contains(fresh.body, "示例建筑") {
		t.Error("the new session is not the one that is asked")
	}
	h.browser().get(path).leads("/oauth2/authorize/resume")
	b.get("/consent").problem(410, "flow_expired")
}

func TestWrongAccount(t *testing.T) {
	for clientID, reason := range map[string]string{"persons": "type", "schools": "legal_type"} {
		h := newHouse(t)
		b := h.browser()
		b.signIn(firm)
		path := b.authorize(clientID).leads("/login/other?flow=")
		shown := b.get(path).is(200, "page-wrong-account")
		if !strings.Contains(shown.body, firmName) {
			t.Errorf("%s: the page does not name the account", reason)
		}
		doors := shown.find(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), loginPath+"?flow=") })
		if want := map[string]int{"type": 0, "legal_type": 1}[reason]; len(doors) != want {
			t.Errorf("%s: %d doors, want %d", reason, len(doors), want)
		}
		for _, d := range doors { // another account of the same kind: no loop
			again := b.get(attr(d, "href")).is(200, "page-login-enterprise")
			if !strings.Contains(again.body, templates.Say(templates.Chinese, "login.notice.switch")) {
				t.Error("the page does not say why")
			}
			resume := b.post(loginPath, b.fill(again, builder, password)).leads("/oauth2")
			shown = b.get(b.get(resume).leads("/login/other")).is(200, "page-wrong-account")
		}
		form := shown.form("submit")
		resume := b.post("/login/other", form).leads("/oauth2/authorize/resume")
		if got := b.arrive(resume); got.Get("error") != "access_denied" || got.Get("state") != "state-of-"+clientID {
			t.Errorf("%s: the portal got %v", reason, got)
		}
		b.post("/login/other", form).leads("/oauth2/authorize/resume")
		b.get("/").is(200, "page-home")
	}
}
