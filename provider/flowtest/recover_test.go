package flowtest

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts/idnum"
)

// 忘记密码 of an enterprise: three steps, and everything that was signed in is out.
func TestFirmRecovers(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b, thief := s.browser(t), s.browser(t)
		f := b.registerFirm(b.newFirm())
		rp := s.newClient(t, nil)
		a := rp.ask(t, nil)
		to := thief.open(a.url).credentials(f.account, goodPassword).until(rp.redirectURI)
		token, _ := rp.redeem(t, a, a.answer(t, s, to))
		hall := thief.enter(s.hall).want(http.StatusOK, "portal-me")

		const second = "Other-Meadow-5528"
		first := b.open(s.url("/login/enterprise")).link("/recover").want(http.StatusOK, "recover-1")
		sent := first.press(f.recovery()).want(http.StatusOK, "recover-2").sendCode(nil)
		if m := b.messages(f.rep.phone)[0]; m.Purpose != "recover" || !strings.Contains(sent.text(), f.rep.phone[:3]+"****"+f.rep.phone[7:]) {
			t.Errorf("the code is for %s; the page says %s", m.Purpose, sent.text())
		}
		sent.press(fields{"sms_code": "000000"}).want(http.StatusUnprocessableEntity, "recover-2").mustSayOnly("sms_code", "不正确")
		sent.press(fields{"sms_code": ""}).want(http.StatusUnprocessableEntity, "recover-2").mustSayOnly("sms_code", "")
		proved := sent.form("submit").fill(fields{"sms_code": b.code(f.rep.phone)})
		third := proved.submit().want(http.StatusOK, "recover-3")
		third.press(newPassword(f.account+"-Ab1")).want(http.StatusUnprocessableEntity, "recover-3").mustSayOnly("password", "")
		before := len(b.messages(f.rep.phone))
		last := third.form("submit").fill(newPassword(second))
		done := last.submit().want(http.StatusOK, "recover-done")
		for name, form := range map[string]*form{"code": proved, "password": last} {
			if to := form.send().location(); to == nil || to.Path != done.url.Path {
				t.Errorf("the form of the %s again leads to %v", name, to)
			}
		}
		if n := b.notice(f.rep.phone, before); !strings.Contains(n.Text, "密码") {
			t.Errorf("the phone is told %q", n.Text)
		}
		rp.wantDead(t, "the password was recovered", token)
		thief.open(s.url("/")).want(http.StatusOK, "login-enterprise")
		if refused := thief.open(hall.url.String()); refused.name() == "portal-me" {
			refused = refused.click("refresh")
			if refused.name() == "portal-me" {
				t.Errorf("the portal still refreshes: %s", refused.text())
			}
		}
		thief.asFirm(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
		done.click("next").want(http.StatusOK, "login-enterprise").signIn(f.uscc, second).want(http.StatusOK, "home")
	})
}

// A person recovers by phone, or without it by face.
func TestPersonRecovers(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		p := b.registerPerson(s.person())
		const second, third = "Other-Meadow-5528", "Third-Island-9164"
		sent := b.open(s.url("/login/person")).link("/recover/person").want(http.StatusOK, "recover-1").
			press(p.recovery().with(fields{"account": strings.ToLower(p.number)})).want(http.StatusOK, "recover-2").sendCode(nil)
		sent.press(fields{"sms_code": b.code(p.phone)}).want(http.StatusOK, "recover-3").
			press(newPassword(second)).want(http.StatusOK, "recover-done").
			click("next").want(http.StatusOK, "login-person").signIn(p.phone, second).want(http.StatusOK, "home")

		lost := s.browser(t)
		page := lost.open(s.url("/recover/person")).press(p.recovery()).want(http.StatusOK, "recover-2")
		consent := page.form("send-sms").forge("action", "face").submit().want(http.StatusOK, "face-consent")
		consent.lookInto().want(http.StatusOK, "recover-3").press(newPassword(third)).want(http.StatusOK, "recover-done")
		lost.asPerson(p.phone, second).want(http.StatusUnprocessableEntity, "login-person")
		lost.asPerson(p.phone, third).want(http.StatusOK, "home")
	})
}

