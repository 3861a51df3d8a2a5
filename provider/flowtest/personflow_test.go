package flowtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

// A person registers at the portal's 个人登录, with a name that few fonts have, and
// is known there by the same sub ever after, however they sign in.
func TestPersonReachesTheHall(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		for i, name := range []string{"䶮德华", "𬱖明", "阿依·古丽", "买买提。艾力"} {
			p := s.person()
			p.name = name
			s.ledger.keep(secretName, name)
			b := s.browser(t)
			login := b.open(s.hall.url+"/").want(http.StatusOK, "portal-front").click("login-person").want(http.StatusOK, "login-person")
			done := login.link("/register/person").want(http.StatusOK, "register-person").
				register(p.registration(), goodPassword).want(http.StatusOK, "register-done")
			if !strings.Contains(done.text(), name) && i < 3 {
				t.Errorf("register-done does not name %s", name)
			}
			me := done.click("next").want(http.StatusOK, "login-person").signIn(p.phone, goodPassword).want(http.StatusOK, "portal-me")
			checkPersonClaims(t, me, p)
			if i > 0 {
				continue
			}
			// By document number, in any case and width, from another browser.
			other := s.browser(t)
			me2 := other.open(s.hall.url+"/").click("login-person").signIn(fullWidth(strings.ToLower(p.number)), goodPassword).
				want(http.StatusOK, "portal-me")
			if a, o := me.claims()["sub"], me2.claims()["sub"]; a == "" || a != o {
				t.Errorf("sub %q by phone, %q by document", a, o)
			}
		}
	})
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xFEE0
		}
		return r
	}, s)
}

func checkPersonClaims(t *testing.T, me *page, p human) {
	t.Helper()
	want := map[string]string{
		"account_type": "person", "name": p.name, "phone_number": "+86" + p.phone, "phone_number_verified": "true",
		"acr": "urn:tongid:loa:2", "amr": "pwd", "locale": "zh-CN",
	}
	got, shown := me.claims(), map[string]string{}
	for name := range want {
		shown[name] = got[name]
	}
	shown["name"] = strings.ReplaceAll(shown["name"], "。", "·")
	want["name"] = strings.ReplaceAll(want["name"], "。", "·")
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	for name, value := range got {
		if strings.HasPrefix(name, "enterprise") || strings.HasPrefix(name, "agent") || strings.HasPrefix(name, "identity") ||
			strings.Contains(value, p.number) {
			t.Errorf("a person's claims hold %s", name)
		}
	}
}

// personClient is a client that signs persons in.
func (s *site) personClient(t testing.TB) *relyingParty {
	t.Helper()
	return s.newClient(t, map[string]any{"account_types": []string{"person"}})
}

// asks takes a browser that is not signed in through a person's sign-in to tokens.
func (rp *relyingParty) person(t testing.TB, b *browser, account, password string) (*oauth2.Token, string) {
	t.Helper()
	a := rp.ask(t, nil)
	b.site.ledger.keep("password", password)
	to := b.open(a.url).want(http.StatusOK, "login-person").credentials(account, password).until(rp.redirectURI)
	token, id := rp.redeem(t, a, a.answer(t, rp.site, to))
	return token, id.Subject
}

// userinfo asks for the claims of a token.
func (rp *relyingParty) userinfo(t testing.TB, token string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, rp.site.url("/oauth2/userinfo"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	status, _, body := rp.site.api(t, req)
	claims := map[string]any{}
	if status == http.StatusOK {
		(&page{browser: &browser{t: t}, url: req.URL, status: status, body: body}).json(&claims)
	}
	return status, claims
}

// wantDead checks that what a portal holds is dead at every door.
func (rp *relyingParty) wantDead(t testing.TB, why string, token *oauth2.Token) {
	t.Helper()
	waitUntil(t, commandWithin, "the access token is dead: "+why, func() bool { return !rp.active(t, token.AccessToken) })
	if status, _ := rp.userinfo(t, token.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("%s: userinfo: %d", why, status)
	}
	if status, answer := rp.refreshed(t, token.RefreshToken); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("%s: refresh: %d %v", why, status, answer)
	}
}

