package flowtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The wizards in Chromium: at a desk by keyboard alone, with script and without,
// and beside it a phone.

// A firm registers at the portal and recovers its password, with nothing but keys.
// The log tells what that costs (docs/flows.md).
func TestFirmByKeyboard(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onRedis))
	t.Run("with script", func(t *testing.T) { firmByKeyboard(t, s, true) })
	t.Run("without", func(t *testing.T) { firmByKeyboard(t, s, false) })
}

func firmByKeyboard(t *testing.T, s *site, script bool) {
	b := s.browser(t)
	f := b.newFirm()
	tb := s.tab(t)
	if !script {
		tb.noScript()
	}
	phone := s.phone(t)
	tb.open(s.hall.url + "/")
	tb.see("portal-front")
	tb.tabTo("login-enterprise")
	tb.press(kb.Enter)
	tb.see("login-enterprise")
	tb.tabUntil(`a[href^="/register/enterprise"]`)
	tb.press(kb.Enter)
	tb.see("register-enterprise")
	tb.shot("register")
	tb.strokes = 0
	tb.typeFirm(b, f, script)
	tb.press(kb.Enter)
	tb.see("face-consent")
	tb.shot("consent")
	tb.tabTo("face_consent")
	tb.press(" " + kb.Enter)
	tb.see("face")
	tb.shot("face")
	phone.pass(tb)
	tb.onward("register-done", script)
	t.Logf("registration by keyboard, script %v: %d keys", script, tb.strokes)
	tb.shot("done")
	tb.tabTo("next")
	tb.press(kb.Enter)
	tb.signInByKeys(f.account, goodPassword)
	tb.see("portal-me")
	if got := tb.text(`document.getElementById("uscc").textContent`); got != f.uscc {
		t.Errorf("signed in as %q", got)
	}
	tb.recoverByKeys(b, f)
}

// typeFirm fills 企业注册 in and has the code sent.
func (tb *tab) typeFirm(b *browser, f firm, script bool) {
	tb.t.Helper()
	tb.typeInto("account", f.account)
	tb.choose("legal_type", f.legalType)
	tb.typeInto("name", f.name)
	tb.typeInto("uscc", f.uscc)
	tb.typeRepresentative(f, script)
	tb.typeInto("phone", f.rep.phone)
	tb.typeInto("captcha", tb.captcha())
	tb.tabTo("send-sms")
	tb.press(kb.Enter)
	tb.exists("#sms_code-note")
	tb.typeInto("sms_code", b.code(f.rep.phone))
	tb.typeInto("password", goodPassword)
	tb.typeInto("password_confirm", goodPassword)
	tb.tabTo("agree")
	tb.press(" ")
}

// typeRepresentative fills in who represents a firm.
func (tb *tab) typeRepresentative(f firm, script bool) {
	tb.t.Helper()
	if tb.text(`document.getElementById("rep_name").value`) == "" {
		tb.typeInto("rep_name", f.rep.name)
	}
	tb.typeInto("rep_id_number", f.rep.number)
	tb.tabUntil(`[name="rep_id_term"]`)
	tb.press(" " + kb.ArrowRight + kb.ArrowRight) // 20年
	tb.typeDate("rep_id_from", 2016, 3, 1)
	if script {
		tb.press(kb.Tab)
		if got := tb.text(`document.getElementById("rep_id_to").value`); got != "2036-03-01" {
			tb.t.Errorf("the term fills in %q", got)
		}
	}
}

// typeInto moves to a field and types.
func (tb *tab) typeInto(id, text string) {
	tb.t.Helper()
	tb.tabTo(id)
	tb.press(text)
	if got := tb.text(fmt.Sprintf(`document.getElementById(%q).value`, id)); got != text {
		tb.t.Errorf("typed %q into %s, it holds %q", text, id, got)
	}
}

// typeDate moves to a date and types it, part by part. Which part comes first is for
// the browser's language to say.
func (tb *tab) typeDate(id string, year, month, day int) {
	tb.t.Helper()
	tb.tabTo(id)
	want, holds := fmt.Sprintf("%04d-%02d-%02d", year, month, day), fmt.Sprintf(`document.getElementById(%q).value`, id)
	tb.press(fmt.Sprintf("%02d%02d%04d", month, day, year))
	if tb.text(holds) != want {
		tb.press(strings.Repeat(kb.ArrowLeft, 3) + fmt.Sprintf("%04d", year) + kb.ArrowRight + fmt.Sprintf("%02d%02d", month, day))
	}
	if got := tb.text(holds); got != want {
		tb.t.Errorf("typed %s into %s, it holds %q", want, id, got)
	}
}