var digits = regexp.MustCompile(`[0-9]`)

// masked is a page without what differs between two runs: ids, digits, tokens.
func (p *page) masked() string {
	p.browser.t.Helper()
	body := string(p.body)
	for _, name := range []string{"csrf", "case", "flow", "captcha_id"} {
		for _, n := range p.all(isInputNamed(name)) {
			body = strings.ReplaceAll(body, attr(n, "value"), strings.ToUpper(name))
		}
	}
	if p.has("data-ticket") {
		body = strings.ReplaceAll(body, p.data("data-ticket"), "TICKET")
	}
	return digits.ReplaceAllString(regexp.MustCompile(`[0-9a-f]{32}`).ReplaceAllString(body, "TRACE"), "0")
}

// Whether something matched, nothing or everything, the pages of a recovery are
// the same but for digits, and so are the statuses; a code goes out on a full
// match only.
func TestRecoveryTellsNothing(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f, p := b.registerFirm(b.newFirm()), b.registerPerson(s.person())
		other := s.person()
		for _, tt := range []struct {
			path  string
			phone string
			facts []fields // the first is right
		}{
			{"/recover", f.rep.phone, []fields{
				f.recovery(), f.recovery().with(fields{"rep_name": other.name}),
				f.recovery().with(fields{"rep_id_number": other.number}), f.recovery().with(fields{"account": "nobody_here"}),
				f.recovery().with(fields{"account": s.unregistered().uscc}),
			}},
			{"/recover/person", p.phone, []fields{
				p.recovery(), p.recovery().with(fields{"name": other.name}), p.recovery().with(fields{"id_number": other.number}),
				p.recovery().with(fields{"account": other.phone}), p.recovery().with(fields{"account": other.number}),
			}},
		} {
			var want []string
			for i, facts := range tt.facts {
				before := len(b.messages(tt.phone))
				got, mask := recoveryTrail(t, s.browser(t), tt.path, facts)
				if want == nil {
					want = got
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s with %d differs from a match (-match +this):\n%s", tt.path, i, diff)
				}
				if sent := len(b.messages(tt.phone)) - before; (sent == 1) != (i == 0) || sent > 1 {
					t.Errorf("%s with %d: %d codes", tt.path, i, sent)
				}
				// Asked again, the same phone is shown.
				if _, again := recoveryTrail(t, s.browser(t), tt.path, facts); again != mask {
					t.Errorf("%s with %d shows %s, then %s", tt.path, i, mask, again)
				}
			}
		}
	})
}

// recoveryTrail goes through a recovery as far as anybody can, and returns what
// was seen and which phone was shown.
func recoveryTrail(t *testing.T, b *browser, path string, facts fields) (trail []string, mask string) {
	t.Helper()
	// What a face check is said to be about is what was typed.
	typed := strings.NewReplacer(idnum.MaskName(facts["rep_name"]+facts["name"]), "NAME",
		"<dd>"+digits.ReplaceAllString(facts["account"], "0")+"</dd>", "<dd>ACCOUNT</dd>")
	see := func(p *page) *page {
		trail = append(trail, http.StatusText(p.status)+"\n"+typed.Replace(p.masked()))
		return p
	}
	second := see(b.open(b.site.url(path)).press(facts).want(http.StatusOK, "recover-2"))
	mask = regexp.MustCompile(`1[0-9]{2}\*{4}[0-9]{4}`).FindString(second.text())
	if mask == "" {
		t.Errorf("no phone is shown: %s", second.text())
	}
	see(second.press(fields{"sms_code": "123456"})) // none was sent
	sent := see(second.sendCode(nil))
	for range 2 {
		see(sent.press(fields{"sms_code": "000000"}))
	}
	see(b.open(sent.url.String()))
	consent := see(sent.form("send-sms").forge("action", "face").submit())
	see(consent.agreeToFace().press(nil)) // nobody looked
	return trail, mask
}