// What a portal does with a person's tokens.
func TestPersonsTokens(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.personClient(t)
		b := s.browser(t)
		p := s.known(sunQi)
		token, sub := rp.person(t, b, p.phone, demoPassword)
		status, claims := rp.userinfo(t, token.AccessToken)
		if status != http.StatusOK || claims["sub"] != sub || claims["name"] != p.name || claims["account_type"] != "person" ||
			claims["phone_number"] != "+86"+p.phone || claims["enterprise"] != nil || claims["agent"] != nil {
			t.Errorf("userinfo: %d %v", status, claims)
		}
		_, answer := rp.post(t, "/oauth2/introspect", url.Values{"token": {token.AccessToken}})
		if answer["active"] != true || answer["sub"] != sub {
			t.Errorf("introspection: %v", answer)
		}
		code, next := rp.refreshed(t, token.RefreshToken)
		if code != http.StatusOK || next["refresh_token"] == token.RefreshToken {
			t.Fatalf("refresh: %d %v", code, next)
		}
		fresh, _ := next["access_token"].(string)
		if !rp.active(t, fresh) {
			t.Error("the new access token is dead")
		}
		if code, _ := rp.post(t, "/oauth2/revoke", url.Values{"token": {fresh}}); code != http.StatusOK {
			t.Errorf("revocation: %d", code)
		}
		waitUntil(t, commandWithin, "the revoked token is dead", func() bool { return !rp.active(t, fresh) })
		refresh, _ := next["refresh_token"].(string)
		if code, _ := rp.refreshed(t, refresh); code != http.StatusBadRequest {
			t.Errorf("refresh after revocation: %d", code)
		}
		// Logout at the portal ends the session here and its access tokens.
		token, _ = rp.silently(t, b)
		raw, _ := token.Extra("id_token").(string)
		b.until(s.url("/oauth2/logout?"+url.Values{
			"id_token_hint": {raw}, "post_logout_redirect_uri": {"http://" + portalHost + ":9/out"}, "state": {"bye"},
		}.Encode()), "http://"+portalHost+":9/out")
		waitUntil(t, commandWithin, "the token of the ended session is dead", func() bool { return !rp.active(t, token.AccessToken) })
		b.open(s.url("/me")).want(http.StatusOK, "login-person")
	})
}

// A change of password and "end all" end what was there before at every door.
func TestPersonEndsEverything(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.personClient(t)
		b, elsewhere := s.browser(t), s.browser(t)
		p := b.registerPerson(s.person())
		const second = "Other-Meadow-5528"
		here, sub := rp.person(t, b, p.phone, goodPassword)
		there, sub2 := rp.person(t, elsewhere, p.number, goodPassword)
		if sub != sub2 {
			t.Errorf("sub %s and %s", sub, sub2)
		}
		before := len(b.messages(p.phone))
		form := b.open(s.url("/me/password")).want(http.StatusOK, "me-password")
		form.press(newPassword(second).with(fields{"old_password": "Wrong-password-1"})).
			want(http.StatusUnprocessableEntity, "me-password").mustSayOnly("old_password", "不正确")
		form.press(newPassword(goodPassword).with(fields{"old_password": goodPassword})).
			want(http.StatusUnprocessableEntity, "me-password")
		old := b.cookie("tongid_session")
		form.press(newPassword(second).with(fields{"old_password": goodPassword})).want(http.StatusOK, "me-account")
		if b.cookie("tongid_session") == old {
			t.Error("the session keeps its secret")
		}
		b.notice(p.phone, before)
		rp.wantDead(t, "the password changed", here)
		rp.wantDead(t, "the password changed", there)
		elsewhere.open(s.url("/me/account")).want(http.StatusOK, "login-person")
		elsewhere.asPerson(p.phone, goodPassword).want(http.StatusUnprocessableEntity, "login-person")
		elsewhere.asPerson(p.phone, second).want(http.StatusOK, "home")

		// What the session that changed it gets from now on is good.
		token, again := rp.silently(t, b)
		if again.Subject != sub || !rp.active(t, token.AccessToken) {
			t.Errorf("after the change: sub %s, want %s", again.Subject, sub)
		}
		list := b.open(s.url("/me/sessions")).want(http.StatusOK, "me-sessions")
		if ids, _ := sessionsOf(list); len(ids) != 2 {
			t.Errorf("lists %v, want 2", ids)
		}
		list.click("submit").want(http.StatusOK, "logged-out")
		rp.wantDead(t, "all was ended", token)
		for _, one := range []*browser{b, elsewhere} {
			one.open(s.url("/me/account")).want(http.StatusOK, "login-person")
		}
	})
}

