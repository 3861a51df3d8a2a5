package pages_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/templates"
)

func TestSigningInDirectlyLeadsToTheStartPage(t *testing.T) {
	for _, account := range []string{firm, "JLShiLi01", firmUSCC, strings.ToLower(firmUSCC), "９１２２０１０２ＭＡ０ＴＥ５Ｔ１６９", " " + firm + " "} {
		b := newHouse(t).browser()
		b.get("/").leads(loginPath)
		b.try(account, password).leads("/")
		home := b.get("/").is(200, "page-home")
		for _, want := range []string{firmName, firmUSCC, firm} {
			if !strings.Contains(home.body, want) {
				t.Errorf("%q: the start page does not show %q", account, want)
			}
		}
		b.get(loginPath).leads("/")
	}
}

func TestSigningInForAPortal(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	login := b.authorize("hall", "login_hint", firm).leads(loginPath + "?flow=")
	form := b.get(login).is(200, "page-login-enterprise")
	if !strings.Contains(form.body, "人社网上办事大厅") {
		t.Error("the page does not say which portal asks")
	}
	if got := form.field("account"); got != firm {
		t.Errorf("login_hint: the account shows %q", got)
	}
	resume := b.post(loginPath, b.fill(form, firm, password)).leads("/oauth2/authorize/resume?flow=")
	got := b.arrive(resume)
	if got.Get("code") == "" || got.Get("state") != "state-of-hall" {
		t.Errorf("the portal got %v", got)
	}
	// A second portal gets in without a page.
	if next, _ := url.Parse(b.authorize("medical").leads(callback)); next.Query().Get("code") == "" {
		t.Errorf("the second portal got %v", next)
	}
}

func TestHintsAreTextOnly(t *testing.T) {
	b := newHouse(t).browser()
	hostile := `"><script>alert(1)</script>` + "\u0085" + strings.Repeat("a", 300)
	form := b.get(b.authorize("hall", "login_hint", hostile).leads(loginPath)).is(200, "page-login-enterprise")
	if got := form.field("account"); !strings.HasPrefix(got, `"><script>alert(1)</script>aaa`) || len(got) > 64 {
		t.Errorf("the account shows %q", got)
	}
	if strings.Contains(form.body, "<script>alert") {
		t.Error("the hint stands in the page unescaped")
	}
}

// Unknown account and wrong password must not be told apart: not by the answer,
// not by what the database is asked.
func TestUnknownAndWrongAreOneAnswer(t *testing.T) {
	h := newHouse(t)
	type result struct {
		status     int
		summary    string
		statements []string
	}
	results := map[string]result{}
	for name, account := range map[string]string{
		"unknown": "nobody001", "unknown USCC": "91220106MA770658XF", "wrong": firm, "pending": pendingUSCC, "frozen": "frozen001", "cancelled": "cancelled",
	} {
		b := h.browser()
		form := b.fill(b.get(loginPath), account, "wrong-password")
		var answer *page
		statements := h.asked(func() { answer = b.post(loginPath, form) })
		results[name] = result{answer.status, answer.summary(), statements}
		answer.is(422, "page-login-enterprise")
		if answer.field("account") != account {
			t.Errorf("%s: the account was not kept: %q", name, answer.field("account"))
		}
		if strings.Contains(answer.body, "wrong-password") {
			t.Errorf("%s: the password is in the answer", name)
		}
	}
	want := results["wrong"]
	if want.summary != templates.Say(templates.Chinese, "refusal.wrong_credentials") {
		t.Errorf("the summary says %q", want.summary)
	}
	for name, got := range results {
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s differs from a wrong password:\n%s", name, diff)
		}
	}
}

