package flowtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// firm takes a browser that is not signed in through an enterprise's sign-in to
// tokens.
func (rp *relyingParty) firm(t testing.TB, b *browser, account, password string) (*oauth2.Token, string) {
	t.Helper()
	a := rp.ask(t, nil)
	to := b.open(a.url).want(http.StatusOK, "login-enterprise").credentials(account, password).until(rp.redirectURI)
	token, id := rp.redeem(t, a, a.answer(t, rp.site, to))
	return token, id.Subject
}

// ownFirm registers a firm that nobody else is, and signs it in.
func (b *browser) ownFirm() firm {
	b.t.Helper()
	f := b.registerFirm(b.newFirm())
	b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
	return f
}

// change is what 企业信息变更 asks for.
func (f firm) change() fields { return f.facts().without("uscc") }

// What the enterprise centre shows, and to whom.
func TestCenterShowsTheEnterprise(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		b.open(s.url("/center")).want(http.StatusOK, "login-enterprise")
		f := b.ownFirm()
		first := b.open(s.url("/")).link("/center").want(http.StatusOK, "center-enterprise")
		if first.url.Path != "/center/enterprise" {
			t.Errorf("/center leads to %s", first.url.Path)
		}
		masked := f.rep.phone[:3] + "****" + f.rep.phone[7:]
		for name, words := range map[string][]string{
			"enterprise":     {f.account, masked, f.name, f.uscc, "正常"},
			"representative": {"法人状态: 正常", "企业法人", "法定代表人姓名", masked, "2016年3月1日", "2036年3月1日", "企业信息变更"},
			"extension":      {"长春市", "100万元", "2020年1月2日", "试验", "F5199", "长春市市场监督管理局", "存续", "登记机关"},
			"password":       {"请输入旧密码"}, "phone": {masked, "身份验证"}, "change": {f.uscc}, "sessions": {f.name}, "portals": {"网站"},
		} {
			p := b.open(s.url("/center/"+name)).want(http.StatusOK, "center-"+name)
			for _, word := range words {
				if !strings.Contains(p.text(), word) && !strings.Contains(string(p.body), `="`+word+`"`) {
					t.Errorf("%s does not say %q", name, word)
				}
			}
			if body := string(p.body); strings.Contains(body, f.rep.number) || strings.Contains(body, f.rep.phone) || strings.Contains(body, f.rep.name) {
				t.Errorf("%s shows the person in full", name)
			}
			for _, other := range []string{"enterprise", "representative", "extension", "password", "phone", "change", "sessions", "portals"} {
				if len(p.all(isLinkTo("/center/"+other))) == 0 {
					t.Errorf("%s does not lead to %s", name, other)
				}
			}
		}
		// A register that does not know the firm is no fault.
		b.call(http.MethodDelete, "/simulator/registry/"+f.uscc, nil).wantStatus(http.StatusNoContent)
		if p := b.open(s.url("/center/extension")).want(http.StatusOK, "center-extension"); !strings.Contains(p.text(), "没有这家企业的信息") {
			t.Errorf("of an unknown firm it says %s", p.text())
		}
		// Persons have another centre.
		person := s.browser(t)
		person.asPerson(person.registerPerson(s.person()).phone, goodPassword).want(http.StatusOK, "home")
		for _, path := range []string{"/center", "/center/enterprise", "/center/change", "/center/password"} {
			person.open(s.url(path)).want(http.StatusOK, "home")
		}
		b.open(s.url("/me/account")).want(http.StatusOK, "home")
	})
}

