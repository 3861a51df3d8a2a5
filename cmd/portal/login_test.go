package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoginSendsPKCEStateAndNonce(t *testing.T) { // RFC 7636 §4.3, RFC 9700 §2.1.1, §4.7.1
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	b.signIn(s, "enterprise")

	first, second := s.provider.authorized[0], s.provider.authorized[1]
	for name, want := range map[string]string{
		"response_type": "code", "client_id": testClient, "redirect_uri": s.url + "/callback", "scope": defaultScope,
		"code_challenge_method": "S256", "account_type": "enterprise", "ui_locales": "zh-CN",
	} {
		if got := first.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(first.Get(name)) < 22 || first.Get(name) == second.Get(name) {
			t.Errorf("%s = %q, then %q: too short or used twice", name, first.Get(name), second.Get(name))
		}
	}
	for _, form := range s.provider.tokenForms {
		if form.Get("client_secret") != "" || form.Get("code_verifier") == "" {
			t.Errorf("token request %v: wants a verifier, and the secret in the header only", form)
		}
	}
}

func TestLoginPassesOnWhatIsTried(t *testing.T) {
	s := newStage(t)
	s.browser().start(s, "kind=agent&prompt=login&max_age=0&acr_values=urn:tongid:loa:3&client_id=other&scope=all&state=mine")
	got := s.provider.authorized[0]
	for name, want := range map[string]string{
		"account_type": "agent", "prompt": "login", "max_age": "0", "acr_values": "urn:tongid:loa:3",
		"client_id": testClient, "scope": defaultScope,
	} {
		if diff := cmp.Diff([]string{want}, got[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got.Get("state") == "mine" {
		t.Error("a visitor's state was taken over")
	}
}

func TestLoginWithoutKindLeavesTheChoiceToTheProvider(t *testing.T) {
	s := newStage(t)
	s.browser().start(s, "")
	if got := s.provider.authorized[0]; got.Has("account_type") {
		t.Errorf("account_type = %q was sent", got["account_type"])
	}
}

func TestLoginRefusesUnknownKindAndService(t *testing.T) {
	s := newStage(t)
	s.browser().get(s.url + "/login?kind=robot").wantProblem(problemNotFound)
	s.browser().get(s.url + "/login?kind=person&service=none").wantProblem(problemNotFound)
}

func TestLoginSaysWhenTheProviderIsDownAndRecovers(t *testing.T) {
	s := newStage(t, func(c *config) { c.Issuer = "http://127.0.0.1:1" })
	b := s.browser()
	b.get(s.url+"/").want(http.StatusOK, "page-portal-front")
	b.get(s.url + "/login?kind=enterprise").wantProblem(problemIssuerDown)
	b.get(s.url + "/callback?state=x&code=y").wantProblem(problemUnknownState)

	s.hall.issuer.url, s.hall.cfg.Issuer = s.provider.URL, s.provider.URL
	b.get(s.url + "/login?kind=enterprise").wantProblem(problemIssuerDown) // not asked again at once
	s.clock.advance(discoveryPause)
	b.signIn(s, "enterprise")
}

func TestLoginKeepsGoingOnOldMetadata(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	s.provider.Close()
	s.clock.advance(2 * discoveryMaxAge)
	p := b.get(s.url + "/login?kind=enterprise")
	if !strings.HasPrefix(p.header.Get("Location"), s.provider.URL+"/authorize?") {
		t.Errorf("got status %d to %q", p.status, p.header.Get("Location"))
	}
}

func TestLoginMovesLoopbackNamesTogether(t *testing.T) {
	s := newStage(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	for host, want := range map[string]string{
		"localhost:" + port: s.url + "/login?kind=enterprise&prompt=login",
		"[::1]:" + port:     s.url + "/login?kind=enterprise&prompt=login",
		"hall.example":      s.provider.URL + "/authorize", // a proxy may show its own names
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/login?kind=enterprise&prompt=login", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := s.browser().http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Location"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: sent to %q, want %q", host, got, want)
		}
	}
}

func TestPendingRequestsExpire(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	callback := b.start(s, "kind=enterprise")
	s.clock.advance(pendingTotal + time.Second)
	b.get(callback).wantProblem(problemUnknownState)
}

func TestCookies(t *testing.T) {
	tests := []struct {
		base, client string
		secure       bool
		want         string
	}{
		{"http://localhost:8090", "hrss-hall", false, "portal_hrss-hall"},
		{"https://hall.example", "hrss-hall", true, "portal_hrss-hall"},
		{"https://hall.example", "https://hall.example/client?a;b", true, "portal_https---hall.example-client-a-b-"},
	}
	for _, test := range tests {
		h := &hall{cfg: config{BaseURL: test.base, ClientID: test.client}}
		c := h.cookie(h.sessionCookie(), "v", 0)
		if !strings.HasPrefix(c.Name, test.want) || c.Valid() != nil {
			t.Errorf("cookie %q (%v), want a valid %q", c.Name, c.Valid(), test.want)
		}
		if c.Secure != test.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: attributes of %v", test.base, c)
		}
	}
	if cookieName("a:b") == cookieName("a;b") {
		t.Error("two clients share a cookie name")
	}
}

func TestTwoPortalsKeepTheirCookiesApart(t *testing.T) { // RFC 6265 §8.5: cookies know no ports
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	_, other := s.portal("other-hall")
	p := b.get(other + "/me")
	if got := p.header.Get("Location"); got != "/?notice="+noticeSignIn {
		t.Errorf("the other portal sent the visitor to %q", got)
	}
	b.get(s.url+"/me").want(http.StatusOK, "page-portal-me")
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range b.http.Jar.Cookies(u) {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"portal_" + testClient, "portal_" + testClient + "_flow"}, names, cmpSorted()); diff != "" {
		t.Error(diff)
	}
}
