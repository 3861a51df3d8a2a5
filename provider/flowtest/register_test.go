package flowtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A new firm's first minutes: from the portal's 单位登录 over 立即注册, the code, the
// representative's face, back to the sign-in and into the hall.
func TestNewFirmReachesTheHall(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		s.known(trading.rep)
		before := len(b.codes(trading.rep.phone)) // a Redis Cluster outlives these tests
		start := b.enter(s.hall).want(http.StatusOK, "login-enterprise").link("/register/enterprise").
			want(http.StatusOK, "register-enterprise")
		filled := start.sendCode(trading.registration()).kept(trading.registration())
		typed := b.proofs(trading.rep.phone, goodPassword)
		submitted := filled.form("submit").fill(typed)
		consent := submitted.submit().want(http.StatusOK, "face-consent")

		// Nobody's face is looked at without their word.
		consent.press(nil).want(http.StatusUnprocessableEntity, "face-consent").mustSayOnly("face_consent", "同意")
		consent.link("/register/enterprise").want(http.StatusOK, "register-enterprise").kept(trading.registration())
		agreed := consent.form("submit").set("face_consent", "1")
		face := agreed.submit().want(http.StatusOK, "face")
		ticket, match := face.data("data-ticket"), face.data("data-match")
		if ticket == "" || len(match) != 2 {
			t.Fatalf("ticket %q, number %q", ticket, match)
		}
		if qr := b.get(s.url(attr(face.all(isQR)[0], "src"))); qr.status != http.StatusOK || qr.header.Get("Content-Type") != "image/png" {
			t.Errorf("QR code: %d %s", qr.status, qr.header.Get("Content-Type"))
		}
		face.wantState("waiting")
		face.press(nil).want(http.StatusUnprocessableEntity, "face") // too early
		b.face(ticket, "pass").wantStatus(http.StatusNoContent)
		face.wantState("passed")
		looked := face.form("submit")
		done := looked.submit().want(http.StatusOK, "register-done")

		// Every form sent again leads to where the case is now.
		for _, f := range []*form{submitted, agreed, looked} {
			again := f.send()
			if to := again.location(); again.status != http.StatusSeeOther || to.Path != done.url.Path {
				t.Errorf("%s again: %d to %v, want 303 to %s", f.action.Path, again.status, to, done.url.Path)
			}
		}
		if n := b.notice(trading.rep.phone, before+1); !strings.Contains(n.Text, "注册") {
			t.Errorf("the phone is told %q", n.Text)
		}
		me := done.click("next").want(http.StatusOK, "login-enterprise").signIn(trading.account, goodPassword).
			want(http.StatusOK, "portal-me")
		checkFirmClaims(t, me, trading, trading.account)
		if got := len(b.codes(trading.rep.phone)) - before; got != 1 {
			t.Errorf("%d codes were sent, want one", got)
		}
	})
}

// wantState asks how a face check stands, as the waiting page's script does.
func (p *page) wantState(want string) {
	p.browser.t.Helper()
	var state struct{ State string }
	p.browser.get(p.browser.site.url(p.data("data-poll"))).wantStatus(http.StatusOK).json(&state)
	if state.State != want {
		p.browser.t.Errorf("the check is %q, want %q", state.State, want)
	}
}

// codes are the codes among what a phone received.
func (b *browser) codes(phone string) []message {
	b.t.Helper()
	var found []message
	for _, m := range b.messages(phone) {
		if m.Code != "" {
			found = append(found, m)
		}
	}
	return found
}

