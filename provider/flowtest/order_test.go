package flowtest

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// Two portals in two tabs of one browser do not get in each other's way.
func TestTwoTabs(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		one, two := s.newClient(t, nil), s.newClient(t, nil)
		a, c := one.ask(t, nil), two.ask(t, nil)
		left, right := b.open(a.url).want(http.StatusOK, "login-enterprise"), b.open(c.url).want(http.StatusOK, "login-enterprise")
		// The one begun first is finished last, and each gets its own answer.
		to := right.credentials(software.account, demoPassword).until(two.redirectURI)
		two.redeem(t, c, c.answer(t, s, to))
		to = left.credentials(software.account, demoPassword).until(one.redirectURI)
		one.redeem(t, a, a.answer(t, s, to))

		// One that was opened before signing in elsewhere goes through without a
		// password when it is opened again.
		b = s.browser(t)
		a, c = one.ask(t, nil), two.ask(t, nil)
		left = b.open(a.url)
		b.open(c.url).credentials(software.account, demoPassword).until(two.redirectURI)
		to = b.until(s.url("/oauth2/authorize/resume?flow="+left.url.Query().Get("flow")), one.redirectURI)
		one.redeem(t, a, a.answer(t, s, to))
	})
}

// A sign-in goes on in the browser in which it was begun, and in no other.
func TestAnotherBrowserCannotGoOn(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, map[string]any{"trusted": false})
		b, other := s.browser(t), s.browser(t)
		a := rp.ask(t, nil)
		login := b.open(a.url).want(http.StatusOK, "login-enterprise")
		flow := login.url.Query().Get("flow")
		other.signInDirectly(software)
		for _, path := range []string{"/login/enterprise", "/oauth2/authorize/resume", "/consent", "/login/other"} {
			other.open(s.url(path+"?flow="+flow)).wantProblem(http.StatusForbidden, "flow_elsewhere")
		}
		// Posting into it neither.
		other.signOut()
		f := other.open(s.url("/login/enterprise")).credentials(software.account, demoPassword)
		f.forge("flow", flow).send().wantProblem(http.StatusForbidden, "flow_elsewhere")

		consent := login.signIn(software.account, demoPassword).want(http.StatusOK, "consent")
		other.signInDirectly(software)
		g := other.open(s.url("/logout")).form("logout-yes")
		r := g.forge("flow", flow).forge("action", "allow").request()
		r.url = b.parse(s.url("/consent"))
		if p := other.send(r); p.status != http.StatusForbidden {
			t.Errorf("another browser consents: %d", p.status)
		}
		to := consent.form("consent-allow").until(rp.redirectURI)
		rp.redeem(t, a, a.answer(t, s, to))
		// Nor is what is finished answered again there.
		other.open(s.url("/oauth2/authorize/resume?flow="+flow)).wantProblem(http.StatusForbidden, "flow_elsewhere")
	})
}

// Sent twice, by a nervous finger or the back button, a form leads to where it
// led the first time.
func TestSecondSubmitGoesWhereTheFirstWent(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, map[string]any{"trusted": false})
		b := s.browser(t)
		a := rp.ask(t, nil)
		login := b.open(a.url)
		f := login.credentials(software.account, demoPassword)
		first := f.send()
		if first.status != http.StatusSeeOther {
			t.Fatalf("POST: %d", first.status)
		}
		again := f.send()
		if again.status != http.StatusSeeOther || again.location().String() != first.location().String() {
			t.Errorf("the second submit: %d to %v, the first went to %v", again.status, again.location(), first.location())
		}
		consent := b.open(first.location().String()).want(http.StatusOK, "consent")
		allow := consent.form("consent-allow")
		to := allow.until(rp.redirectURI)
		if second := allow.until(rp.redirectURI); second.String() != to.String() {
			t.Errorf("consent sent twice leads to %s, then %s", to, second)
		}
		// Back to the sign-in page, by address and by sending it once more.
		for range 2 {
			if back := b.until(login.url.String(), rp.redirectURI); back.String() != to.String() {
				t.Errorf("back leads to %s, want %s", back, to)
			}
			if back := f.until(rp.redirectURI); back.String() != to.String() {
				t.Errorf("the old form leads to %s, want %s", back, to)
			}
		}
		// The code is one, and good once.
		code := a.answer(t, s, to)
		token, _ := rp.redeem(t, a, code)
		if status, answer := rp.post(t, "/oauth2/token", a.redemption(rp, code)); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("the code a second time: %d %v", status, answer)
		}
		// Used twice, it takes along what it gave (RFC 6749 §4.1.2).
		waitUntil(t, commandWithin, "the tokens of a code used twice are dead", func() bool { return !rp.active(t, token.AccessToken) })

		// Without a portal as well.
		b = s.browser(t)
		f = b.open(s.url("/login/enterprise")).credentials(software.account, demoPassword)
		if one, two := f.send(), f.send(); one.status != http.StatusSeeOther || two.status != http.StatusSeeOther {
			t.Errorf("direct sign-in sent twice: %d, %d", one.status, two.status)
		}
	})
}

