package flowtest

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wantHold checks that a form was refused for so long, and keeps what was typed.
func (p *page) wantHold(name string, least, most time.Duration) *page {
	p.browser.t.Helper()
	p.want(http.StatusTooManyRequests, name)
	seconds, err := strconv.Atoi(p.header.Get("Retry-After"))
	if wait := time.Duration(seconds) * time.Second; err != nil || wait < least || wait > most {
		p.browser.t.Errorf("%s: Retry-After %q, want %s to %s", name, p.header.Get("Retry-After"), least, most)
	}
	if !p.has("data-wait") {
		p.browser.t.Errorf("%s does not tell the wait: %s", name, p.alert())
	}
	return p
}

// A phone gets a code a minute and five an hour, and is told how long to wait.
func TestCodesAreLimited(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, strict(), func(t *testing.T, s *site) {
		b := s.browserAt(t, "127.0.3.1")
		p := s.person()
		ahead := time.Duration(0)
		form := b.open(s.url("/register/person")).sendCode(p.registration())
		refused := form.form("send-sms").send().wantHold("register-person", 40*time.Second, time.Minute).kept(p.registration())
		if refused.form("submit").asksCaptcha() {
			t.Error("a captcha is asked while the code lives")
		}
		// Nor from another browser and address.
		other := s.browserAt(t, "127.0.3.2")
		other.open(s.url("/register/person")).form("send-sms").fill(p.registration()).answered().send().
			wantHold("register-person", 30*time.Second, time.Minute)
		for range 4 {
			ahead += 61 * time.Second
			s.forward(t, ahead)
			form = form.sendCode(nil)
			b.code(p.phone)
		}
		ahead += 61 * time.Second
		s.forward(t, ahead)
		form.form("send-sms").send().wantHold("register-person", 50*time.Minute, time.Hour)
		if got := len(b.codes(p.phone)); got != 5 {
			t.Errorf("%d codes, want 5", got)
		}
		// The last of them is good all the same.
		form.press(b.proofs(p.phone, goodPassword)).want(http.StatusOK, "face-consent")
		q := s.person()
		b.open(s.url("/register/person")).sendCode(q.registration())
	})
}

// An address that begins one recovery after the other has to wait, whether there
// are such accounts; nobody else has, not even for the same account.
func TestRecoveryIsLimited(t *testing.T) {
	onOwn(t, []string{onSQLite}, strict(), func(t *testing.T, s *site) {
		f := firm{software.account, "enterprise", software.name, software.uscc, zhang}
		b := s.browserAt(t, "127.0.4.1")
		for n := range 100 {
			facts := f.recovery()
			if n%2 == 0 {
				facts = facts.with(fields{"account": "nobody_here"})
			}
			b.open(s.url("/recover")).pressFor(facts).wantStatus(http.StatusSeeOther)
		}
		refused := b.open(s.url("/recover")).press(f.recovery()).wantHold("recover-1", 9*time.Minute, 10*time.Minute)
		refused.kept(f.recovery())
		if strings.Contains(refused.alert(), "短信") || strings.Contains(refused.alert(), "获取验证码") {
			t.Errorf("speaks of codes: %s", refused.alert())
		}
		s.browserAt(t, "127.0.4.2").open(s.url("/recover")).press(f.recovery()).want(http.StatusOK, "recover-2")
	})
}

// A wrong password in the personal centre is counted as at the sign-in.
func TestPersonsPasswordIsLimited(t *testing.T) {
	onOwn(t, []string{onSQLite}, strict(), func(t *testing.T, s *site) {
		b := s.browserAt(t, "127.0.5.1")
		s.ledger.keep("password", demoPassword)
		b.asPerson(liSi.phone, demoPassword).want(http.StatusOK, "home")
		form := b.open(s.url("/me/phone"))
		for range 5 {
			form = form.press(fields{"password": "Wrong-password-1"}).want(http.StatusUnprocessableEntity, "me-phone")
		}
		refused := form.press(fields{"password": demoPassword}).wantHold("me-phone", 50*time.Second, time.Minute)
		if strings.Contains(refused.alert(), "短信") || strings.Contains(refused.alert(), "获取验证码") {
			t.Errorf("speaks of codes: %s", refused.alert())
		}
		b.open(s.url("/me/close")).press(fields{"password": demoPassword, "confirm": "1"}).wantHold("me-close", 30*time.Second, time.Minute)
		s.forward(t, 61*time.Second)
		refused.press(fields{"password": demoPassword}).want(http.StatusOK, "me-phone")
	})
}
