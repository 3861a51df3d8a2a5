package flowtest

import (
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// unavailableWithin is how soon somebody is told that a store does not answer: a
// second (contract), and what a busy machine adds.
const unavailableWithin = 1500 * time.Millisecond

// notReadyWithin is how soon /readyz is red when a store is gone.
const notReadyWithin = 5 * time.Second

// Redis holds what is alive. Flushed in the middle of everything, people sign in
// again, and nothing that was spent or revoked comes alive.
func TestRedisFlushed(t *testing.T) {
	t.Parallel()
	forgetful := func(t *testing.T, s *site) {
		t.Helper()
		if err := s.stores.server.do("FLUSHALL"); err != nil {
			t.Fatal(err)
		}
	}
	s := ownSite(t, backendNamed(onRedis), setup{ownRedis: true, portals: true, settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}})
	afterLoss(t, s, forgetful)
}

// The same for a Redis that is away for a while and comes back empty.
func TestRedisRestarted(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onRedis), setup{
		ownRedis: true, portals: true, faults: true, settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"},
	})
	afterLoss(t, s, func(t *testing.T, s *site) {
		t.Helper()
		if err := s.stores.server.stop(); err != nil {
			t.Fatal(err)
		}
		s.wantUnavailable(t)
		if err := s.stores.server.start(); err != nil {
			t.Fatal(err)
		}
		s.wantReady(t)
	})
}

// wantUnavailable checks how a site answers whose store has gone: soon, with a
// page, and every replica says that it is not ready.
func (s *site) wantUnavailable(t *testing.T) {
	t.Helper()
	began := time.Now()
	b := s.browser(t)
	var p *page
	if took := elapsed(func() { p = b.open(s.url("/login/enterprise")) }); took > unavailableWithin {
		t.Errorf("the answer took %s", took)
	}
	p.wantProblem(http.StatusServiceUnavailable, "unavailable")
	if p.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	for _, r := range s.replicas {
		waitUntil(t, notReadyWithin-time.Since(began)+unavailableWithin, r.name+" is not ready", func() bool {
			return s.status(r, "/readyz") == http.StatusServiceUnavailable
		})
		if got := s.status(r, "/livez"); got != http.StatusOK {
			t.Errorf("%s: /livez: %d", r.name, got)
		}
	}
}

func (s *site) wantReady(t *testing.T) {
	t.Helper()
	for _, r := range s.replicas {
		waitUntil(t, 10*time.Second, r.name+" is ready again", func() bool { return s.status(r, "/readyz") == http.StatusOK })
	}
}

// afterLoss is what must hold whatever way Redis forgot everything.
func afterLoss(t *testing.T, s *site, lose func(*testing.T, *site)) {
	rp := s.newClient(t, nil)
	// Somebody is signed in, at a portal too; one is in the middle of it; one has
	// a code not yet redeemed, one that was, tokens that were revoked.
	inside, midway, waiting := s.browser(t), s.browser(t), s.browser(t)
	inside.enter(s.hall).signIn(software.account, demoPassword).want(http.StatusOK, "portal-me")
	spent := rp.ask(t, nil)
	spentCode := spent.answer(t, s, inside.until(spent.url, rp.redirectURI))
	token, _ := rp.redeem(t, spent, spentCode)
	kept, _ := rp.silently(t, inside)
	revoked, _ := rp.silently(t, inside)
	if status, answer := rp.post(t, "/oauth2/revoke", map[string][]string{"token": {revoked.RefreshToken}}); status != http.StatusOK {
		t.Fatalf("revoke: %d %v", status, answer)
	}
	form := midway.open(rp.ask(t, nil).url).credentials(software.account, demoPassword)
	unspent := rp.ask(t, nil)
	unspentCode := unspent.answer(t, s, waiting.open(unspent.url).credentials(software.account, demoPassword).until(rp.redirectURI))
	waiting.jar = inside.jar // the unspent code's browser is not looked at again

	lose(t, s)

	// Whoever was in the middle is told so, and can begin again.
	midway.open(form.page.url.String()).wantProblem(http.StatusGone, "flow_expired")
	form.send().wantProblem(http.StatusGone, "flow_expired")
	a := rp.ask(t, nil)
	to := midway.open(a.url).want(http.StatusOK, "login-enterprise").credentials(software.account, demoPassword).until(rp.redirectURI)
	rp.redeem(t, a, a.answer(t, s, to))
	// Whoever was in signs in again.
	inside.open(s.url("/")).want(http.StatusOK, "login-enterprise")
	inside.signInDirectly(software)
	// What was granted is remembered: tokens live on, and what was dead is dead.
	s.checkRemembered(t, rp, kept, map[string]*oauth2.Token{"revoked": revoked})
	for name, form := range map[string]map[string][]string{
		"spent": spent.redemption(rp, spentCode), "unspent": unspent.redemption(rp, unspentCode),
	} {
		if status, answer := rp.post(t, "/oauth2/token", form); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("a code that was %s: %d %v", name, status, answer)
		}
	}
	// Replaying the spent one still ends what it gave.
	waitUntil(t, commandWithin, "the tokens of a code used twice are dead", func() bool { return !rp.active(t, token.AccessToken) })
	// The portal notices nothing but its next sign-in.
	inside.open(s.hall.url+"/me").want(http.StatusOK, "portal-me")
}