// A change of password ends what was there before at every door.
func TestEnterpriseChangesPassword(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b, elsewhere := s.browser(t), s.browser(t)
		f := b.registerFirm(b.newFirm())
		const second = "Other-Meadow-5528"
		here, sub := rp.firm(t, b, f.account, goodPassword)
		there, _ := rp.firm(t, elsewhere, f.uscc, goodPassword)
		before := len(b.messages(f.rep.phone))
		form := b.open(s.url("/center/password")).want(http.StatusOK, "center-password")
		form.press(fields{}).want(http.StatusUnprocessableEntity, "center-password").mustSayOnly("old_password", "请输入")
		form.press(newPassword(second).with(fields{"old_password": "Wrong-password-1"})).
			want(http.StatusUnprocessableEntity, "center-password").mustSayOnly("old_password", "不正确")
		form.press(newPassword(goodPassword).with(fields{"old_password": goodPassword})).
			want(http.StatusUnprocessableEntity, "center-password").mustSayOnly("password", "")
		form.press(newPassword(f.account+"-A1").with(fields{"old_password": goodPassword})).
			want(http.StatusUnprocessableEntity, "center-password").mustSayOnly("password", "")
		old := b.cookie("tongid_session")
		changed := form.press(newPassword(second).with(fields{"old_password": goodPassword})).want(http.StatusOK, "center-enterprise")
		if !strings.Contains(changed.text(), "密码已修改") || b.cookie("tongid_session") == old {
			t.Error("the page does not say so, or the session keeps its secret")
		}
		b.notice(f.rep.phone, before)
		rp.wantDead(t, "the password changed", here)
		rp.wantDead(t, "the password changed", there)
		elsewhere.open(s.url("/center/enterprise")).want(http.StatusOK, "login-enterprise")
		elsewhere.asFirm(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
		elsewhere.asFirm(f.account, second).want(http.StatusOK, "home")
		if token, id := rp.silently(t, b); id.Subject != sub || !rp.active(t, token.AccessToken) {
			t.Error("the browser that changed it is not signed in")
		}
	})
}

// 手机变更: the password, then the new number's code. The old number is told.
func TestEnterpriseChangesPhone(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f, other := b.ownFirm(), s.person()
		first := b.open(s.url("/center/phone")).want(http.StatusOK, "center-phone")
		first.press(fields{"password": "Wrong-password-1"}).want(http.StatusUnprocessableEntity, "center-phone").mustSayOnly("password", "不正确")
		second := first.press(fields{"password": goodPassword}).want(http.StatusOK, "center-phone")
		second.form("send-sms").fill(fields{"phone": f.rep.phone}).answered().send().
			want(http.StatusUnprocessableEntity, "center-phone").mustSayOnly("phone", "相同")
		second = b.open(second.url.String()).sendCode(fields{"phone": other.phone})
		second.press(fields{"sms_code": "000000"}).want(http.StatusUnprocessableEntity, "center-phone").mustSayOnly("sms_code", "不正确")
		// Neither another browser of the same account nor another account goes on with it.
		for _, account := range []string{f.account, s.browser(t).ownFirm().account} {
			stranger := s.browser(t)
			stranger.asFirm(account, goodPassword).want(http.StatusOK, "home")
			if p := stranger.open(second.url.String()); p.find("sms_code") != nil {
				t.Error("another browser goes on with the case")
			}
		}
		before := len(b.messages(f.rep.phone))
		code := b.messages(other.phone)[0]
		if code.Purpose != "phone" {
			t.Errorf("the code is for %s", code.Purpose)
		}
		last := second.form("submit").fill(fields{"sms_code": code.Code})
		for _, p := range together(many(last, 20)...) {
			if p.status != http.StatusSeeOther {
				t.Errorf("of many clicks one answers %d%s", p.status, p.trouble())
			}
		}
		changed := last.submit().want(http.StatusOK, "center-enterprise")
		if !strings.Contains(changed.text(), other.phone[:3]+"****"+other.phone[7:]) {
			t.Error("the new number is not shown")
		}
		if n := b.notice(f.rep.phone, before); !strings.Contains(n.Text, other.phone[7:]) || strings.Contains(n.Text, other.phone) {
			t.Errorf("the old number is told %q", n.Text)
		}
		if got := len(b.messages(f.rep.phone)) - before; got != 1 {
			t.Errorf("the old number is told %d times", got)
		}
		// Signed in as somebody else, the same browser does not have the case any more.
		b.signOut()
		g := b.ownFirm()
		if p := b.open(second.url.String()); p.name() != "center-phone" || p.find("sms_code") != nil || g.account == f.account {
			t.Errorf("another account's case shows %s", p.name())
		}
	})
}