// redemption is the token request for a code.
func (a asking) redemption(rp *relyingParty, code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {rp.redirectURI}, "code_verifier": {a.verifier},
	}
}

// Saying no is an answer too, and it stays.
func TestConsentDenied(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, map[string]any{"trusted": false})
		b := s.browser(t)
		a := rp.ask(t, nil)
		consent := b.open(a.url).signIn(software.account, demoPassword).want(http.StatusOK, "consent")
		to := consent.form("consent-deny").until(rp.redirectURI)
		if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != a.state || q.Get("iss") != s.issuer || q.Has("code") {
			t.Errorf("denied: %v", q)
		}
		// Changing one's mind with the back button comes too late: it goes where the first
		// answer went, and gives no code.
		if again := consent.form("consent-allow").until(rp.redirectURI); again.String() != to.String() {
			t.Errorf("allowed after denied: %v, at first %v", again, to)
		}
		// The next time it is asked anew, and once allowed no more.
		a = rp.ask(t, nil)
		to = b.open(a.url).want(http.StatusOK, "consent").form("consent-allow").until(rp.redirectURI)
		rp.redeem(t, a, a.answer(t, s, to))
		rp.silently(t, b)
	})
}

// A client that takes only persons gets no enterprise, and no loop.
func TestWrongAccountType(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onRedis))
	rp := s.newClient(t, map[string]any{"account_types": []string{"person"}})
	b := s.browser(t)
	b.signInDirectly(software)
	a := rp.ask(t, nil)
	p := b.open(a.url).want(http.StatusOK, "wrong-account")
	to := p.form("submit").until(rp.redirectURI)
	if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != a.state {
		t.Errorf("going back: %v", q)
	}
	if q := b.until(rp.ask(t, url.Values{"prompt": {"none"}}).url, rp.redirectURI).Query(); q.Get("error") != "interaction_required" {
		t.Errorf("prompt=none: %v", q)
	}
	if q := b.until(rp.ask(t, url.Values{"account_type": {"enterprise"}}).url, rp.redirectURI).Query(); q.Get("error") != "invalid_request" {
		t.Errorf("account_type=enterprise: %v", q)
	}
}

// What is begun and not finished ends after a quarter of an hour, and what never
// was is no better.
func TestFlowsExpire(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, strict(), func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b := s.browser(t)
		login := b.open(rp.ask(t, nil).url).want(http.StatusOK, "login-enterprise")
		a := rp.ask(t, nil)
		code := a.answer(t, s, b.open(a.url).credentials(software.account, demoPassword).until(rp.redirectURI))
		s.forward(t, 61*time.Second)
		if status, answer := rp.post(t, "/oauth2/token", a.redemption(rp, code)); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("a code of a minute ago: %d %v", status, answer)
		}
		s.forward(t, 15*time.Minute+time.Second)
		for _, path := range []string{
			login.url.String(), s.url("/oauth2/authorize/resume?flow=" + login.url.Query().Get("flow")), s.url("/consent?flow=nonsense"),
			s.url("/oauth2/authorize/resume"), s.url("/login/enterprise?flow=nonsense"), s.url("/logout?flow=nonsense"),
		} {
			b.open(path).wantProblem(http.StatusGone, "flow_expired")
		}
		f := b.open(s.url("/logout")).form("logout-yes")
		r := f.forge("flow", login.url.Query().Get("flow")).request()
		if p := b.send(r); p.status != http.StatusGone {
			t.Errorf("posting a flow of something else: %d", p.status)
		}
	})
}

// prompt and max_age ask again; a hint of somebody else does not hand over.
func TestSigningInAgain(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b := s.browser(t)
		token, id := rp.signIn(t, b, software)
		before := b.cookie("tongid_session")
		for _, change := range []url.Values{{"prompt": {"login"}}, {"max_age": {"0"}}, {"prompt": {"select_account"}}} {
			a := rp.ask(t, change)
			p := b.open(a.url).want(http.StatusOK, "login-enterprise")
			to := p.credentials(software.account, demoPassword).until(rp.redirectURI)
			_, again := rp.redeem(t, a, a.answer(t, s, to))
			if again.Subject != id.Subject || claim(t, again, "sid") == claim(t, id, "sid") {
				t.Errorf("%v: subject %s, sid %s", change, again.Subject, claim(t, again, "sid"))
			}
			if after := b.cookie("tongid_session"); after == before {
				t.Errorf("%v: the session keeps its secret", change)
			}
		}
		raw, _ := token.Extra("id_token").(string)
		a := rp.ask(t, url.Values{"id_token_hint": {raw}, "prompt": {"none"}})
		rp.redeem(t, a, a.answer(t, s, b.until(a.url, rp.redirectURI)))
	})
}