func (s *site) checkRemembered(t *testing.T, rp *relyingParty, kept *oauth2.Token, dead map[string]*oauth2.Token) {
	t.Helper()
	if !rp.active(t, kept.AccessToken) {
		t.Error("a token that was alive is dead")
	}
	if status, answer := rp.refreshed(t, kept.RefreshToken); status != http.StatusOK {
		t.Errorf("refresh: %d %v", status, answer)
	}
	for name, token := range dead {
		if rp.active(t, token.AccessToken) {
			t.Errorf("a token that was %s is alive", name)
		}
		if status, answer := rp.refreshed(t, token.RefreshToken); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("refresh of what was %s: %d %v", name, status, answer)
		}
	}
}

// Postgres is away: nobody waits long for an answer, revocation does not lie,
// and it all works again by itself.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onRedis), setup{portals: true, faults: true, settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}})
	rp := s.newClient(t, nil)
	b := s.browser(t)
	b.enter(s.hall).signIn(software.account, demoPassword).want(http.StatusOK, "portal-me")
	token, _ := rp.silently(t, b)
	pending := rp.ask(t, nil)
	code := pending.answer(t, s, b.until(pending.url, rp.redirectURI))
	form := s.browser(t).open(s.url("/login/enterprise")).credentials(software.account, demoPassword)

	s.stores.tunnel.freeze()
	soon := func(what string, f func()) {
		t.Helper()
		if took := elapsed(f); took > unavailableWithin {
			t.Errorf("%s took %s", what, took)
		}
	}
	soon("the start page", func() { b.open(s.url("/")).wantProblem(http.StatusServiceUnavailable, "unavailable") })
	soon("signing in", func() { form.send().wantProblem(http.StatusServiceUnavailable, "unavailable") })
	soon("an authorization", func() { b.open(rp.ask(t, nil).url).wantProblem(http.StatusServiceUnavailable, "unavailable") })
	for path, form := range map[string]map[string][]string{
		"/oauth2/token":      pending.redemption(rp, code),
		"/oauth2/introspect": {"token": {token.AccessToken}},
		"/oauth2/revoke":     {"token": {token.RefreshToken}}, // RFC 7009 §2.2.1
	} {
		soon(path, func() {
			if status, answer := rp.post(t, path, form); status != http.StatusServiceUnavailable || answer["error"] != "temporarily_unavailable" {
				t.Errorf("%s: %d %v", path, status, answer)
			}
		})
	}
	for _, r := range s.replicas {
		waitUntil(t, notReadyWithin, r.name+" is not ready", func() bool { return s.status(r, "/readyz") == http.StatusServiceUnavailable })
		// What needs no store goes on.
		for _, path := range []string{"/livez", "/oauth2/jwks", "/.well-known/openid-configuration"} {
			if got := s.status(r, path); got != http.StatusOK {
				t.Errorf("%s: %s: %d", r.name, path, got)
			}
		}
	}
	s.stores.tunnel.thaw()
	s.wantReady(t)

	b.open(s.url("/")).want(http.StatusOK, "home")
	if !rp.active(t, token.AccessToken) {
		t.Error("a token did not survive")
	}
	// The code was taken before the database was asked to remember it: it is gone
	// rather than good twice. A new one works.
	if status, answer := rp.post(t, "/oauth2/token", pending.redemption(rp, code)); status == http.StatusOK {
		t.Logf("the code survived: %v", answer["scope"])
	} else if answer["error"] != "invalid_grant" {
		t.Errorf("the code: %d %v", status, answer)
	}
	rp.silently(t, b)
	b.open(s.hall.url+"/me").want(http.StatusOK, "portal-me")
	s.browser(t).signInDirectly(builder)
}