// choose moves to a list and goes down to a value.
func (tb *tab) choose(id, value string) {
	tb.t.Helper()
	tb.tabTo(id)
	for range 20 {
		if tb.text(fmt.Sprintf(`document.getElementById(%q).value`, id)) == value {
			return
		}
		tb.press(kb.ArrowDown)
	}
	tb.t.Errorf("%s offers no %s", id, value)
}

// exists waits until the page has an element.
func (tb *tab) exists(selector string) {
	tb.t.Helper()
	waitUntil(tb.t, tabWithin, "there is "+selector, func() bool {
		there, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.readyState === "complete" && !!document.querySelector(%q)`, selector)))
		return err == nil && there
	})
}

// onward is what follows a passed check: by itself with script; without, the page
// comes again by itself and its button goes on.
func (tb *tab) onward(name string, script bool) {
	tb.t.Helper()
	if !script {
		tb.exists("[data-go] #submit")
		tb.tabTo("submit")
		tb.press(kb.Enter)
	}
	tb.see(name)
}

func (tb *tab) signInByKeys(account, password string) {
	tb.t.Helper()
	tb.see("login-enterprise")
	tb.typeInto("account", account)
	tb.typeInto("password", password)
	tb.tabTo("captcha")
	tb.press(tb.captcha() + kb.Enter)
}

// recoverByKeys recovers the firm's password and signs in with the new one.
func (tb *tab) recoverByKeys(b *browser, f firm) {
	tb.t.Helper()
	const second = "Other-Meadow-5528"
	b.site.ledger.keep("password", second)
	tb.open(b.site.url("/logout"))
	tb.see("logout")
	tb.tabTo("logout-yes")
	tb.press(kb.Enter)
	tb.see("logged-out")
	tb.open(b.site.url("/login/enterprise"))
	tb.see("login-enterprise")
	tb.strokes = 0
	tb.tabUntil(`a[href^="/recover"]`)
	tb.press(kb.Enter)
	tb.see("recover-1")
	tb.shot("recover-1")
	tb.typeInto("account", f.uscc)
	tb.typeInto("rep_name", f.rep.name)
	tb.typeInto("rep_id_number", f.rep.number)
	tb.tabTo("captcha")
	tb.press(tb.captcha() + kb.Enter)
	tb.see("recover-2")
	tb.tabTo("send-sms")
	tb.press(kb.Enter)
	tb.exists("#sms_code-note")
	tb.shot("recover-2")
	tb.tabTo("sms_code")
	tb.press(b.code(f.rep.phone) + kb.Enter)
	tb.see("recover-3")
	tb.shot("recover-3")
	tb.typeInto("password", second)
	tb.tabTo("password_confirm")
	tb.press(second + kb.Enter)
	tb.see("recover-done")
	tb.shot("recover-done")
	tb.t.Logf("recovery by keyboard: %d keys", tb.strokes)
	tb.tabTo("next")
	tb.press(kb.Enter)
	tb.signInByKeys(f.account, second)
	tb.see("home")
}

// phone is a browser of its own, as wide as a phone.
func (s *site) phone(t *testing.T) *tab {
	t.Helper()
	ph := s.profile(t)
	ph.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile))
	return ph
}

// pass scans the code of a desk, chooses its number and passes the check.
func (tb *tab) pass(desk *tab) {
	tb.t.Helper()
	ticket := desk.text(`document.querySelector("[data-ticket]").dataset.ticket`)
	match := desk.text(`document.querySelector("[data-match]").dataset.match`)
	tb.open(tb.site.url("/face/phone/" + ticket))
	tb.see("face-phone")
	tb.fits()
	tb.shot("phone")
	tb.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[name="match"][value="%s"]`, match))))
	tb.see("simulator-face")
	tb.fits()
	tb.click("submit")
	tb.exists("#next")
	tb.click("next")
	tb.see("face-phone-done")
	tb.fits()
	tb.shot("phone-done")
	if got := tb.text(`document.querySelector("main").dataset.outcome`); got != "finished" {
		tb.t.Errorf("the phone ends with %q", got)
	}
}

