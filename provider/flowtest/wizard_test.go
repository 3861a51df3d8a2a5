package flowtest

import (
	"net/http"
	"strings"

	"golang.org/x/net/html"
)

// How people go through the wizards: page by page, with what the pages carry.

// fill types values into fields, each of which must be there.
func (f *form) fill(values fields) *form {
	f.page.browser.t.Helper()
	for name, value := range values {
		f.set(name, value)
		switch name {
		case "password", "password_confirm", "old_password":
			if len(value) >= 8 { // what is shorter stands everywhere
				f.page.browser.site.ledger.keep("password", value)
			}
		}
	}
	return f
}

// asksCaptcha reports whether the form has a picture question.
func (f *form) asksCaptcha() bool { return f.values.Get("captcha_id") != "" }

// answered fills in the captcha, if the form asks for one.
func (f *form) answered() *form {
	f.page.browser.t.Helper()
	if f.asksCaptcha() {
		f.set("captcha", f.captcha())
	}
	return f
}

// sendCode fills in a form and presses 获取验证码.
func (p *page) sendCode(values fields) *page {
	p.browser.t.Helper()
	name := p.name()
	sent := p.form("send-sms").fill(values).answered().send()
	to := sent.location()
	if sent.status != http.StatusSeeOther || to == nil {
		p.browser.t.Fatalf("%s: no code is sent: %d%s", name, sent.status, sent.trouble())
	}
	again := p.browser.follow(request{method: http.MethodGet, url: to, from: p}, "").want(http.StatusOK, name)
	if again.form("submit").asksCaptcha() {
		p.browser.t.Errorf("%s asks for a captcha while the code lives", name)
	}
	if note := again.find("sms_code-note"); note == nil {
		p.browser.t.Errorf("%s does not say that a code was sent", name)
	}
	return again
}

// press fills in a form and presses its main button.
func (p *page) press(values fields) *page {
	p.browser.t.Helper()
	return p.form("submit").fill(values).answered().submit()
}

// pressFor fills in a form, presses its main button and follows nothing.
func (p *page) pressFor(values fields) *page {
	p.browser.t.Helper()
	return p.form("submit").fill(values).answered().send()
}

// data is an attribute that one element of the page has.
func (p *page) data(name string) string {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return attr(n, name) != "" }) {
		return attr(n, name)
	}
	p.browser.t.Fatalf("%s: %d %s has no %s", p.url.Path, p.status, p.name(), name)
	return ""
}

func (p *page) has(name string) bool {
	p.browser.t.Helper()
	return len(p.all(func(n *html.Node) bool { return attr(n, name) != "" })) > 0
}

// agreeToFace consents to a face check, which then waits.
func (p *page) agreeToFace() *page {
	p.browser.t.Helper()
	return p.want(http.StatusOK, "face-consent").press(fields{"face_consent": "1"}).want(http.StatusOK, "face")
}

// lookInto consents to a face check and passes it.
func (p *page) lookInto() *page {
	p.browser.t.Helper()
	waiting := p.agreeToFace()
	p.browser.face(waiting.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
	return waiting.press(nil)
}

// mustSayOnly checks that a refused form says that of that field, in the field's
// own note and in the summary.
func (p *page) mustSayOnly(field, want string) *page {
	p.browser.t.Helper()
	note := p.find(field + "-error")
	if note == nil || !strings.Contains(textOf(note), want) {
		said := "nothing"
		if note != nil {
			said = textOf(note)
		}
		p.browser.t.Errorf("%s: at %s it says %q, want %q%s", p.name(), field, said, want, p.trouble())
		return p
	}
	if !strings.Contains(p.alert(), textOf(note)) {
		p.browser.t.Errorf("%s: the summary %q does not say %q", p.name(), p.alert(), textOf(note))
	}
	return p
}

// proofs are what a registration asks for besides the facts.
func (b *browser) proofs(phone, password string) fields {
	b.t.Helper()
	return newPassword(password).with(fields{"sms_code": b.code(phone), "agree": "1"})
}

// register takes a registration from its form to its end.
func (p *page) register(values fields, password string) *page {
	p.browser.t.Helper()
	form := p.sendCode(values)
	return form.press(p.browser.proofs(values["phone"], password)).lookInto()
}

// registerFirm opens the account of a firm that the register has.
func (b *browser) registerFirm(f firm) firm {
	b.t.Helper()
	b.open(b.site.url("/register/enterprise")).want(http.StatusOK, "register-enterprise").
		register(f.registration(), goodPassword).want(http.StatusOK, "register-done")
	return f
}

// registerPerson opens the account of a person.
func (b *browser) registerPerson(p human) human {
	b.t.Helper()
	b.open(b.site.url("/register/person")).want(http.StatusOK, "register-person").
		register(p.registration(), goodPassword).want(http.StatusOK, "register-done")
	return p
}

// asPerson signs a person in without a portal.
func (b *browser) asPerson(account, password string) *page {
	b.t.Helper()
	return b.open(b.site.url("/login/person")).want(http.StatusOK, "login-person").signIn(account, password)
}

// asFirm signs an enterprise in without a portal.
func (b *browser) asFirm(account, password string) *page {
	b.t.Helper()
	return b.open(b.site.url("/login/enterprise")).want(http.StatusOK, "login-enterprise").signIn(account, password)
}

// kept checks that a form shows again what was typed, passwords aside.
func (p *page) kept(values fields) *page {
	p.browser.t.Helper()
	shown := p.form("submit").values
	for name, want := range values {
		switch name {
		case "password", "password_confirm", "old_password":
			want = ""
		case "sms_code", "captcha":
			continue
		}
		if got := shown.Get(name); got != want {
			p.browser.t.Errorf("%s keeps %q in %s, want %q", p.name(), got, name, want)
		}
	}
	return p
}
