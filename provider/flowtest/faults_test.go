package flowtest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// provoked is a site of its own whose outside systems misbehave.
func provoked() setup {
	return setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}, faults: true}
}

// others checks that people sign in as ever meanwhile.
func (s *site) others(t *testing.T, b *browser) {
	t.Helper()
	if took := elapsed(func() { b.signInDirectly(software) }); took > 5*time.Second {
		t.Errorf("signing in takes %s meanwhile", took)
	}
	b.signOut()
}

// wantUnavailable checks that a form says that something outside does not answer,
// and loses nothing.
func (p *page) wantUnavailable(name string) *page {
	p.browser.t.Helper()
	if p.status != http.StatusUnprocessableEntity && p.status != http.StatusServiceUnavailable || p.name() != name {
		p.browser.t.Fatalf("%s: got %d %s%s, want to be told to try again on %s", p.url.Path, p.status, p.name(), p.trouble(), name)
	}
	if p.alert() == "" {
		p.browser.t.Errorf("%s says nothing", name)
	}
	return p
}

// The register, the face provider and the message provider slow and failing, one
// after the other: nothing is granted, nothing typed is lost, and when they are
// back it goes on from there.
func TestOutsideSystemsFail(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, provoked(), func(t *testing.T, s *site) {
		outsideFails(t, s, [2]float64{0, 1})
		if s.backend.name == onSQLite { // it is waiting mostly
			outsideFails(t, s, [2]float64{6000, 0})
			outsideIsSlow(t, s)
		}
	})
}

func outsideFails(t *testing.T, s *site, fault [2]float64) {
	b, other := s.browser(t), s.browser(t)
	f := b.newFirm()
	form := b.open(s.url("/register/enterprise")).sendCode(f.registration())
	typed := f.registration().with(b.proofs(f.rep.phone, goodPassword))
	b.faultsOf(map[string][2]float64{"registry": fault})
	refused := form.press(typed).wantUnavailable("register-enterprise").kept(f.registration())
	s.others(t, other)
	b.faultsOf(nil)
	consent := pressUntil(t, refused, typed, "face-consent")

	waiting := consent.agreeToFace()
	b.face(waiting.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
	b.faultsOf(map[string][2]float64{"face": fault})
	waiting.press(nil).wantUnavailable("face")
	s.others(t, other)
	b.faultsOf(map[string][2]float64{"registry": fault})
	again := b.open(waiting.url.String()).want(http.StatusOK, "face")
	again = pressFor(t, again, "face")
	b.asFirm(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
	b.faultsOf(nil)
	pressUntil(t, again, nil, "register-done")
	b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
}

// outsideIsSlow checks that what comes late, but comes, is waited for.
func outsideIsSlow(t *testing.T, s *site) {
	b := s.browser(t)
	f := b.newFirm()
	form := b.open(s.url("/register/enterprise")).sendCode(f.registration())
	slow := [2]float64{2500, 0}
	b.faultsOf(map[string][2]float64{"registry": slow, "face": slow})
	form.press(b.proofs(f.rep.phone, goodPassword)).lookInto().want(http.StatusOK, "register-done")
	b.faultsOf(nil)
	b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
}

// pressFor presses until the page says that the next system does not answer.
func pressFor(t *testing.T, p *page, name string) *page {
	t.Helper()
	var got *page
	waitUntil(t, 40*time.Second, "the face check is through", func() bool {
		got = p.press(nil)
		return got.status != http.StatusOK && got.name() == name
	})
	return got
}

// pressUntil presses again until a system that was away is taken for well again.
func pressUntil(t *testing.T, p *page, values fields, name string) *page {
	t.Helper()
	var got *page
	waitUntil(t, 40*time.Second, "it goes on to "+name, func() bool {
		got = p.press(values)
		return got.name() == name
	})
	return got.want(http.StatusOK, name)
}

// A message that cannot be handed over goes out when the provider is back; when
// only one of two providers fails, nobody notices.
func TestMessagesSurviveTheirProvider(t *testing.T) {
	onOwn(t, []string{onSQLite}, provoked(), func(t *testing.T, s *site) {
		b := s.browser(t)
		p := s.person()
		b.faultsOf(map[string][2]float64{"sms": {0, 1}})
		form := b.open(s.url("/register/person")).sendCode(p.registration())
		if got := len(b.messages(p.phone)); got != 0 {
			t.Errorf("%d messages of a provider that fails", got)
		}
		s.others(t, s.browser(t))
		b.faultsOf(nil)
		waitUntil(t, 40*time.Second, "the message goes out", func() bool { return len(b.messages(p.phone)) > 0 })
		if got := b.messages(p.phone); len(got) != 1 {
			t.Errorf("%d messages, want one", len(got))
		}
		form.press(b.proofs(p.phone, goodPassword)).want(http.StatusOK, "face-consent")
		// Slow is not lost, and does not hold the form up.
		q := s.person()
		b.faultsOf(map[string][2]float64{"sms": {2500, 0}})
		if took := elapsed(func() { form = b.open(s.url("/register/person")).sendCode(q.registration()) }); took > 2400*time.Millisecond {
			t.Errorf("the form waits %s for the provider", took)
		}
		waitUntil(t, 40*time.Second, "the slow message goes out", func() bool { return len(b.messages(q.phone)) > 0 })
		b.faultsOf(nil)
		form.press(b.proofs(q.phone, goodPassword)).want(http.StatusOK, "face-consent")
	})
}

// A firm that the register does not have yet waits for it: it cannot sign in, and
// is told by message what came of it.
func TestWaitingForTheRegister(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}, func(t *testing.T, s *site) {
		b := s.browser(t)
		good, bad := s.unregistered(), s.unregistered()
		for _, f := range []firm{good, bad} {
			done := b.open(s.url("/register/enterprise")).register(f.registration(), goodPassword).want(http.StatusOK, "register-done")
			refused := done.click("next").signIn(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
			if got := refused.alert(); !strings.Contains(got, "登记机关") {
				t.Errorf("a firm that waits is told %q", got)
			}
			b.asFirm(f.account, "Wrong-password-1").want(http.StatusUnprocessableEntity, "login-enterprise")
		}
		b.putEntry(good, nil)
		b.putEntry(bad, map[string]string{"rep_name": s.person().name})
		before := map[string]int{good.rep.phone: len(b.messages(good.rep.phone)), bad.rep.phone: len(b.messages(bad.rep.phone))}
		s.forward(t, 15*time.Minute)
		told := func(f firm) string {
			var text string
			waitUntil(t, 60*time.Second, "a firm that waited is told", func() bool {
				if list := b.messages(f.rep.phone); len(list) > before[f.rep.phone] {
					text = list[0].Text
				}
				return text != ""
			})
			return text
		}
		if yes, no := told(good), told(bad); yes == no {
			t.Errorf("both are told %q", yes)
		}
		b.asFirm(good.account, goodPassword).want(http.StatusOK, "home")
		b.signOut()
		b.asFirm(bad.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
		// The code is free for who is right about it.
		b.putEntry(bad, nil)
		bad.account += "_2"
		b.registerFirm(bad)
		b.asFirm(bad.account, goodPassword).want(http.StatusOK, "home")
	})
}
