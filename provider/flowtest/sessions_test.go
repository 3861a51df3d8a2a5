package flowtest

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/net/html"
	"golang.org/x/oauth2"
)

// sessionsOf reads the session page: the ids it lists, and which is this one.
func sessionsOf(p *page) (ids []string, current string) {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "tr" && attr(n, "data-session") != "" }) {
		ids = append(ids, attr(n, "data-session"))
		if attr(n, "class") == "current" {
			current = attr(n, "data-session")
		}
	}
	return ids, current
}

// endSession presses the button of one row.
func (p *page) endSession(id string) *form {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "tr" && attr(n, "data-session") == id }) {
		for b := range n.Descendants() {
			if b.Data == "button" {
				return p.formOf(b)
			}
		}
	}
	p.browser.t.Fatalf("the page lists no session %s", id)
	return nil
}

func claim(t *testing.T, id interface{ Claims(any) error }, name string) string {
	t.Helper()
	var all map[string]any
	if err := id.Claims(&all); err != nil {
		t.Fatal(err)
	}
	text, _ := all[name].(string)
	return text
}

// An account's sessions are seen and ended where it is signed in; what portals
// hold of them ends too. This is the one test that signs in as builder on the
// shared sites: it ends all of its sessions.
func TestSessionPage(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		here, there, third := s.browser(t), s.browser(t), s.browser(t)
		_, id := rp.signIn(t, here, builder)
		mine := claim(t, id, "sid")
		token, id := rp.signIn(t, there, builder)
		theirs := claim(t, id, "sid")
		rp.signIn(t, third, builder)

		list := here.open(s.url("/center/sessions")).want(http.StatusOK, "center-sessions")
		ids, current := sessionsOf(list)
		if len(ids) != 3 || ids[0] != mine || current != mine {
			t.Fatalf("lists %v, marks %s, want 3 with %s first", ids, current, mine)
		}

		// End the second: its browser and its portal's tokens are out at once.
		list = list.endSession(theirs).submit().want(http.StatusOK, "center-sessions")
		if ids, _ = sessionsOf(list); len(ids) != 2 {
			t.Errorf("still lists %v", ids)
		}
		there.open(s.url("/")).want(http.StatusOK, "login-enterprise")
		waitUntil(t, commandWithin, "the ended session's token is dead", func() bool { return !rp.active(t, token.AccessToken) })
		// An offline family lives on (contract); its new tokens are good.
		if code, answer := rp.refreshed(t, token.RefreshToken); code != http.StatusOK {
			t.Errorf("refresh after the session ended: %d %v", code, answer)
		}

		// What is not there, or another account's, cannot be ended.
		other := s.browser(t)
		_, id = rp.signIn(t, other, software)
		for _, sid := range []string{theirs, claim(t, id, "sid"), "nonsense"} {
			f := list.endSession(ids[1]).forge("session", sid)
			f.submit().want(http.StatusUnprocessableEntity, "center-sessions")
		}
		other.open(s.url("/")).want(http.StatusOK, "home")

		// All at once: everywhere, and offline families too.
		token, _ = rp.silently(t, here)
		list.click("submit").want(http.StatusOK, "logged-out")
		for _, b := range []*browser{here, third} {
			b.open(s.url("/")).want(http.StatusOK, "login-enterprise")
		}
		waitUntil(t, commandWithin, "every token is dead", func() bool { return !rp.active(t, token.AccessToken) })
		if code, _ := rp.refreshed(t, token.RefreshToken); code != http.StatusBadRequest {
			t.Errorf("refresh after signing out everywhere: %d", code)
		}
		other.open(s.url("/")).want(http.StatusOK, "home")
	})
}

// again signs a browser in anew at this client, whoever is signed in there.
func (rp *relyingParty) again(t *testing.T, b *browser, account, password string) (*oauth2.Token, *oidc.IDToken) {
	t.Helper()
	a := rp.ask(t, url.Values{"prompt": {"login"}})
	to := b.open(a.url).want(http.StatusOK, "login-enterprise").credentials(account, password).until(rp.redirectURI)
	return rp.redeem(t, a, a.answer(t, rp.site, to))
}