func TestStatesAreToldAfterTheRightPassword(t *testing.T) {
	h := newHouse(t)
	for account, code := range map[string]string{pendingUSCC: "pending_activation", "frozen001": "frozen", "cancelled": "cancelled"} {
		b := h.browser()
		answer := b.try(account, password).is(422, "page-login-enterprise")
		want := templates.Say(templates.Chinese, "refusal."+code)
		if way := map[string]string{pendingUSCC: "activate", "cancelled": "appeal"}[account]; way != "" {
			want += " " + templates.Say(templates.Chinese, "way."+way)
		}
		if answer.summary() != want {
			t.Errorf("%s: %q, want %q", account, answer.summary(), want)
		}
		b.get("/").leads(loginPath)
	}
}

func TestEmptyAndOddFieldsAreFieldErrors(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	for name, c := range map[string]struct {
		change func(url.Values)
		fields []string
	}{
		"nothing typed":     {func(f url.Values) { f.Set("account", ""); f.Set("password", ""); f.Set("captcha", "") }, []string{"account", "password", "captcha"}},
		"fields left out":   {func(f url.Values) { f.Del("account"); f.Del("password") }, []string{"account", "password"}},
		"spaces":            {func(f url.Values) { f.Set("account", " \u3000 ") }, []string{"account"}},
		"NUL":               {func(f url.Values) { f.Set("account", firm+"\x00") }, []string{"account"}},
		"invalid UTF-8":     {func(f url.Values) { f.Set("account", firm+"\xff") }, []string{"account"}},
		"NUL in password":   {func(f url.Values) { f.Set("password", password+"\x00") }, []string{"password"}},
		"long account":      {func(f url.Values) { f.Set("account", strings.Repeat("a", 65)) }, []string{"account"}},
		"long password":     {func(f url.Values) { f.Set("password", strings.Repeat("a", 1025)) }, []string{"password"}},
		"wrong captcha":     {func(f url.Values) { f.Set("captcha", "x") }, []string{"captcha"}},
		"NUL in captcha":    {func(f url.Values) { f.Set("captcha", "\x00") }, []string{"captcha"}},
		"captcha id is odd": {func(f url.Values) { f.Set("captcha_id", "\x00\xff<") }, []string{"captcha"}},
	} {
		form := b.fill(b.get(loginPath), firm, password)
		c.change(form)
		answer := b.post(loginPath, form).is(422, "page-login-enterprise")
		var wrong []string
		for _, field := range []string{"account", "password", "captcha"} {
			if answer.byID(field+"-error") != nil {
				wrong = append(wrong, field)
			}
		}
		if !slices.Equal(wrong, c.fields) || answer.summary() == "" {
			t.Errorf("%s: errors at %v, want %v; summary %q", name, wrong, c.fields, answer.summary())
		}
	}
	b.get("/").leads(loginPath)
	b.signIn(firm) // none of it counted as a try
}

func TestWaitAfterFiveWrongPasswords(t *testing.T) {
	for _, account := range []string{firm, "nobody001"} {
		h := newHouse(t)
		for i := range 5 {
			if got := h.browser().try(account, "wrong"); got.status != 422 {
				t.Fatalf("%s: try %d: %d", account, i, got.status)
			}
		}
		waiting := h.browser().try(account, password).is(429, "page-login-enterprise")
		seconds, err := strconv.Atoi(waiting.header.Get("Retry-After"))
		if err != nil || seconds < 50 || seconds > 60 {
			t.Errorf("%s: Retry-After %q", account, waiting.header.Get("Retry-After"))
		}
		if !strings.Contains(waiting.summary(), templates.Say(templates.Chinese, "refusal.too_many_tries")) ||
			!strings.Contains(waiting.summary(), "请在") {
			t.Errorf("%s: the summary says %q", account, waiting.summary())
		}
		h.open() // counters survive a restart
		h.browser().try(account, password).is(429, "page-login-enterprise")
		h.forward(61 * time.Second)
		if got := h.browser().try(account, "wrong"); got.status != 422 {
			t.Errorf("%s: after the wait: %d", account, got.status)
		}
		waiting = h.browser().try(account, password).is(429, "page-login-enterprise")
		if seconds, _ = strconv.Atoi(waiting.header.Get("Retry-After")); seconds < 110 || seconds > 120 {
			t.Errorf("%s: the second wait is %d s", account, seconds)
		}
	}
}