// 手机变更: the password, then the new number's code. The old number is told.
func TestPersonChangesPhone(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		p, other := b.registerPerson(s.person()), s.person()
		b.asPerson(p.phone, goodPassword).want(http.StatusOK, "home")
		first := b.open(s.url("/me/phone")).want(http.StatusOK, "me-phone")
		first.press(fields{"password": "Wrong-password-1"}).want(http.StatusUnprocessableEntity, "me-phone").
			mustSayOnly("password", "不正确")
		second := first.press(fields{"password": goodPassword}).want(http.StatusOK, "me-phone")
		second.form("send-sms").fill(fields{"phone": p.phone}).answered().send().
			want(http.StatusUnprocessableEntity, "me-phone").mustSayOnly("phone", "")
		second = b.open(second.url.String())
		second.form("send-sms").fill(fields{"phone": other.phone, "captcha": "0000"}).send().
			want(http.StatusUnprocessableEntity, "me-phone").mustSayOnly("captcha", "")
		second = b.open(second.url.String()).sendCode(fields{"phone": other.phone})
		second.press(fields{"sms_code": "000000"}).want(http.StatusUnprocessableEntity, "me-phone").mustSayOnly("sms_code", "不正确")
		before := len(b.messages(p.phone))
		code := b.messages(other.phone)[0]
		if code.Purpose != "phone" {
			t.Errorf("the code is for %s", code.Purpose)
		}
		last := second.form("submit").fill(fields{"sms_code": code.Code})
		changed := last.submit().want(http.StatusOK, "me-account")
		if !strings.Contains(changed.text(), other.phone[:3]+"****"+other.phone[7:]) {
			t.Error("the new number is not shown")
		}
		if to := last.send().location(); to == nil || to.Path != changed.url.Path && to.Path != "/me/phone" {
			t.Errorf("the last form again leads to %v", to)
		}
		if n := b.notice(p.phone, before); !strings.Contains(n.Text, other.phone[7:]) || strings.Contains(n.Text, other.phone) {
			t.Errorf("the old number is told %q", n.Text)
		}
		fresh := s.browser(t)
		fresh.asPerson(p.phone, goodPassword).want(http.StatusUnprocessableEntity, "login-person")
		fresh.asPerson(other.phone, goodPassword).want(http.StatusOK, "home")
		// A number has one person.
		third := s.browser(t)
		third.open(s.url("/register/person")).sendCode(s.person().registration().with(fields{"phone": other.phone})).
			press(third.proofs(other.phone, goodPassword)).want(http.StatusUnprocessableEntity, "register-person").
			mustSayOnly("phone", "已")
	})
}

