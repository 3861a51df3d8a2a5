package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func cmpSorted() cmp.Option { return cmpopts.SortSlices(strings.Compare) }

func TestLogout(t *testing.T) { // OpenID Connect RP-Initiated Logout 1.0 §2
	s := newStage(t)
	b := s.browser()
	form := b.signIn(s, "enterprise").csrf()
	to := b.post(s.url+"/logout", form).location(s.url)
	if got := b.get(s.url + "/me").status; got != http.StatusSeeOther {
		t.Errorf("/me answers %d before the provider was even reached", got)
	}
	back := b.get(to).location(to)

	sent := s.provider.ended[0]
	if got := strings.Count(sent.Get("id_token_hint"), "."); got != 2 {
		t.Errorf("id_token_hint %q is no ID token", sent.Get("id_token_hint"))
	}
	if sent.Get("post_logout_redirect_uri") != s.url+"/" || sent.Get("client_id") != testClient || len(sent.Get("state")) < 22 {
		t.Errorf("logout request %v", sent)
	}
	if len(s.provider.revoked) != 1 || len(s.provider.spent) != 0 {
		t.Errorf("revocations %v, refresh tokens alive %d", s.provider.revoked, len(s.provider.spent))
	}
	want := s.hall.pages.words.Notices[noticeSignedOut]
	if got := b.get(back).text("notice"); got != want {
		t.Errorf("notice %q, want %q", got, want)
	}
	for name, p := range map[string]page{
		"again":           b.get(back),
		"made up":         b.get(s.url + "/?state=guess"),
		"another browser": s.browser().get(back),
		"asked for":       b.get(s.url + "/?notice=" + noticeSignedOut),
	} {
		if got := p.text("notice"); got != "" || p.status != http.StatusOK {
			t.Errorf("%s: status %d, notice %q", name, p.status, got)
		}
	}
}

func TestLogoutWhenTheProviderIsDown(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	form := b.signIn(s, "enterprise").csrf()
	s.provider.Close()
	// Its metadata is known, so the browser is sent there all the same.
	if got := b.post(s.url+"/logout", form).header.Get("Location"); !strings.HasPrefix(got, s.provider.URL+"/logout?") {
		t.Errorf("led to %q", got)
	}
	if got := b.get(s.url + "/me").status; got != http.StatusSeeOther {
		t.Errorf("/me still answers %d", got)
	}
}

func TestLogoutWithoutEndSessionEndpoint(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	form := b.signIn(s, "enterprise").csrf()
	known := *s.hall.issuer.known.Load()
	known.EndSession = ""
	s.hall.issuer.known.Store(&known)
	if got := b.post(s.url+"/logout", form).header.Get("Location"); got != "/?notice="+noticeLocalOnly {
		t.Errorf("led to %q", got)
	}
}

func TestLogoutWithoutSignIn(t *testing.T) {
	s := newStage(t)
	if got := s.browser().post(s.url+"/logout", nil).header.Get("Location"); got != "/" {
		t.Errorf("led to %q", got)
	}
}

func TestLogoutFormMayReachTheProvider(t *testing.T) { // CSP Level 3 §6.4.1: form-action covers redirects
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	if got := p.header.Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self' "+s.provider.URL+";") {
		t.Errorf("policy %q", got)
	}
}