func TestAKnownBrowserIsNotLockedOut(t *testing.T) {
	h := newHouse(t)
	mine := h.browser()
	mine.signIn(firm)
	mine.post("/logout", mine.get("/logout").form("logout-yes")).leads("/logged-out")
	for range 6 {
		h.browser().try(firmUSCC, "guess")
	}
	h.browser().try(firmUSCC, password).is(429, "page-login-enterprise")
	mine.signIn(firmUSCC)
	// A device cookie of our making is not enough for another account, and one
	// of somebody else's making for none.
	for range 6 {
		h.browser().try(builder, "guess")
	}
	mine.post("/logout", mine.get("/logout").form("logout-yes"))
	mine.try(builder, password).is(429, "page-login-enterprise")
	forger := h.browser()
	forger.header.Set("Cookie", "tongid_device=eyJkIjoieCIsImEiOlsiZW50LTIiXX0.AAAA")
	forger.try(builder, password).is(429, "page-login-enterprise")
}

func TestAddressesCountSeparately(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.header.Set("X-Forwarded-For", "198.51.100.7")
	var last *page
	for i := range 51 {
		last = b.try("nobody"+strconv.Itoa(100+i), "wrong")
	}
	last.is(429, "page-login-enterprise")
	b.try(firm, password).is(429, "page-login-enterprise")
	other := h.browser()
	other.header.Set("X-Forwarded-For", "198.51.100.8")
	other.signIn(firm)
}

// 20 wrong passwords at once: exactly five are tried.
func TestConcurrentTriesAreAllCounted(t *testing.T) {
	h := newHouse(t)
	const racers = 20
	var forms [racers]url.Values
	var browsers [racers]*browser
	for i := range racers {
		browsers[i] = h.browser()
		forms[i] = browsers[i].fill(browsers[i].get(loginPath), firm, "wrong")
	}
	var status [racers]int
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() { status[i] = browsers[i].post(loginPath, forms[i]).status })
	}
	wg.Wait()
	tried := 0
	for _, s := range status {
		if s == http.StatusUnprocessableEntity {
			tried++
		} else if s != http.StatusTooManyRequests {
			t.Errorf("a racer got %d", s)
		}
	}
	if tried != 5 {
		t.Errorf("%d tries were made, want 5", tried)
	}
}

func TestLimitsOff(t *testing.T) {
	h := newHouse(t, func(d *provider.Deps) { d.Config.Limits = false })
	for range 8 {
		h.browser().try(firm, "wrong").is(422, "page-login-enterprise")
	}
	h.browser().signIn(firm)
}

func TestSubmittingTwiceLeadsWhereTheFirstLed(t *testing.T) {
	b := newHouse(t).browser()
	login := b.authorize("hall").leads(loginPath)
	form := b.fill(b.get(login), firm, password)
	resume := b.post(loginPath, form).leads("/oauth2/authorize/resume")
	b.post(loginPath, form).leads(resume) // before the flow goes on
	first := b.arrive(resume)
	b.post(loginPath, form).leads(resume) // after it ended
	b.get(login).leads(resume)            // the back button
	if again := b.arrive(resume); again.Get("code") != first.Get("code") {
		t.Error("the second submit got another code")
	}
	// Without a portal as well.
	b = b.house.browser()
	form = b.fill(b.get(loginPath), firm, password)
	b.post(loginPath, form).leads("/")
	b.post(loginPath, form).leads("/")
}

