package flowtest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A newcomer's first minutes: from a portal to the sign-in page and back, into
// the second portal without a password, and out of all of it.
func TestMainJob(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		login := b.enter(s.hall).want(http.StatusOK, "login-enterprise")
		if !strings.HasPrefix(login.url.String(), s.url("/login/enterprise?flow=")) {
			t.Errorf("signs in at %s", login.url)
		}
		if !strings.Contains(login.text(), "hrss hall") {
			t.Error("the sign-in page does not say which portal asked")
		}
		me := login.signIn(software.account, demoPassword).want(http.StatusOK, "portal-me")
		checkClaims(t, me)

		// The second portal: its front page knows nobody, and one press is enough.
		other := b.enter(s.medical).want(http.StatusOK, "portal-me")
		checkClaims(t, other)
		if a, o := me.claims(), other.claims(); a["sub"] == "" || a["sub"] != o["sub"] || a["sid"] != o["sid"] {
			t.Errorf("two portals see two people: %v, %v", a, o)
		}

		// New tokens on the press of a button.
		me = b.open(s.hall.url+"/me").want(http.StatusOK, "portal-me")
		if got := textOf(me.click("refresh").want(http.StatusOK, "portal-me").must("generation")); got != "2" {
			t.Errorf("generation %q after a refresh", got)
		}

		// Out of this portal, tongid, and the other portal.
		front := b.open(s.hall.url+"/me").click("logout").want(http.StatusOK, "portal-front")
		if front.url.Host != strings.TrimPrefix(s.hall.url, "http://") || front.find("login-enterprise") == nil {
			t.Errorf("signing out leads to %s", front.url)
		}
		b.open(s.medical.url+"/me").want(http.StatusOK, "portal-front")
		b.open(s.url("/")).want(http.StatusOK, "login-enterprise")
		b.enter(s.hall).want(http.StatusOK, "login-enterprise")
	})
}

// checkClaims compares what a portal was told with the contract.
func checkClaims(t *testing.T, me *page) {
	t.Helper()
	got := me.claims()
	want := map[string]string{
		"account_type": "enterprise", "name": software.name, "preferred_username": software.account,
		"locale": "zh-CN", "zoneinfo": "Asia/Shanghai", "phone_number": "+8613800000001",
		"enterprise.uscc": software.uscc, "enterprise.name": software.name, "enterprise.type": "enterprise",
		"enterprise.status": "active", "acr": "urn:tongid:loa:2", "amr": "pwd", "iss": me.browser.site.issuer,
	}
	shown := map[string]string{}
	for name := range want {
		shown[name] = got[name]
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	for _, name := range []string{"agent.name", "agent.id", "identity.doc_number"} {
		if got[name] != "" {
			t.Errorf("an enterprise account names a human: %s = %s", name, got[name])
		}
	}
	for id, value := range map[string]string{"account-type": "enterprise", "enterprise-status": "active", "level": "2"} {
		if got := attr(me.must(id), "data-value"); got != value {
			t.Errorf("#%s: %q, want %q", id, got, value)
		}
	}
}
