package flowtest

import (
	"net/http"
)

// demoPassword is that of every demo account (contract, "Demo data").
const demoPassword = "Tongid-demo-2026"

// enterprise is a demo account.
type enterprise struct{ account, uscc, name string }

// The demo enterprises. Any number of tests sign in as software at once; what
// ends all of an account's sessions is tried on builder, by one test a site.
var (
	software = enterprise{"jlshili01", "91220102MA0TE5T169", "吉林省示例软件有限公司"}
	builder  = enterprise{"jljianzhu", "91220000MA17AB3K2C", "吉林省示例建筑有限公司"}
	noodles  = enterprise{"", "92220104MA84KX2E1M", "长春市示例面馆"}
)

// captcha reads the answer of a form's picture off the simulator, as somebody
// reads it off the picture.
func (f *form) captcha() string {
	b := f.page.browser
	b.t.Helper()
	id := f.values.Get("captcha_id")
	if id == "" {
		b.t.Fatalf("%s: no captcha_id", f.page.name())
	}
	var answer struct {
		Answer string `json:"answer"`
	}
	p := b.send(request{method: http.MethodGet, url: b.parse(b.site.url("/simulator/captcha/" + id))})
	p.json(&answer)
	if answer.Answer == "" {
		b.t.Fatalf("the simulator does not know captcha %s: %d %s", id, p.status, p.body)
	}
	b.site.ledger.keep("captcha answer", answer.Answer)
	return answer.Answer
}

// credentials fills in a sign-in form.
func (p *page) credentials(account, password string) *form {
	p.browser.t.Helper()
	f := p.form("submit").set("account", account).set("password", password)
	p.browser.site.ledger.keep("password", password)
	return f.set("captcha", f.captcha())
}

// signIn signs in on a sign-in page and follows to where that leads.
func (p *page) signIn(account, password string) *page {
	p.browser.t.Helper()
	return p.credentials(account, password).submit()
}

// signInDirectly signs in without a portal.
func (b *browser) signInDirectly(e enterprise) *page {
	b.t.Helper()
	return b.open(b.site.url("/login/enterprise")).want(http.StatusOK, "login-enterprise").
		signIn(e.account, demoPassword).want(http.StatusOK, "home")
}

// enter goes to a portal's front page and presses 单位登录.
func (b *browser) enter(portal *portal) *page {
	b.t.Helper()
	return b.open(portal.url+"/").want(http.StatusOK, "portal-front").click("login-enterprise")
}