func TestTwoTabsOfTwoPortals(t *testing.T) {
	b := newHouse(t).browser()
	first := b.authorize("hall").leads(loginPath)
	second := b.authorize("medical").leads(loginPath)
	firstForm, secondForm := b.get(first), b.get(second)
	got := b.arrive(b.post(loginPath, b.fill(secondForm, firm, password)).leads("/oauth2"))
	if got.Get("state") != "state-of-medical" || got.Get("code") == "" {
		t.Errorf("the second tab's portal got %v", got)
	}
	got = b.arrive(b.post(loginPath, b.fill(firstForm, builder, password)).leads("/oauth2"))
	if got.Get("state") != "state-of-hall" || got.Get("code") == "" {
		t.Errorf("the first tab's portal got %v", got)
	}
	if home := b.get("/"); !strings.Contains(home.body, "示例建筑") {
		t.Error("the last one to sign in is not signed in")
	}
}

func TestAFlowStaysInItsBrowser(t *testing.T) {
	h := newHouse(t)
	mine, theirs := h.browser(), h.browser()
	login := mine.authorize("hall").leads(loginPath)
	theirs.get("/login/enterprise").is(200, "page-login-enterprise")
	theirs.get(login).problem(403, "flow_elsewhere")
	form := theirs.fill(theirs.get(loginPath), firm, password)
	form.Set("flow", strings.TrimPrefix(login, loginPath+"?flow="))
	theirs.post(loginPath, form).problem(403, "flow_elsewhere")
	mine.get(login).is(200, "page-login-enterprise")
}

func TestAFlowExpires(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	login := b.authorize("hall").leads(loginPath)
	form := b.fill(b.get(login), firm, password)
	h.forward(16 * time.Minute)
	b.get(login).problem(410, "flow_expired")
	b.post(loginPath, form).problem(410, "flow_expired")
	for _, odd := range []string{"unknown", "%00", "%3Cscript%3E", strings.Repeat("a", 4000)} {
		b.get(loginPath+"?flow="+odd).problem(410, "flow_expired")
	}
	form.Set("flow", "\x00<")
	b.post(loginPath, form).problem(410, "flow_expired")
	form.Set("flow", "")
	b.post(loginPath, form).problem(410, "flow_expired")
}

func TestCookiesOffIsTold(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	login := b.authorize("hall").leads(loginPath)
	form := b.fill(b.get(login), firm, password)
	off := h.browser()
	off.client.Jar = nil
	off.get(login).problem(400, "cookies_off")
	off.post(loginPath, form).problem(400, "cookies_off")
	off.get(loginPath).is(200, "page-login-enterprise")
}

func TestANewSessionAtEverySignIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	session := func() string {
		u, _ := url.Parse(h.server.URL)
		for _, c := range b.client.Jar.Cookies(u) {
			if c.Name == "tongid_session" {
				return c.Value
			}
		}
		return ""
	}
	fixed := strings.Repeat("A", 43)
	b.header.Set("Cookie", "tongid_session="+fixed)
	form := b.fill(b.get(loginPath), firm, password)
	b.post(loginPath, form).leads("/")
	b.header.Del("Cookie")
	first := session()
	if first == "" || first == fixed {
		t.Fatalf("session %q", first)
	}
	// prompt=login asks again although somebody is signed in.
	login := b.authorize("hall", "prompt", "login").leads(loginPath)
	again := b.get(login).is(200, "page-login-enterprise")
	if !strings.Contains(again.body, templates.Say(templates.Chinese, "login.notice.reauthenticate")) {
		t.Error("the page does not say why it asks again")
	}
	b.arrive(b.post(loginPath, b.fill(again, firm, password)).leads("/oauth2"))
	if second := session(); second == first {
		t.Error("the session's secret is the same after signing in again")
	}
	old := h.browser()
	old.header.Set("Cookie", "tongid_session="+first)
	old.get("/").leads(loginPath)
}

