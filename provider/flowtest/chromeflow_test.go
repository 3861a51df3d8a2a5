package flowtest

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// In Chromium there are cookies, redirects and policies as people have them.

// The main job, with and without script.
func TestMainJobInABrowser(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		t.Run("with script", func(t *testing.T) { mainJob(t, s, true) })
		t.Run("without", func(t *testing.T) { mainJob(t, s, false) })
	})
}

func mainJob(t *testing.T, s *site, script bool) {
	tb := s.tab(t)
	if !script {
		tb.noScript()
	}
	tb.open(s.hall.url + "/")
	tb.see("portal-front")
	tb.click("login-enterprise")
	tb.see("login-enterprise")
	if got := evaluate[bool](tb, `document.documentElement.classList.contains("js")`); got != script {
		t.Fatalf("script runs: %v", got)
	}
	tb.shot("login")
	// Something wrong first: the page says so and keeps what was typed.
	tb.fill("account", software.account)
	tb.fill("password", "Wrong-password-1")
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
	waitUntil(t, tabWithin, "the refusal", func() bool {
		shown, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](`!!document.querySelector("[role=alert]")`))
		return err == nil && shown
	})
	tb.see("login-enterprise")
	if got := tb.text(`document.getElementById("account").value`); got != software.account {
		t.Errorf("the page keeps %q", got)
	}
	tb.shot("refused")
	tb.fill("password", demoPassword)
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
	tb.see("portal-me")
	if got := tb.text(`document.getElementById("uscc").textContent`); got != software.uscc {
		t.Errorf("signed in as %q", got)
	}
	tb.shot("me")
	tb.click("peer") // the other portal, without a password
	waitUntil(t, tabWithin, "the other portal", func() bool { return strings.HasPrefix(tb.location(), s.medical.url) })
	tb.see("portal-me")
	tb.click("refresh")
	waitUntil(t, tabWithin, "the second generation", func() bool {
		text, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string](`document.getElementById("generation").textContent`))
		return err == nil && text == "2"
	})
	tb.open(s.url("/"))
	tb.see("home")
	tb.shot("home")
	tb.open(s.medical.url + "/me")
	tb.see("portal-me")
	tb.click("logout")
	tb.see("portal-front")
	tb.open(s.hall.url + "/me")
	tb.see("portal-front")
	tb.open(s.url("/"))
	tb.see("login-enterprise")
	tb.expect("status of 422") // the refusal
}

