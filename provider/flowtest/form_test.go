package flowtest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A picture is good for one try, in one browser, for five minutes.
func TestCaptcha(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onRedis), setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}})
	b, other := s.browser(t), s.browser(t)
	login := b.open(s.url("/login/enterprise"))
	image := attr(login.all(isCaptchaImage)[0], "src")

	// The picture and the voice are this browser's.
	for path, kind := range map[string]string{image: "image/png", strings.Replace(image, ".png", ".wav", 1): "audio/wav"} {
		if p := b.get(s.url(path)); p.status != http.StatusOK || p.header.Get("Content-Type") != kind || len(p.body) < 500 ||
			p.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s, %d bytes", path, p.status, p.header.Get("Content-Type"), len(p.body))
		}
		if p := other.get(s.url(path)); p.status != http.StatusNotFound {
			t.Errorf("another browser sees %s: %d", path, p.status)
		}
	}

	// On demand there is another, without script by a button, with what was typed kept.
	f := login.form("submit").set("account", software.account).set("password", demoPassword)
	fresh := f.forge("action", "new-captcha").send().want(http.StatusOK, "login-enterprise")
	if got := attr(fresh.must("account"), "value"); got != software.account || attr(fresh.all(isCaptchaID)[0], "value") == attr(login.all(isCaptchaID)[0], "value") {
		t.Errorf("a new picture: account %q", got)
	}
	// With script, by a new address of the same picture, whose answer is then new.
	before := fresh.form("submit").captcha()
	changed := false
	for range 3 { // one in ten thousand is the same again
		b.get(s.url(attr(fresh.all(isCaptchaImage)[0], "src") + "?again=1"))
		changed = changed || fresh.form("submit").captcha() != before
	}
	if !changed {
		t.Error("the picture asked for again has the old answer")
	}

	// Wrong once, it is used up; so is a right one after another mistake.
	wrong := fresh.form("submit").set("account", software.account).set("password", demoPassword).set("captcha", "no")
	wrong.send().want(http.StatusUnprocessableEntity, "login-enterprise").mustSay(t, "captcha", "不正确")
	right := fresh.form("submit").set("account", software.account).set("password", demoPassword).set("captcha", before)
	right.send().want(http.StatusUnprocessableEntity, "login-enterprise").mustSay(t, "captcha", "过期")
	once := b.open(s.url("/login/enterprise")).credentials(software.account, "Wrong-password-1")
	once.send().want(http.StatusUnprocessableEntity, "login-enterprise")
	once.set("password", demoPassword).send().want(http.StatusUnprocessableEntity, "login-enterprise").mustSay(t, "captcha", "过期")

	// Another browser's does not count.
	mine, theirs := b.open(s.url("/login/enterprise")), other.open(s.url("/login/enterprise"))
	stolen := mine.credentials(software.account, demoPassword)
	own := theirs.form("submit").set("account", software.account).set("password", demoPassword)
	own.forge("captcha_id", stolen.values.Get("captcha_id")).set("captcha", stolen.values.Get("captcha"))
	own.send().want(http.StatusUnprocessableEntity, "login-enterprise").mustSay(t, "captcha", "过期")

	// Nor does one that is too old.
	late := b.open(s.url("/login/enterprise")).credentials(software.account, demoPassword)
	s.forward(t, 5*time.Minute+2*time.Second)
	late.send().want(http.StatusUnprocessableEntity, "login-enterprise").mustSay(t, "captcha", "过期").
		signIn(software.account, demoPassword).want(http.StatusOK, "home")
}

func (p *page) mustSay(t *testing.T, field, want string) *page {
	t.Helper()
	if got := textOf(p.must(field + "-error")); !strings.Contains(got, want) {
		t.Errorf("at %s it says %q, want %q", field, got, want)
	}
	return p
}

// A form counts from the browser and the page it was made for.
func TestForeignForms(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b, other := s.browser(t), s.browser(t)
		theirs := other.open(s.url("/login/enterprise")).form("submit").values.Get("csrf")
		good := func() *form { return b.open(s.url("/login/enterprise")).credentials(software.account, demoPassword) }
		for name, f := range map[string]*form{
			"none": good().forge("csrf"), "empty": good().forge("csrf", ""), "another browser's": good().forge("csrf", theirs),
			"altered": good().forge("csrf", "A"+theirs[1:]),
		} {
			if p := f.send().wantProblem(http.StatusForbidden, "csrf"); b.cookie("tongid_session") != "" {
				t.Errorf("%s: signed in: %d", name, p.status)
			}
		}
		// From another site's page, even with the right token.
		evil := &page{browser: b, url: b.parse("http://" + thirdHost + ":9/")}
		r := good().request()
		r.from = evil
		p := b.send(r) // no Lax cookie comes with it
		if p.status != http.StatusForbidden && p.status != http.StatusBadRequest {
			t.Errorf("another site's form: %d", p.status)
		}
		foreign := "http://" + thirdHost + ":9"
		for name, header := range map[string]http.Header{
			"Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {foreign}}, "no Origin": {"Sec-Fetch-Site": {"cross-site"}, "Origin": nil},
			"same site": {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://" + issuerHost + ":9"}},
			"Origin":    {"Sec-Fetch-Site": nil, "Origin": {foreign}}, "null": {"Sec-Fetch-Site": nil, "Origin": {"null"}},
		} {
			r := good().request()
			r.header = header
			if p := b.send(r); p.status != http.StatusForbidden {
				t.Errorf("%s: %d", name, p.status)
			}
		}
		// A token from before the sign-in is none for a form after it.
		before := good().values.Get("csrf")
		home := b.signInDirectly(software)
		list := home.link("/center/sessions")
		list.form("submit").forge("csrf", before).send().wantProblem(http.StatusForbidden, "csrf")
		b.open(s.url("/logout")).form("logout-yes").forge("csrf", before).send().wantProblem(http.StatusForbidden, "csrf")
		b.open(s.url("/")).want(http.StatusOK, "home")
		// Nor is one of a session that has ended, for the next.
		old := list.form("submit").values.Get("csrf")
		b.signOut()
		b.signInDirectly(software)
		b.open(s.url("/center/sessions")).form("submit").forge("csrf", old).send().wantProblem(http.StatusForbidden, "csrf")
		b.open(s.url("/")).want(http.StatusOK, "home")
	})
}

// Without cookies nothing works, and the page says why.
func TestCookiesOff(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		b.jar = nil
		p := b.open(s.newClient(t, nil).ask(t, nil).url).wantProblem(http.StatusBadRequest, "cookies_off")
		if !strings.Contains(p.text(), "Cookie") {
			t.Errorf("says %q", p.text())
		}
		direct := b.open(s.url("/login/enterprise")).want(http.StatusOK, "login-enterprise")
		direct.credentials(software.account, demoPassword).send().wantProblem(http.StatusBadRequest, "cookies_off")
	})
}