// What a portal may read is taken back in the enterprise centre.
func TestEnterpriseTakesBackAPortal(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		asking := s.newClient(t, map[string]any{"trusted": false, "client_name": "试验门户"})
		other := s.newClient(t, nil)
		b := s.browser(t)
		f := b.registerFirm(b.newFirm())
		a := asking.ask(t, nil)
		to := b.open(a.url).signIn(f.account, goodPassword).want(http.StatusOK, "consent").form("consent-allow").until(asking.redirectURI)
		token, _ := asking.redeem(t, a, a.answer(t, s, to))
		kept, _ := other.silently(t, b)
		list := b.open(s.url("/center/portals")).want(http.StatusOK, "center-portals")
		if !strings.Contains(list.text(), "试验门户") {
			t.Errorf("the portal is not listed: %s", list.text())
		}
		list.formOf(buttonIn(list, asking.id)).submit().want(http.StatusOK, "center-portals")
		asking.wantDead(t, "taken back", token)
		if !other.active(t, kept.AccessToken) {
			t.Error("another portal's token is dead")
		}
		b.open(asking.ask(t, nil).url).want(http.StatusOK, "consent")
	})
}

// 企业信息变更 with the same representative: what the register says is taken over,
// what it does not say is refused; nobody is signed out.
func TestEnterpriseChangesItsFacts(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b, elsewhere := s.browser(t), s.browser(t)
		f := b.ownFirm()
		token, sub := rp.firm(t, elsewhere, f.account, goodPassword)
		form := b.open(s.url("/center/representative")).link("/center/change").want(http.StatusOK, "center-change")
		if form.form("submit").values.Has("uscc") {
			t.Error("the code is sent")
		}
		changed := f
		changed.name, changed.legalType = f.name+"分公司", "non_legal_enterprise"

		form.press(fields{"name": "", "rep_name": ""}).want(http.StatusUnprocessableEntity, "center-change").
			mustSayOnly("name", "请输入").mustSayOnly("rep_id_number", "请输入")
		form.press(changed.change()).want(http.StatusUnprocessableEntity, "center-change").kept(changed.change()).
			mustSayOnly("name", "法人信息不匹配").mustSayOnly("legal_type", "法人信息不匹配")
		wrong := form.press(f.change().with(fields{"rep_name": s.person().name})).want(http.StatusUnprocessableEntity, "center-change")
		if !strings.Contains(wrong.alert(), "法人信息不匹配") {
			t.Errorf("another person: %q", wrong.alert())
		}
		b.call(http.MethodDelete, "/simulator/registry/"+f.uscc, nil).wantStatus(http.StatusNoContent)
		unknown := form.press(changed.change()).want(http.StatusUnprocessableEntity, "center-change").kept(changed.change())
		if !strings.Contains(unknown.alert(), "没有这家企业的信息") {
			t.Errorf("unknown to the register: %q", unknown.alert())
		}
		b.putEntry(changed, map[string]string{"status": "deregistered"})
		form.press(changed.change()).want(http.StatusUnprocessableEntity, "center-change").mustSayOnly("uscc", "不能变更")
		b.putEntry(changed, nil)

		before := len(b.messages(f.rep.phone))
		last := form.form("submit").fill(changed.change().with(fields{"rep_id_term": "long", "rep_id_to": ""}))
		done := last.submit().want(http.StatusOK, "center-enterprise")
		if !strings.Contains(done.text(), changed.name) {
			t.Errorf("it does not show the new name: %s", done.text())
		}
		if again := last.submit().want(http.StatusOK, "center-enterprise"); again.url.String() != done.url.String() {
			t.Errorf("the form sent again leads to %s, not %s", again.url, done.url)
		}
		if n := b.notice(f.rep.phone, before); !strings.Contains(n.Text, "已变更") || strings.Contains(n.Text, f.uscc) {
			t.Errorf("the phone is told %q", n.Text)
		}
		if got := len(b.messages(f.rep.phone)) - before; got != 1 {
			t.Errorf("the phone is told %d times", got)
		}
		if p := b.open(s.url("/center/representative")); !strings.Contains(p.text(), "负责人姓名") || !strings.Contains(p.text(), "长期有效") {
			t.Errorf("representative: %s", p.text())
		}
		elsewhere.open(s.url("/center")).want(http.StatusOK, "center-enterprise")
		_, claims := rp.userinfo(t, token.AccessToken)
		if got, _ := claims["enterprise"].(map[string]any); claims["sub"] != sub || got["name"] != changed.name || got["type"] != changed.legalType {
			t.Errorf("claims %v", claims)
		}
	})
}