func TestSessionsEndByTheClock(t *testing.T) {
	for name, c := range map[string]struct {
		step  time.Duration
		steps int
		alive int // steps that find the session alive
	}{
		"idle":     {31 * time.Minute, 1, 0},
		"used":     {29 * time.Minute, 5, 5},
		"absolute": {25 * time.Minute, 30, 28}, // 12 h are 28.8 steps
	} {
		h := newHouse(t)
		b := h.browser()
		b.signIn(firm)
		alive := 0
		for range c.steps {
			h.forward(c.step)
			if b.get("/").status == 200 {
				alive++
			}
		}
		if alive != c.alive {
			t.Errorf("%s: alive %d times, want %d", name, alive, c.alive)
		}
		if c.alive < c.steps {
			login := b.get("/").leads(loginPath + "?notice=expired")
			if !strings.Contains(b.get(login).body, templates.Say(templates.Chinese, "login.notice.expired")) {
				t.Errorf("%s: the page does not say that the session expired", name)
			}
		}
	}
}

func TestCookieAttributes(t *testing.T) {
	for _, https := range []bool{false, true} {
		h := newHouse(t, func(d *provider.Deps) {
			if https {
				d.Config.Issuer = strings.Replace(d.Config.Issuer, "http:", "https:", 1)
			}
		})
		b := h.browser()
		b.client.Jar = nil
		login := b.get(loginPath)
		var sent []string
		for _, line := range login.header.Values("Set-Cookie") {
			pair, _, _ := strings.Cut(line, ";")
			sent = append(sent, pair)
		}
		b.header.Set("Cookie", strings.Join(sent, "; "))
		answer := b.post(loginPath, b.fill(login, firm, password))
		lines := append(login.header.Values("Set-Cookie"), answer.header.Values("Set-Cookie")...)
		if len(lines) != 3 {
			t.Errorf("https %v: %d cookies, want browser, session and device: %q", https, len(lines), lines)
		}
		for _, line := range lines {
			if !strings.Contains(line, "; HttpOnly") || !strings.Contains(line, "; SameSite=Lax") || !strings.Contains(line, "; Path=/") ||
				strings.Contains(line, "Domain") || strings.Contains(line, "; Secure") != https || strings.HasPrefix(line, "__Host-tongid_") != https {
				t.Errorf("https %v: %s", https, line)
			}
		}
	}
}

func TestCaptchaOff(t *testing.T) {
	h := newHouse(t, func(d *provider.Deps) { d.Config.Captcha = false })
	b := h.browser()
	form := b.get(loginPath).form("submit")
	if form.Has("captcha_id") || form.Has("captcha") {
		t.Error("the form asks for a captcha")
	}
	form.Set("account", firm)
	form.Set("password", password)
	b.post(loginPath, form).leads("/")
}

func TestOnlyWhatIsBuiltIsShown(t *testing.T) {
	b := newHouse(t).browser()
	pages := []*page{b.get(loginPath), b.get("/logged-out"), b.get("/nowhere"), b.get("/simulator/")}
	b.signIn(firm)
	for _, path := range []string{"/", "/center/sessions", "/logout"} {
		pages = append(pages, b.get(path).is(200, b.get(path).id()))
	}
	for _, p := range pages {
		for _, n := range p.find(func(n *html.Node) bool { return n.Data == "a" }) {
			href := attr(n, "href")
			if strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") {
				if got := b.get(href); got.status >= 400 {
					t.Errorf("%s: a dead link: %s leads to %d", p.path, href, got.status)
				}
			}
		}
	}
}

func TestEveryCodeHasASentence(t *testing.T) {
	for _, code := range []accounts.Code{
		accounts.CodeCredentials, accounts.CodePendingActivation, accounts.CodeFrozen, accounts.CodeCancelled,
		"required", "invalid", "too_many_tries", "captcha_wrong", "captcha_expired", "session_gone",
	} {
		if !templates.Has("refusal." + string(code)) {
			t.Errorf("no sentence for %q", code)
		}
	}
	for _, notice := range []string{"expired", "reauthenticate", "switch"} {
		if !templates.Has("login.notice." + notice) {
			t.Errorf("no sentence for %q", notice)
		}
	}
}