// With script, having a code sent loses nothing: not the passwords either, nor the
// consent; and the button rests.
func TestSendingACodeLosesNothing(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onCluster))
	b := s.browser(t)
	p := s.person()
	tb := s.tab(t)
	tb.open(s.url("/register/person"))
	tb.see("register-person")
	for name, value := range (fields{"name": p.name, "id_number": p.number, "phone": p.phone}) {
		tb.fill(name, value)
	}
	tb.do(chromedp.Click(chromedp.CSS(`[name="id_term"][value="20"]`)))
	tb.typeDate("id_from", 2016, 3, 1)
	for name, value := range newPassword(goodPassword) {
		tb.fill(name, value)
	}
	tb.click("agree")
	tb.fill("captcha", "0000")
	tb.click("send-sms") // the captcha is wrong: nothing is lost either
	tb.exists("#captcha-error")
	tb.holds(p)
	tb.fill("captcha", tb.captcha())
	tb.click("send-sms")
	tb.exists("#sms_code-note")
	tb.holds(p)
	if !evaluate[bool](tb, `document.getElementById("send-sms").disabled`) {
		t.Error("the button does not rest")
	}
	if len(b.codes(p.phone)) != 1 {
		t.Error("not one code was sent")
	}
	tb.shot("sent")
	tb.fill("sms_code", b.code(p.phone))
	tb.click("submit")
	tb.see("face-consent")
	tb.click("face_consent")
	tb.click("submit")
	tb.see("face")
	// A check that fails says why, by itself, and another one begins.
	ticket := tb.text(`document.querySelector("[data-ticket]").dataset.ticket`)
	b.face(ticket, "fail")
	waitUntil(t, tabWithin, "the desk shows that it failed", func() bool {
		there, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](`!document.querySelector("[data-ticket]") && !!document.querySelector("#submit")`))
		return err == nil && there
	})
	tb.shot("failed-face")
	tb.click("submit")
	tb.exists("[data-ticket]")
	s.phone(t).pass(tb)
	tb.see("register-done")
	tb.expect("status of 422") // the captcha
}

// holds checks that the form of a person holds what was filled in.
func (tb *tab) holds(p human) {
	tb.t.Helper()
	for name, want := range p.registration().with(newPassword(goodPassword)).without("id_type", "id_term") {
		if got := tb.text(fmt.Sprintf(`document.getElementById(%q).value`, name)); got != want {
			tb.t.Errorf("%s holds %q, want %q", name, strings.Repeat("*", len(got)), name)
		}
	}
	if !evaluate[bool](tb, `document.getElementById("agree").checked && document.querySelector('[name="id_term"][value="20"]').checked`) {
		tb.t.Error("what was ticked is not any more")
	}
}

// All pages of the wizards and the centres fit a phone, in either language and size.
func TestWizardPagesFitAPhone(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	tb := s.tab(t)
	tb.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile))
	pages := map[string]string{
		"/register/enterprise": "register-enterprise", "/register/person": "register-person", "/activate": "activate-1",
		"/recover": "recover-1", "/recover/person": "recover-1", "/login/person": "login-person",
	}
	inside := map[string]string{
		"/me/account": "me-account", "/me/mandates": "me-mandates", "/me/password": "me-password", "/me/phone": "me-phone",
		"/me/sessions": "me-sessions", "/me/portals": "me-portals", "/me/close": "me-close",
	}
	look := func(all map[string]string) {
		for _, choice := range []string{"lang=zh-CN&large=0", "lang=en&large=1"} {
			tb.open(s.url("/preferences?" + choice + "&return=/logged-out"))
			for path, name := range all {
				tb.open(s.url(path))
				tb.see(name)
				tb.fits()
				tb.shot("phone-" + name)
			}
		}
	}
	look(pages)
	s.ledger.keep("password", demoPassword)
	tb.open(s.url("/login/person"))
	tb.see("login-person")
	tb.fill("account", liSi.phone)
	tb.fill("password", demoPassword)
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
	tb.see("home")
	look(inside)
	if text := tb.text(`document.body.innerText`); strings.Contains(text, liSi.number) || strings.Contains(text, liSi.phone) {
		t.Error("the personal centre shows a number in full")
	}
	tb.open(s.url("/logout"))
	tb.click("logout-yes")
	tb.see("logged-out")
	tb.open(s.url("/login/enterprise"))
	tb.see("login-enterprise")
	tb.fill("account", software.account)
	tb.fill("password", demoPassword)
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
	tb.see("home")
	center := map[string]string{}
	for _, name := range []string{"enterprise", "representative", "extension", "agents", "password", "phone", "change", "sessions", "portals"} {
		center["/center/"+name] = "center-" + name
	}
	look(center)
	tb.open(s.url("/logout"))
	tb.click("logout-yes")
	tb.see("logged-out")
	look(map[string]string{"/login/agent": "login-agent", "/appeal": "appeal"})
	tb.open(s.url("/login/agent"))
	tb.see("login-agent")
	tb.fill("enterprise", software.account)
	tb.fill("agent", liSi.phone)
	tb.fill("password", demoPassword)
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
	tb.see("agent-account")
	agent := map[string]string{"/choose": "choose"}
	for _, name := range []string{"account", "enterprise", "agents", "password", "phone", "sessions"} {
		agent["/agent/"+name] = "agent-" + name
	}
	look(agent)
}