// What a portal may read is taken back in the personal centre, for good.
func TestPersonTakesBackAPortal(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		asking := s.newClient(t, map[string]any{"account_types": []string{"person"}, "trusted": false, "client_name": "试验门户"})
		other := s.personClient(t)
		b := s.browser(t)
		p := b.registerPerson(s.person())
		a := asking.ask(t, nil)
		to := b.open(a.url).signIn(p.phone, goodPassword).want(http.StatusOK, "consent").form("consent-allow").until(asking.redirectURI)
		token, _ := asking.redeem(t, a, a.answer(t, s, to))
		kept, _ := other.silently(t, b)
		list := b.open(s.url("/me/portals")).want(http.StatusOK, "me-portals")
		if !strings.Contains(list.text(), "试验门户") {
			t.Errorf("the portal is not listed: %s", list.text())
		}
		list.formOf(buttonIn(list, asking.id)).submit().want(http.StatusOK, "me-portals")
		asking.wantDead(t, "taken back", token)
		if !other.active(t, kept.AccessToken) {
			t.Error("another portal's token is dead")
		}
		// It has to ask again.
		b.open(asking.ask(t, nil).url).want(http.StatusOK, "consent")
	})
}

// 注销: for fifteen days signing in takes it back; after that the account is as one
// that never was, and the document opens another one.
func TestPersonCloses(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}, func(t *testing.T, s *site) {
		rp := s.personClient(t)
		b := s.browser(t)
		p := b.registerPerson(s.person())
		token, sub := rp.person(t, b, p.phone, goodPassword)
		s.closePerson(t, b, p)
		rp.wantDead(t, "the account is closing", token)
		const day = 24 * time.Hour
		s.forward(t, 14*day)
		back := b.asPerson(p.number, goodPassword)
		if back.status != http.StatusOK || back.name() == "login-person" {
			t.Fatalf("not taken back: %d %s%s", back.status, back.name(), back.trouble())
		}
		s.forward(t, 16*day)
		again := s.browser(t)
		if _, same := rp.person(t, again, p.phone, goodPassword); same != sub {
			t.Errorf("sub %s, was %s", same, sub)
		}
		s.closePerson(t, again, p)
		s.forward(t, 32*day)
		unknown := s.browser(t)
		said := unknown.asPerson(p.phone, goodPassword).want(http.StatusUnprocessableEntity, "login-person")
		never := unknown.asPerson(s.person().phone, goodPassword).want(http.StatusUnprocessableEntity, "login-person")
		if diff := cmp.Diff(anonymous(never), anonymous(said)); diff != "" {
			t.Errorf("an account that was closed differs from none (-none +closed):\n%s", diff)
		}
		// Recovery does not find it either.
		before := len(unknown.messages(p.phone))
		unknown.open(s.url("/recover/person")).press(p.recovery()).want(http.StatusOK, "recover-2").sendCode(nil)
		if got := len(unknown.messages(p.phone)); got != before {
			t.Error("a code went to a closed account's phone")
		}
		unknown.registerPerson(p)
		fresh, other := rp.person(t, s.browser(t), p.number, goodPassword)
		if other == sub || !rp.active(t, fresh.AccessToken) {
			t.Errorf("registered anew with sub %s, was %s", other, sub)
		}
	})
}

// closePerson closes the account of who is signed in.
func (s *site) closePerson(t *testing.T, b *browser, p human) {
	t.Helper()
	form := b.open(s.url("/me/close")).want(http.StatusOK, "me-close")
	form.press(fields{"password": goodPassword}).want(http.StatusUnprocessableEntity, "me-close").mustSayOnly("confirm", "")
	form.press(fields{"password": "Wrong-password-1", "confirm": "1"}).want(http.StatusUnprocessableEntity, "me-close").
		mustSayOnly("password", "不正确")
	before := len(b.messages(p.phone))
	form.press(fields{"password": goodPassword, "confirm": "1"}).want(http.StatusOK, "logged-out")
	if n := b.notice(p.phone, before); !strings.Contains(n.Text, "注销") {
		t.Errorf("the phone is told %q", n.Text)
	}
}