func checkFirmClaims(t *testing.T, me *page, f firm, account string) {
	t.Helper()
	want := map[string]string{
		"account_type": "enterprise", "name": f.name, "preferred_username": account, "phone_number": "+86" + f.rep.phone,
		"phone_number_verified": "true", "enterprise.uscc": f.uscc, "enterprise.name": f.name, "enterprise.type": f.legalType,
		"enterprise.status": "active", "acr": "urn:tongid:loa:2", "amr": "pwd",
	}
	got, shown := me.claims(), map[string]string{}
	for name := range want {
		shown[name] = got[name]
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if got["enterprise.as_of"] == "" {
		t.Error("enterprise.as_of is absent")
	}
	for name, value := range got {
		if strings.Contains(value, f.rep.number) || value == f.rep.name || strings.HasPrefix(name, "agent") {
			t.Errorf("an enterprise account names a human: %s", name)
		}
	}
}

// What is there already is told to the representative, whose face was seen, and
// leads on: to recovery, to activation, to the appeal.
func TestRegisteringWhatIsThere(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		for _, tt := range []struct {
			firm firm
			says string
			link string
		}{
			{firm{"another_01", "enterprise", software.name, software.uscc, s.known(zhang)}, "已", "/recover"},
			{firm{"another_02", noodleShop.legalType, noodles.name, noodles.uscc, s.known(noodleShop.rep)}, "激活", "/activate"},
		} {
			if tt.firm.uscc == noodles.uscc {
				// On the shared sites somebody may activate it meanwhile.
				b.putEntry(tt.firm, nil)
			}
			p := b.open(s.url("/register/enterprise")).register(tt.firm.registration(), goodPassword)
			p.want(http.StatusUnprocessableEntity, "face")
			if len(p.all(isLinkTo(tt.link))) == 0 && len(p.all(isLinkTo("/recover"))) == 0 {
				t.Errorf("%s: says %q without a way on", tt.firm.name, p.alert())
			}
			// It stays so, whatever is sent.
			stays := p.form("submit")
			stays.values.Del("action")
			stays.submit().want(http.StatusUnprocessableEntity, "face")
			b.open(p.url.String()).want(http.StatusUnprocessableEntity, "face")
		}
		// Somebody else's face does not make them the representative; nothing tells
		// which of name and number was wrong.
		f := b.newFirm()
		var said []string
		for _, wrong := range []fields{{"rep_name": s.person().name}, {"rep_id_number": s.person().number}} {
			p := b.open(s.url("/register/enterprise")).register(f.registration().with(wrong), goodPassword).
				want(http.StatusUnprocessableEntity, "face")
			said = append(said, p.alert())
			p.press(nil).want(http.StatusOK, "register-enterprise").kept(f.registration().with(wrong))
		}
		if said[0] != said[1] || !strings.Contains(said[0], "法人信息不匹配") {
			t.Errorf("says %q and %q", said[0], said[1])
		}
		if got := len(b.messages(f.rep.phone)); got != 2 {
			t.Errorf("%d messages, want the two codes", got)
		}
		b.asFirm(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
		// The account is still free.
		b.registerFirm(f)
		b.asFirm(f.uscc, goodPassword).want(http.StatusOK, "home")
	})
}

// Name and code are public: what the register says of them is told before a code
// is worth anything.
func TestRegisterVerdictOnPublicFacts(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := b.newFirm()
		form := b.open(s.url("/register/enterprise")).sendCode(f.registration())
		typed := b.proofs(f.rep.phone, goodPassword)
		wrong := form.press(typed.with(fields{"name": f.name + "分公司"})).want(http.StatusUnprocessableEntity, "register-enterprise")
		if textOf(wrong.must("name-error")) == "" {
			t.Error("a wrong name is not said at the name")
		}
		b.putEntry(f, map[string]string{"status": "deregistered"})
		ended := wrong.press(typed.with(fields{"name": f.name})).want(http.StatusUnprocessableEntity, "register-enterprise")
		if textOf(ended.must("uscc-error")) == "" {
			t.Error("that the firm has ended is not said at its code")
		}
		ended.kept(f.registration())
		b.putEntry(f, nil)
		// The code was not used up by it.
		ended.press(typed).want(http.StatusOK, "face-consent")
	})
}

// Of a check that comes to nothing the page says why, and another one can be made.
func TestFaceResults(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := b.newFirm()
		page := b.open(s.url("/register/enterprise")).sendCode(f.registration()).
			press(b.proofs(f.rep.phone, goodPassword)).agreeToFace()
		for _, result := range []string{"fail", "cancel", "expire"} {
			ticket := page.data("data-ticket")
			b.face(ticket, result).wantStatus(http.StatusNoContent)
			b.face(ticket, "pass").wantStatus(http.StatusConflict) // it is decided
			refused := page.press(nil).want(http.StatusUnprocessableEntity, "face")
			if refused.alert() == "" || refused.has("data-ticket") {
				t.Errorf("%s: says %q, still shows a code: %v", result, refused.alert(), refused.has("data-ticket"))
			}
			page = refused.press(nil).want(http.StatusOK, "face")
			if page.data("data-ticket") == ticket {
				t.Errorf("%s: the next check is the same", result)
			}
		}
		b.call(http.MethodPost, "/simulator/face/"+page.data("data-ticket"), url.Values{"result": {"nonsense"}}).
			wantStatus(http.StatusUnprocessableEntity)
		b.face(page.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
		page.press(nil).want(http.StatusOK, "register-done")
	})
}

// The form of a pending authorization that ended meanwhile is still good for
// becoming known.
func TestRegistrationOutlivesItsPortal(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onRedis), setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}})
	rp := s.newClient(t, map[string]any{"account_types": []string{"person"}})
	b := s.browser(t)
	p := s.person()
	login := b.open(rp.ask(t, nil).url).want(http.StatusOK, "login-person")
	form := login.link("/register/person").want(http.StatusOK, "register-person").sendCode(p.registration())
	s.forward(t, minutesOf(4))
	consent := form.press(b.proofs(p.phone, goodPassword)).want(http.StatusOK, "face-consent")
	s.forward(t, minutesOf(26))
	done := consent.lookInto().want(http.StatusOK, "register-done")
	// The case itself lives half an hour.
	s.forward(t, minutesOf(31))
	b.open(done.url.String()).want(http.StatusOK, "login-enterprise")
	b.asPerson(p.phone, goodPassword).want(http.StatusOK, "home")
}