// 企业信息变更 with a new representative: nothing happens before their face was
// seen; then everything that came before has ended.
func TestNewRepresentativeShowsTheirFace(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b, elsewhere, phone := s.browser(t), s.browser(t), s.browser(t)
		f := b.registerFirm(b.newFirm())
		here, sub := rp.firm(t, b, f.account, goodPassword)
		there, _ := rp.firm(t, elsewhere, f.uscc, goodPassword)
		next := f
		next.rep = s.person()
		b.putEntry(next, nil)
		submitted := b.open(s.url("/center/change")).form("submit").fill(next.change())
		consent := submitted.submit().want(http.StatusOK, "face-consent")
		consent.press(nil).want(http.StatusUnprocessableEntity, "face-consent").mustSayOnly("face_consent", "同意")
		consent.link("/center/change").want(http.StatusOK, "center-change").kept(next.change())
		face := consent.agreeToFace()
		ticket := face.data("data-ticket")
		shown := phone.open(s.url("/face/phone/"+ticket)).want(http.StatusOK, "face-phone")
		if !strings.Contains(shown.text(), "变更企业法定代表人") || !strings.Contains(shown.text(), f.name) || strings.Contains(shown.text(), next.rep.name) {
			t.Errorf("the phone says %s", shown.text())
		}
		face.press(nil).want(http.StatusUnprocessableEntity, "face") // too early
		// The case is of this browser and this account.
		for _, path := range []string{"/center/change", "/face/check", "/face/consent"} {
			other := s.browser(t)
			other.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
			if p := other.open(s.url(path + "?case=" + face.url.Query().Get("case"))); slices.Contains([]string{"face", "face-consent"}, p.name()) {
				t.Errorf("another browser's case shows %s at %s", p.name(), path)
			}
		}
		b.face(ticket, "pass").wantStatus(http.StatusNoContent)
		if p := b.open(s.url("/center/representative")); !strings.Contains(p.text(), "2036年3月1日") || !rp.active(t, here.AccessToken) {
			t.Error("changed before the end")
		}
		before, old := len(b.messages(f.rep.phone)), b.cookie("tongid_session")
		last := face.form("submit")
		for _, p := range together(many(last, 20)...) {
			if to := p.location(); p.status != http.StatusSeeOther || to.Path != "/center/change" && to.Path != "/face/check" {
				t.Errorf("of many clicks one answers %d to %v%s", p.status, to, p.trouble())
			}
		}
		done := last.submit().want(http.StatusOK, "center-enterprise")
		if got := len(b.messages(f.rep.phone)) - before; got != 1 {
			t.Errorf("the phone is told %d times", got)
		}
		if !strings.Contains(done.text(), "已变更") || len(done.all(isLinkTo("/center/password"))) < 2 || b.cookie("tongid_session") == old {
			t.Errorf("the page says %s", done.text())
		}
		if again := last.submit().want(http.StatusOK, "center-enterprise"); again.url.String() != done.url.String() {
			t.Errorf("the form sent again leads to %s, not %s", again.url, done.url)
		}
		if n := b.notice(f.rep.phone, before); !strings.Contains(n.Text, "已变更") {
			t.Errorf("the phone is told %q", n.Text)
		}
		rp.wantDead(t, "the representative changed", here)
		rp.wantDead(t, "the representative changed", there)
		elsewhere.open(s.url("/center")).want(http.StatusOK, "login-enterprise")
		if _, id := rp.silently(t, b); id.Subject != sub {
			t.Errorf("sub %s, was %s", id.Subject, sub)
		}
		// Recovery asks for the new one.
		recovery := s.browser(t)
		recovery.open(s.url("/recover")).press(next.recovery()).want(http.StatusOK, "recover-2").sendCode(nil).
			press(fields{"sms_code": b.code(f.rep.phone)}).want(http.StatusOK, "recover-3")
	})
}

