package flowtest

import (
	"net/http"
	"strings"
	"testing"
)

// byAnother is a registration of the firm that names somebody else.
func (s *site) byAnother(f firm) firm {
	other := s.unregistered()
	other.name, other.uscc = f.name, f.uscc
	return other
}

// tryRegister goes through 企业注册 up to the face.
func (b *browser) tryRegister(f firm) *page {
	b.t.Helper()
	return b.open(b.site.url("/register/enterprise")).register(f.registration(), goodPassword)
}

// What there is of a firm that the register does not have is told to who represents
// it by its account, and to nobody else.
func TestStrangersLearnNothingOfAFirm(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		pending, waiting := s.imported(t, s.unregistered()), s.unregistered()
		b.tryRegister(waiting).want(http.StatusOK, "register-done")
		var said []string
		for _, f := range []firm{pending, waiting} {
			p := b.tryRegister(s.byAnother(f)).want(http.StatusUnprocessableEntity, "face")
			said = append(said, p.mustTell("法人信息不匹配").alert())
		}
		if said[0] != said[1] {
			t.Errorf("says %q and %q", said[0], said[1])
		}
		pending.rep.phone, waiting.rep.phone = s.person().phone, s.person().phone
		p := b.tryRegister(pending).want(http.StatusUnprocessableEntity, "face").mustTell("待激活")
		p.link("/activate").want(http.StatusOK, "activate-1")
		b.tryRegister(waiting).want(http.StatusUnprocessableEntity, "face").mustTell("正在等待登记机关核对")
	})
}

// Who types a firm's code before the register has it does not keep it.
func TestFirmOfWhoRepresentsIt(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		b, f := s.browser(t), s.unregistered()
		squatter := s.byAnother(f)
		b.tryRegister(squatter).want(http.StatusOK, "register-done").mustTell("等待核对")
		before := len(b.messages(squatter.rep.phone))
		b.putEntry(f, nil)
		b.registerFirm(f)
		b.notice(squatter.rep.phone, before)
		b.asFirm(f.uscc, goodPassword).want(http.StatusOK, "home")
		b.signOut()
		b.asFirm(squatter.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise").mustTell("已注销")
	})
}

// What the register says of an organisation's kind is told with its name and code;
// one whose licence was revoked opens as 受限, and portals see it.
func TestRegisterKnowsKindAndState(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		b, f := s.browser(t), s.unregistered()
		b.putEntry(f, map[string]string{"type": "non_legal_enterprise", "status": "revoked"})
		form := b.open(s.url("/register/enterprise")).sendCode(f.registration())
		typed := b.proofs(f.rep.phone, goodPassword)
		wrong := form.press(typed).want(http.StatusUnprocessableEntity, "register-enterprise")
		wrong.mustSayOnly("legal_type", "法人类型与登记机关的记载不一致")
		wrong.press(typed.with(fields{"legal_type": "non_legal_enterprise"})).lookInto().want(http.StatusOK, "register-done")
		me := b.enter(s.hall).want(http.StatusOK, "login-enterprise").signIn(f.account, goodPassword).want(http.StatusOK, "portal-me")
		if got := me.claims()["enterprise.status"]; got != "restricted" {
			t.Errorf("the portal is told %q", got)
		}
	})
}

// mustTell checks that a page says something.
func (p *page) mustTell(words ...string) *page {
	p.browser.t.Helper()
	for _, word := range words {
		if !strings.Contains(p.text(), word) {
			p.browser.t.Errorf("%s does not say %q: %s", p.name(), word, p.trouble())
		}
	}
	return p
}