// Who proves again to be the same account stays signed in at the portals of before,
// and signing out is of all of them, by whichever portal's hint. Another account in
// the same browser ends what the one before had.
func TestSignedInTwice(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		first, second, b := s.newClient(t, nil), s.newClient(t, nil), s.browser(t)
		f := s.browser(t).ownFirm()
		early, id := first.again(t, b, f.account, goodPassword)
		late, other := second.again(t, b, f.account, goodPassword)
		if claim(t, id, "sid") == claim(t, other, "sid") {
			t.Error("the new session has the old one's sid")
		}
		if !first.active(t, early.AccessToken) || !second.active(t, late.AccessToken) {
			t.Error("signing in again signed out")
		}
		hint, _ := early.Extra("id_token").(string)
		b.open(s.url("/oauth2/logout?"+url.Values{"id_token_hint": {hint}}.Encode())).want(http.StatusOK, "logged-out")
		waitUntil(t, commandWithin, "both portals are signed out", func() bool {
			return !first.active(t, early.AccessToken) && !second.active(t, late.AccessToken)
		})

		early, _ = first.again(t, b, f.account, goodPassword)
		late, _ = second.again(t, b, software.account, demoPassword)
		waitUntil(t, commandWithin, "the account before is signed out", func() bool { return !first.active(t, early.AccessToken) })
		if !second.active(t, late.AccessToken) {
			t.Error("the account of now is signed out as well")
		}
	})
}

// A code that was not redeemed when its session was ended is worth nothing any more,
// whether it would have had refresh tokens or not; codes of other sessions are.
func TestCodeOfAnEndedSession(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		for name, end := range map[string]func(here, elsewhere *browser, sid, hint string){
			"signed out by the portal": func(here, _ *browser, _, hint string) {
				here.open(s.url("/oauth2/logout?id_token_hint="+hint)).want(http.StatusOK, "logged-out")
			},
			"ended on the page": func(_, elsewhere *browser, sid, _ string) {
				elsewhere.open(s.url("/center/sessions")).endSession(sid).submit().want(http.StatusOK, "center-sessions")
			},
		} {
			rp := s.newClient(t, nil)
			here, elsewhere := s.browser(t), s.browser(t)
			f := here.ownFirm()
			elsewhere.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
			token, id := rp.silently(t, here)
			hint, _ := token.Extra("id_token").(string)

			online, offline, other := rp.ask(t, url.Values{"scope": {"openid profile"}}), rp.ask(t, nil), rp.ask(t, nil)
			codes := map[string]string{
				online.verifier:  online.answer(t, s, here.until(online.url, rp.redirectURI)),
				offline.verifier: offline.answer(t, s, here.until(offline.url, rp.redirectURI)),
			}
			code := other.answer(t, s, elsewhere.until(other.url, rp.redirectURI))
			end(here, elsewhere, claim(t, id, "sid"), hint)
			for verifier, code := range codes {
				status, answer := rp.post(t, "/oauth2/token", url.Values{
					"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {rp.redirectURI}, "code_verifier": {verifier},
				})
				if status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
					t.Errorf("%s: its code got %d %v", name, status, answer)
				}
			}
			rp.redeem(t, other, code)
		}
	})
}

// A session ends by idleness and by age, whatever it was used for.
func TestSessionLifetimes(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onRedis), strict())
	b := s.browser(t)
	b.signInDirectly(software)
	before := b.cookie("tongid_session")
	if login := b.open(s.url("/")); login.name() != "home" || b.cookie("tongid_session") != before {
		t.Fatal("the session does not hold")
	}
	minutes := 0
	for range 2 { // used every 29 minutes it lives
		minutes += 29
		s.forward(t, minutesOf(minutes))
		b.open(s.url("/")).want(http.StatusOK, "home")
	}
	minutes += 31
	s.forward(t, minutesOf(minutes))
	p := b.open(s.url("/")).want(http.StatusOK, "login-enterprise")
	if p.url.Query().Get("notice") != "expired" {
		t.Errorf("does not say why: %s", p.url)
	}
	b.signInDirectly(software)
	if b.cookie("tongid_session") == before {
		t.Error("the new session has the old one's secret")
	}
	start := minutes
	for minutes-start < 12*60-29 {
		minutes += 29
		s.forward(t, minutesOf(minutes))
		if minutes-start < 12*60 {
			b.open(s.url("/")).want(http.StatusOK, "home")
		}
	}
	minutes = start + 12*60 + 1
	s.forward(t, minutesOf(minutes))
	b.open(s.url("/")).want(http.StatusOK, "login-enterprise")
}