// A face counts for nothing when the account was left, taken over or contradicted
// meanwhile.
func TestFaceOfAnEndedSession(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		begin := func() (*browser, firm, *page) {
			b := s.browser(t)
			f := b.ownFirm()
			next := f
			next.rep = s.person()
			b.putEntry(next, nil)
			face := b.open(s.url("/center/change")).press(next.change()).agreeToFace()
			b.face(face.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
			return b, next, face
		}
		b, f, face := begin()
		b.signOut()
		face.form("submit").submit().want(http.StatusOK, "login-enterprise")
		b.open(face.url.String()).want(http.StatusOK, "login-enterprise")
		b.ownFirm() // another account in the same browser
		if p := face.form("submit").submit().want(http.StatusOK, "center-change"); strings.Contains(string(p.body), f.uscc) {
			t.Error("another account's case is shown")
		}
		if p := b.open(s.url("/center/change?" + url.Values{"from": {face.url.Query().Get("case")}}.Encode())); strings.Contains(string(p.body), f.rep.number) {
			t.Error("another account's case is shown")
		}

		b, f, face = begin()
		b.putEntry(f, map[string]string{"rep_name": s.person().name})
		refused := face.press(nil).want(http.StatusUnprocessableEntity, "face")
		if !strings.Contains(refused.alert(), "法人信息不匹配") {
			t.Errorf("says %q", refused.alert())
		}
		refused.press(nil).want(http.StatusOK, "center-change").kept(f.change())
		b.open(s.url("/center")).want(http.StatusOK, "center-enterprise")
	})
}

// A register that does not answer changes nothing and loses nothing.
func TestCenterWithoutTheRegister(t *testing.T) {
	onOwn(t, []string{onSQLite}, provoked(), func(t *testing.T, s *site) {
		b := s.browser(t)
		f := b.ownFirm()
		next := f
		next.rep = s.person()
		b.putEntry(next, nil)
		form := b.open(s.url("/center/change")).want(http.StatusOK, "center-change")
		away := map[string][2]float64{"registry": {0, 1}}
		b.faultsOf(away)
		if p := b.open(s.url("/center/extension")).want(http.StatusOK, "center-extension"); !strings.Contains(p.text(), "暂时无法取得登记机关的信息") {
			t.Errorf("it says %s", p.text())
		}
		refused := form.press(next.change()).wantUnavailable("center-change").kept(next.change())
		b.faultsOf(nil)
		face := pressUntil(t, refused, next.change(), "face-consent").agreeToFace()
		b.face(face.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
		b.faultsOf(away)
		face.press(nil).wantUnavailable("face")
		b.open(s.url("/center")).want(http.StatusOK, "center-enterprise")
		b.faultsOf(nil)
		pressUntil(t, face, nil, "center-enterprise")
	})
}

// A wrong password in the enterprise centre is counted, and so is guessing who
// represents the enterprise.
func TestCenterIsLimited(t *testing.T) {
	onOwn(t, []string{onSQLite}, strict(), func(t *testing.T, s *site) {
		b := s.browserAt(t, "127.0.6.1")
		b.signInDirectly(software)
		form := b.open(s.url("/center/phone"))
		for range 5 {
			form = form.press(fields{"password": "Wrong-password-1"}).want(http.StatusUnprocessableEntity, "center-phone")
		}
		form.press(fields{"password": demoPassword}).wantHold("center-phone", 50*time.Second, time.Minute)
		b.open(s.url("/center/password")).press(newPassword(goodPassword).with(fields{"old_password": demoPassword})).
			wantHold("center-password", 30*time.Second, time.Minute)

		guess := firm{"", "enterprise", software.name, software.uscc, s.person()}
		change := b.open(s.url("/center/change"))
		for range 10 {
			change = change.press(guess.change()).want(http.StatusUnprocessableEntity, "center-change")
		}
		guess.rep = s.known(zhang)
		change.press(guess.change()).wantHold("center-change", 9*time.Minute, 10*time.Minute).kept(guess.change())
		s.forward(t, 11*time.Minute)
		change.press(guess.change()).want(http.StatusOK, "center-enterprise")
	})
}
