package flowtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// strict is a site with its limits on. Its clock is moved.
func strict() setup { return setup{settings: []string{"TONGID_DRAIN=0s"}} }

// wrongTries tries n wrong passwords in a row and returns the last answer.
func (b *browser) wrongTries(account string, n int) *page {
	b.t.Helper()
	p := b.open(b.site.url("/login/enterprise")).want(http.StatusOK, "login-enterprise")
	for range n {
		p = p.signIn(account, "Wrong-password-1")
	}
	return p
}

// wantWait checks that a try was refused for so long, and that the page says so.
func (p *page) wantWait(least, most time.Duration) *page {
	p.browser.t.Helper()
	p.want(http.StatusTooManyRequests, "login-enterprise")
	seconds, err := strconv.Atoi(p.header.Get("Retry-After"))
	if wait := time.Duration(seconds) * time.Second; err != nil || wait < least || wait > most {
		p.browser.t.Errorf("Retry-After %q, want %s to %s", p.header.Get("Retry-After"), least, most)
	}
	if !strings.Contains(p.alert(), "后再试") {
		p.browser.t.Errorf("the page does not tell the wait: %s", p.alert())
	}
	return p
}

// About the limits of a sign-in by password: each account, known or not, waits
// ever longer after five wrong ones, and nobody can lock a firm out of the
// browsers it uses.
func TestLockout(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, strict(), func(t *testing.T, s *site) {
		home := s.browserAt(t, "127.0.1.1")
		home.signInDirectly(software)
		attacker := s.browserAt(t, "127.0.1.2")
		const minute = time.Minute
		attacker.wrongTries(software.account, 5).want(http.StatusUnprocessableEntity, "login-enterprise")
		locked := attacker.wrongTries(software.account, 1).wantWait(50*time.Second, minute)
		// The right password does not help, nor another address or spelling.
		locked.signIn(software.account, demoPassword).wantWait(50*time.Second, minute)
		elsewhere := s.browserAt(t, "127.0.1.3")
		elsewhere.open(s.url("/login/enterprise")).signIn(strings.ToUpper(software.account)+" ", demoPassword).wantWait(45*time.Second, minute)
		// An account that does not exist waits as well, and says the same.
		attacker.wrongTries("nobody-here", 6).wantWait(50*time.Second, minute)
		// Others are not affected, not even from there.
		attacker.signInDirectly(builder)
		attacker.signOut()

		// The firm's own browser knows the way in.
		home.signOut()
		home.signInDirectly(software)

		// A restart forgets nothing, and signs nobody out.
		s.restart(t)
		home.open(s.url("/")).want(http.StatusOK, "home")
		attacker.wrongTries(software.account, 1).wantWait(30*time.Second, minute)
		attacker.wrongTries("nobody-here", 1).wantWait(30*time.Second, minute)

		// Each wait is twice as long.
		ahead := time.Duration(0)
		for _, wait := range []time.Duration{2 * minute, 4 * minute, 8 * minute, 15 * minute, 15 * minute} {
			ahead += wait // longer than the one before
			s.forward(t, ahead)
			attacker.wrongTries(software.account, 1).want(http.StatusUnprocessableEntity, "login-enterprise")
			attacker.wrongTries(software.account, 1).wantWait(wait-10*time.Second, wait)
		}

		// In the end the right password counts again, and all is forgotten.
		s.forward(t, ahead+16*minute)
		attacker.signInDirectly(software)
		attacker.signOut()
		attacker.forget("tongid_device")
		attacker.wrongTries(software.account, 5).want(http.StatusUnprocessableEntity, "login-enterprise")
		attacker.wrongTries(software.account, 1).wantWait(50*time.Second, minute)
	})
}

// A browser that signed in before has its own count, of its own tries.
func TestKnownBrowserIsCountedToo(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onSQLite), strict())
	b := s.browser(t)
	b.signInDirectly(software)
	b.signOut()
	b.wrongTries(software.account, 5).want(http.StatusUnprocessableEntity, "login-enterprise")
	b.wrongTries(software.account, 1).wantWait(50*time.Second, time.Minute)
	// Elsewhere the count is another.
	s.browser(t).signInDirectly(software)
	// A device cookie that somebody wrote themselves is none; another account's is
	// none for this one.
	forger := s.browser(t)
	forger.wrongTries(builder.account, 5)
	for _, value := range []string{"eyJkIjoiQSIsImEiOltdfQ.AAAA", b.cookie("tongid_device"), "x", strings.Repeat("A", 3000)} {
		forger.jar.SetCookies(forger.parse(s.issuer), []*http.Cookie{{Name: "tongid_device", Value: value, Path: "/"}})
		forger.open(s.url("/login/enterprise")).signIn(builder.account, demoPassword).wantWait(30*time.Second, time.Minute)
	}
}

// Fifty wrong tries from one address, whatever the accounts, and it waits.
func TestAddressLimit(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, strict(), func(t *testing.T, s *site) {
		b := s.browserAt(t, "127.0.2.1")
		p := b.open(s.url("/login/enterprise"))
		for n := range 50 {
			f := p.credentials(fmt.Sprintf("guess-%d", n), "Wrong-password-1")
			r := f.request()
			// An address that a client claims for itself is not believed.
			r.header = http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", n)}, "X-Real-Ip": {fmt.Sprintf("203.0.113.%d", n)}}
			p = b.send(r).want(http.StatusUnprocessableEntity, "login-enterprise")
		}
		p.signIn("guess-50", "Wrong-password-1").wantWait(45*time.Second, time.Minute)
		p = b.open(s.url("/login/enterprise"))
		p.signIn(software.account, demoPassword).wantWait(40*time.Second, time.Minute)
		s.browserAt(t, "127.0.2.2").signInDirectly(software)
	})
}

// signOut ends the session by the page for it.
func (b *browser) signOut() *page {
	b.t.Helper()
	return b.open(b.site.url("/logout")).click("logout-yes").want(http.StatusOK, "logged-out")
}

// restart kills every process of a site as a power cut would, and starts as many
// again.
func (s *site) restart(t testing.TB) {
	t.Helper()
	old := s.replicas
	s.replicas = nil
	for _, r := range old {
		if err := r.signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-r.done
		for _, err := range s.ledger.audit(r.log.all()) {
			t.Errorf("log of %s: %v", r.name, err)
		}
		if s.front != nil {
			s.front.remove(r.address)
		}
	}
	listen := issuerHost + ":0"
	if s.front == nil {
		listen = old[0].address
	}
	for range old {
		if err := s.addReplica(listen); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range s.replicas {
		if err := s.waitReady(r); err != nil {
			t.Fatal(err)
		}
	}
}