// A portal whose callback sends the browser on to a third site: the policy of the
// page with the form must not stop it (form-action applies to redirects, too).
func TestCallbackToAThirdSite(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onRedis))
	third := serveAt(t, thirdHost, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!DOCTYPE html><link rel="icon" href="data:,"><title>third</title><main id="page-third">third</main>`)
	}))
	address, err := lab.address(portalHost)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.startPortal("hrss", address, s.medical.url, "--callback-then", third+"/landing")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	tb := s.tab(t)
	tb.open(p.url + "/login?kind=enterprise")
	tb.signIn(software)
	tb.see("third")
	// Consent is a form, too.
	consenting := s.newClient(t, map[string]any{"trusted": false, "redirect_uris": []string{third + "/callback"}})
	tb.open(consenting.ask(t, nil).url)
	tb.see("consent")
	tb.shot("consent")
	tb.click("consent-allow")
	tb.see("third")
	// And so is the page that asks before it signs out.
	leaving := s.newClient(t, map[string]any{"post_logout_redirect_uris": []string{third + "/out"}})
	tb.open(s.url("/oauth2/logout?" + url.Values{"client_id": {leaving.id}, "post_logout_redirect_uri": {third + "/out"}}.Encode()))
	tb.see("logout")
	tb.shot("logout")
	tb.click("logout-yes")
	tb.see("third")
}

// form_post sends itself; without script it takes a press of its button.
func TestFormPostInABrowser(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onCluster))
	var posted atomic.Pointer[url.Values]
	receiver := serveAt(t, portalHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.ParseForm() == nil {
			posted.Store(&r.PostForm)
		}
		fmt.Fprint(w, `<!DOCTYPE html><link rel="icon" href="data:,"><title>received</title><main id="page-received">received</main>`)
	}))
	rp := s.newClient(t, map[string]any{"redirect_uris": []string{receiver + "/callback"}})
	for name, script := range map[string]bool{"with script": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			posted.Store(nil)
			tb := s.tab(t)
			if !script {
				tb.noScript()
			}
			a := rp.ask(t, url.Values{"response_mode": {"form_post"}})
			tb.open(a.url)
			tb.signIn(software)
			if !script {
				tb.see("form-post")
				tb.shot("form-post")
				tb.click("submit")
			}
			tb.see("received")
			got := posted.Load()
			if got == nil || got.Get("state") != a.state || got.Get("iss") != s.issuer {
				t.Fatalf("received %v", got)
			}
			s.ledger.keep("code", got.Get("code"))
			rp.redeem(t, a, got.Get("code"))
		})
	}
}

// A portal that opens us in a window of its own finds that window again, when no page
// of ours is shown in it, too.
func TestSignInInAPopup(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	var ask atomic.Pointer[string]
	receiver := serveAt(t, portalHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		script := fmt.Sprintf(`document.getElementById("open").onclick = function () { window.open(%q) };
			window.onmessage = function (e) { document.title = e.data }`, *ask.Load())
		if r.URL.Path == "/callback" {
			script = `if (window.opener) { window.opener.postMessage("told", location.origin); window.close() }`
		}
		fmt.Fprintf(w, `<!DOCTYPE html><link rel="icon" href="data:,"><title>waiting</title>
			<main id="page-opener"><button id="open">open</button></main><script>%s</script>`, script)
	}))
	rp := s.newClient(t, map[string]any{"redirect_uris": []string{receiver + "/callback"}})
	address := rp.ask(t, nil).url
	ask.Store(&address)
	tb := s.tab(t)
	tb.open(s.url("/login/enterprise"))
	tb.signIn(software)
	tb.see("home")
	tb.open(receiver + "/")
	tb.see("opener")
	tb.click("open")
	waitUntil(t, tabWithin, "word from the other window", func() bool {
		title, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string](`document.title`))
		return err == nil && title == "told"
	})
}

// A keyboard is enough.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	tb := s.tab(t)
	tb.open(s.hall.url + "/")
	tb.see("portal-front")
	tb.tabTo("login-enterprise")
	tb.press(kb.Enter)
	tb.see("login-enterprise")
	tb.tabTo("account")
	tb.press(software.uscc + kb.Tab)
	if got := tb.text(`document.activeElement.id`); got != "password" {
		t.Errorf("after the account comes %q", got)
	}
	tb.press(demoPassword)
	tb.tabTo("captcha")
	tb.press(tb.captcha() + kb.Enter) // Enter is the main button, not the one for a new picture
	tb.see("portal-me")
	tb.open(s.url("/logout"))
	tb.see("logout")
	tb.tabTo("logout-yes")
	tb.press(kb.Enter)
	tb.see("logged-out")
}

// On a phone nothing has to be scrolled sideways, in either language and size.
func TestPagesFitAPhone(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	consenting := s.newClient(t, map[string]any{"trusted": false, "client_name": "吉林省人力资源和社会保障厅网上办事大厅企业职工基本养老保险单位申报系统"})
	persons := s.newClient(t, map[string]any{"account_types": []string{"person"}})
	tb := s.tab(t)
	tb.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile))
	choice := "lang=zh-CN&large=0"
	look := func(address, name string) {
		t.Helper()
		tb.open(address)
		tb.see(name)
		tb.fits()
		tb.shot("phone-" + name)
		chosen := tb.text(`document.documentElement.lang + " " + document.documentElement.classList.contains("large")`)
		if want := strings.NewReplacer("lang=", "", "&large=0", " false", "&large=1", " true").Replace(choice); chosen != want {
			t.Errorf("%s is shown in %q, chosen was %q", address, chosen, want)
		}
	}
	outside := func() {
		t.Helper()
		look(s.url("/login/enterprise"), "login-enterprise")
		look(s.url("/oauth2/authorize?client_id=nobody"), "error")
		look(s.url("/no-such-page"), "error")
		look(s.url("/logged-out"), "logged-out")
		look(s.url("/simulator/"), "simulator")
	}
	inside := func() {
		t.Helper()
		look(s.url("/"), "home")
		look(s.url("/center/sessions"), "center-sessions")
		look(s.url("/logout"), "logout")
		look(consenting.ask(t, nil).url, "consent")
		look(persons.ask(t, nil).url, "wrong-account")
	}
	choices := []string{"lang=zh-CN&large=0", "lang=zh-CN&large=1", "lang=en&large=0", "lang=en&large=1"}
	for _, choice = range choices {
		look(s.url("/preferences?"+choice+"&return=/logged-out"), "logged-out")
		outside()
	}
	tb.open(s.hall.url + "/")
	tb.see("portal-front")
	tb.fits()
	tb.click("login-enterprise")
	tb.signIn(software)
	tb.see("portal-me")
	tb.fits()
	for _, choice = range choices {
		look(s.url("/preferences?"+choice+"&return=/"), "home")
		inside()
	}
	tb.expect("status of 404", "status of 400") // the error pages
}

// The links for language and size keep the flow and what they set.
func TestLanguageAndSize(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	tb := s.tab(t)
	tb.open(s.hall.url + "/login?kind=enterprise")
	tb.see("login-enterprise")
	if got := tb.text(`document.documentElement.lang`); got != "zh-CN" {
		t.Errorf("begins in %q", got)
	}
	size := func() float64 {
		return evaluate[float64](tb, `parseFloat(getComputedStyle(document.getElementById("submit")).fontSize)`)
	}
	small := size()
	tb.do(chromedp.Click(chromedp.CSS(`a[hreflang="en"]`)))
	waitUntil(t, tabWithin, "English", func() bool {
		lang, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string](`document.documentElement.lang`))
		return err == nil && lang == "en"
	})
	tb.see("login-enterprise")
	tb.shot("english")
	tb.do(chromedp.Click(chromedp.CSS(`a[href*="large=1"]`)))
	waitUntil(t, tabWithin, "large text", func() bool {
		large, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](`document.documentElement.classList.contains("large")`))
		return err == nil && large
	})
	tb.see("login-enterprise")
	tb.shot("large")
	if large := size(); large < small*1.15 {
		t.Errorf("the text grew from %v to %v pixels", small, large)
	}
	tb.signIn(software) // the flow is the same still
	tb.see("portal-me")
	tb.open(s.url("/"))
	tb.see("home")
	if got := tb.text(`document.documentElement.lang + " " + document.documentElement.className`); !strings.HasPrefix(got, "en large") {
		t.Errorf("the choice is forgotten: %q", got)
	}
}

// The picture can be changed without losing what was typed, with script and
// without, and heard.
func TestCaptchaInABrowser(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onRedis))
	t.Run("with script", func(t *testing.T) { captchaJob(t, s, true) })
	t.Run("without", func(t *testing.T) { captchaJob(t, s, false) })
}

func captchaJob(t *testing.T, s *site, script bool) {
	tb := s.tab(t)
	if !script {
		tb.noScript()
	}
	tb.open(s.url("/login/enterprise"))
	tb.see("login-enterprise")
	const loaded = `(function(i){ return i.complete && i.naturalWidth > 0 ? i.src : "" })(document.querySelector(".captcha-image"))`
	before := tb.text(loaded)
	if before == "" {
		t.Error("the picture does not show")
	}
	tb.fill("account", software.account)
	tb.do(chromedp.Click(chromedp.CSS(`button[value="new-captcha"]`)))
	waitUntil(t, tabWithin, "another picture", func() bool {
		now, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string](loaded))
		return err == nil && now != "" && now != before
	})
	if got := tb.text(`document.getElementById("account").value`); got != software.account {
		t.Errorf("a new picture forgets what was typed: %q", got)
	}
	if script {
		// The sound is one that this browser plays.
		length, err := chromedp.Run(tb.ctx, chromedp.Evaluate[float64](`new Promise(function (done) {
			var a = document.querySelector("audio"); a.preload = "auto";
			a.onloadedmetadata = function () { done(a.duration) }; a.onerror = function () { done(-1) }; a.load();
		})`, chromedp.EvalAwaitPromise))
		if err != nil || length < 1 {
			t.Errorf("the spoken code lasts %v seconds: %v", length, err)
		}
	}
	tb.fill("password", demoPassword)
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
	tb.see("home")
}

// serveAt serves on an address of its own until the test ends.
func serveAt(t *testing.T, host string, h http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}
