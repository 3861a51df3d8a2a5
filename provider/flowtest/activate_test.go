package flowtest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// imported takes a firm in as another system's: 待激活.
func (s *site) imported(t *testing.T, f firm) firm {
	t.Helper()
	rows := "name,uscc,legal_type,rep_name,rep_id_type,rep_id_number,rep_id_from,rep_id_to,phone\n" +
		strings.Join([]string{f.name, f.uscc, f.legalType, f.rep.name, "resident_id", f.rep.number, "2016-03-01", "2036-03-01", f.rep.phone}, ",") + "\n"
	file := filepath.Join(t.TempDir(), "firms.csv")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	s.command(t, "", "import", "enterprises", file)
	return f
}

// toCode takes an activation to its second page.
func (b *browser) activation(f firm) *page {
	b.t.Helper()
	return b.open(b.site.url("/activate")).want(http.StatusOK, "activate-1").
		press(f.facts().with(fields{"agree": "1"})).want(http.StatusOK, "activate-2")
}

// 账号激活 with the phone that the firm was taken in with: the code is enough.
func TestActivation(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.known(noodleShop.rep)
		b := s.browser(t)
		phone := noodleShop.rep.phone
		first := b.enter(s.hall).want(http.StatusOK, "login-enterprise").link("/activate").want(http.StatusOK, "activate-1")
		started := first.form("submit").fill(noodleShop.facts().with(fields{"agree": "1"})).answered()
		second := started.submit().want(http.StatusOK, "activate-2")
		if again := started.send(); again.status != http.StatusUnprocessableEntity { // its captcha is used up
			t.Errorf("the first form again: %d", again.status)
		}
		second.form("submit").fill(fields{"phone": phone}).send().want(http.StatusUnprocessableEntity, "activate-2").
			mustSayOnly("sms_code", "")
		sent := second.sendCode(fields{"phone": phone})
		if m := b.messages(phone)[0]; m.Purpose != "activate" {
			t.Errorf("the code is for %s", m.Purpose)
		}
		proved := sent.form("submit").fill(fields{"phone": phone, "sms_code": b.code(phone)})
		third := proved.submit().want(http.StatusOK, "activate-3")
		third.press(newPassword("x").with(fields{"account": noodleShop.account})).want(http.StatusUnprocessableEntity, "activate-3").
			mustSayOnly("password", "")
		third.press(newPassword(goodPassword).with(fields{"account": software.account})).
			want(http.StatusUnprocessableEntity, "activate-3").mustSayOnly("account", "")
		before := len(b.messages(phone))
		last := third.form("submit").fill(newPassword(goodPassword).with(fields{"account": noodleShop.account}))
		done := last.submit().want(http.StatusOK, "activate-4")
		for name, f := range map[string]*form{"code": proved, "account": last} {
			if to := f.send().location(); to == nil || to.Path != "/activate" {
				t.Errorf("the form of the %s again leads to %v", name, to)
			}
		}
		b.notice(phone, before)
		me := done.click("next").want(http.StatusOK, "login-enterprise").signIn(noodleShop.account, goodPassword).
			want(http.StatusOK, "portal-me")
		checkFirmClaims(t, me, noodleShop, noodleShop.account)
		// Once more there is nothing to activate; who shows their face is told so.
		p := b.activation(noodleShop).sendCode(fields{"phone": phone})
		p = p.press(fields{"phone": phone, "sms_code": b.code(phone)}).lookInto()
		p.want(http.StatusUnprocessableEntity, "face")
		if len(p.all(isLinkTo("/login/enterprise"))) == 0 {
			t.Errorf("says %q without a way on", p.alert())
		}
	})
}

// With another phone the representative shows their face.
func TestActivationWithAnotherPhone(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := s.imported(t, b.newFirm())
		fresh := s.person()
		sent := b.activation(f).sendCode(fields{"phone": fresh.phone})
		consent := sent.press(fields{"phone": fresh.phone, "sms_code": b.code(fresh.phone)})
		// The third page cannot be reached past the face.
		b.open(sent.url.String()).want(http.StatusOK, "face-consent")
		third := consent.lookInto().want(http.StatusOK, "activate-3")
		done := third.press(newPassword(goodPassword).with(fields{"account": f.account})).want(http.StatusOK, "activate-4")
		done.click("next").signIn(f.account, goodPassword).want(http.StatusOK, "home")
		// Somebody else's face does not.
		g, stranger := s.imported(t, b.newFirm()), s.person()
		wrong := g
		wrong.rep.name, wrong.rep.number = stranger.name, stranger.number
		p := b.activation(wrong).sendCode(fields{"phone": g.rep.phone})
		p = p.press(fields{"phone": g.rep.phone, "sms_code": b.code(g.rep.phone)}) // the right phone, the wrong person
		p.lookInto().want(http.StatusUnprocessableEntity, "face")
	})
}

// Whatever is wrong with what was typed, the words are the same; and no page is headed
// by a name that is not the account's.
func TestActivationHoldsEveryFact(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := s.imported(t, s.unregistered())
		stranger, phone := s.person(), f.rep.phone
		said := map[string]bool{}
		for _, wrong := range []fields{
			{"name": "长春市假冒有限公司"}, {"legal_type": "non_legal_enterprise"}, {"rep_name": stranger.name}, {"rep_id_number": stranger.number},
		} {
			p := b.open(s.url("/activate")).want(http.StatusOK, "activate-1").
				press(f.facts().with(wrong).with(fields{"agree": "1"})).want(http.StatusOK, "activate-2").sendCode(fields{"phone": phone})
			p = p.press(fields{"phone": phone, "sms_code": b.code(phone)}).lookInto().want(http.StatusUnprocessableEntity, "face")
			said[p.alert()] = true
		}
		if len(said) != 1 {
			t.Errorf("says %v", said)
		}
		spelled := f
		spelled.name = "  " + strings.ReplaceAll(f.name, "号", "号 ")
		p := b.activation(spelled).sendCode(fields{"phone": phone})
		third := p.press(fields{"phone": phone, "sms_code": b.code(phone)}).want(http.StatusOK, "activate-3")
		third.mustTell(f.name)

		// A firm that has no account is led to where it gets one.
		g := b.newFirm()
		phone = g.rep.phone
		p = b.activation(g).sendCode(fields{"phone": phone}).press(fields{"phone": phone, "sms_code": b.code(phone)}).lookInto()
		p.want(http.StatusUnprocessableEntity, "face").mustTell("没有待激活的账号").
			link("/register/enterprise").want(http.StatusOK, "register-enterprise")
	})
}
