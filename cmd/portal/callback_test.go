package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestCallbackStateIsGoodForOneAnswer(t *testing.T) { // RFC 9700 §4.7.1
	s := newStage(t)
	b := s.browser()
	callback := b.start(s, "kind=enterprise")
	if got := b.get(callback).header.Get("Location"); got != "/me" {
		t.Fatalf("callback led to %q", got)
	}
	b.get(callback).wantProblem(problemUnknownState)
	b.get(s.url+"/me").want(http.StatusOK, "page-portal-me") // the sign-in itself stands
	if got := len(s.provider.tokenForms); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}

func TestCallbackStateUnderRacers(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	callback := b.start(s, "kind=enterprise")
	var in, refused atomic.Int32
	var racers sync.WaitGroup
	for range 20 {
		racers.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, callback, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := b.http.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			switch resp.StatusCode {
			case http.StatusSeeOther:
				in.Add(1)
			case http.StatusBadRequest:
				refused.Add(1)
			}
		})
	}
	racers.Wait()
	if in.Load() != 1 || refused.Load() != 19 {
		t.Errorf("%d got in, %d were refused; want 1 and 19", in.Load(), refused.Load())
	}
}

func TestCallbackStateBelongsToOneBrowser(t *testing.T) { // RFC 6749 §10.12
	s := newStage(t)
	mine, other := s.browser(), s.browser()
	callback := mine.start(s, "kind=enterprise")
	other.get(callback).wantProblem(problemUnknownState)
	other.get(s.url + "/") // with a cookie of its own
	other.get(callback).wantProblem(problemUnknownState)
	mine.follow(callback).want(http.StatusOK, "page-portal-me") // and was not spent by the other
}

func TestCallbackWithUnknownOrBrokenParameters(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	for query, want := range map[string]problemCode{
		"":                         problemUnknownState,
		"state=never-sent&code=x":  problemUnknownState,
		"error=access_denied":      problemUnknownState,
		"code=x&code=y&state=z":    problemBadAnswer, // RFC 6749 §3.1
		"state=a&state=b":          problemBadAnswer,
		"state=a&iss=b&iss=c":      problemBadAnswer,
		"state=%zz":                problemBadAnswer,
		"state=a%00b&code=%ff%fe":  problemUnknownState,
		"state=" + longText(20000): problemUnknownState,
	} {
		b.get(s.url + "/callback?" + query).wantProblem(want)
	}
}

func TestCallbackChecksIss(t *testing.T) { // RFC 9207 §2.4
	s := newStage(t)
	for name, iss := range map[string]string{
		"another":      "https://evil.example",
		"missing":      "",
		"nearly right": s.provider.URL + "/",
	} {
		s.provider.iss = &iss
		b := s.browser()
		p := b.follow(s.url + "/login?kind=enterprise")
		if p.problem() != string(problemForeignIssuer) {
			t.Errorf("%s iss: got status %d, problem %q", name, p.status, p.problem())
		}
		s.provider.refusal = url.Values{"error": {"access_denied"}}
		p = b.follow(s.url + "/login?kind=enterprise")
		if p.problem() != string(problemForeignIssuer) {
			t.Errorf("%s iss in an error: got problem %q", name, p.problem())
		}
		s.provider.refusal = nil
	}
	if got := len(s.provider.tokenForms); got != 0 {
		t.Errorf("%d codes were sent to the token endpoint", got)
	}
}

func TestCallbackChecksTheIDToken(t *testing.T) { // OpenID Connect Core §3.1.3.7
	set := func(name string, value any) func(map[string]any) {
		return func(claims map[string]any) { claims[name] = value }
	}
	drop := func(name string) func(map[string]any) {
		return func(claims map[string]any) { delete(claims, name) }
	}
	past := newTestClock().now().Add(-time.Hour).Unix()
	tests := []struct {
		name   string
		query  string
		mangle func(map[string]any)
		want   problemCode
	}{
		{"another nonce", "", set("nonce", "stolen"), problemBadToken},
		{"no nonce", "", drop("nonce"), problemBadToken},
		{"another issuer", "", set("iss", "https://evil.example"), problemBadToken},
		{"another audience", "", set("aud", "other-hall"), problemBadToken},
		{"more audiences and no azp", "", set("aud", []string{testClient, "other-hall"}), problemBadToken},
		{"another azp", "", set("azp", "other-hall"), problemBadToken},
		{"right azp", "", set("azp", testClient), ""},
		{"expired", "", set("exp", past), problemBadToken},
		{"no subject", "", set("sub", ""), problemBadToken},
		{"another access token's hash", "", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), problemBadToken},
		{"no hash", "", drop("at_hash"), ""},
		{"older than max_age", "max_age=60", set("auth_time", past), problemBadToken},
		{"old without max_age", "", set("auth_time", past), ""},
		{"no auth_time with max_age", "max_age=60", drop("auth_time"), problemBadToken},
		{"fresh with max_age", "max_age=0", func(map[string]any) {}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t)
			s.provider.mangle = test.mangle
			b := s.browser()
			p := b.follow(s.url + "/login?kind=enterprise&" + test.query)
			if p.problem() != string(test.want) {
				t.Errorf("got status %d, problem %q; want %q", p.status, p.problem(), test.want)
			}
			signedIn := b.get(s.url+"/me").status == http.StatusOK
			if signedIn != (test.want == "") {
				t.Errorf("signed in: %v", signedIn)
			}
		})
	}
}

func TestCallbackRefusesAForeignSignature(t *testing.T) {
	s := newStage(t)
	s.provider.signer = newTestProvider(t, s.clock.now).signer // same key id, another key
	s.browser().follow(s.url + "/login").wantProblem(problemBadToken)
}

func TestCallbackRefusesUserinfoAboutSomeoneElse(t *testing.T) { // OpenID Connect Core §5.3.2
	s := newStage(t)
	s.provider.userSubject = "somebody-else"
	s.browser().follow(s.url + "/login").wantProblem(problemNoUserinfo)
}

func TestCallbackShowsErrorsKindly(t *testing.T) { // RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6
	for code, want := range map[string]problemCode{
		"access_denied": problemDenied, "login_required": problemLoginNeeded, "interaction_required": problemLoginNeeded,
		"consent_required": problemLoginNeeded, "account_selection_required": problemLoginNeeded,
		"unmet_authentication_requirements": problemLevelNeeded, "server_error": problemProviderBusy,
		"temporarily_unavailable": problemProviderBusy, "invalid_scope": problemRequest, "<b>made up</b>": problemRequest,
	} {
		t.Run(code, func(t *testing.T) {
			s := newStage(t)
			s.provider.refusal = url.Values{"error": {code}, "error_description": {"<script>alert(1)</script>" + longText(1000)}}
			b := s.browser()
			p := b.follow(s.url + "/login?kind=agent&service=unit-registration&prompt=none")
			p.wantProblem(want)
			if got := attribute(p.find("page-portal-problem"), "data-error"); got != code {
				t.Errorf("page says error %q", got)
			}
			if strings.Contains(p.body, "<script") || strings.Contains(p.body, longText(400)) {
				t.Error("the description went into the page raw or whole")
			}
			retry := attribute(p.find("retry"), "href")
			if retry != "/login?kind=agent&service=unit-registration" {
				t.Errorf("trying again leads to %q", retry)
			}
			s.provider.refusal = nil
			b.follow(s.url+retry).want(http.StatusOK, "page-portal-service")
		})
	}
}

func TestCallbackSortsTokenErrors(t *testing.T) { // RFC 6749 §5.2
	for code, want := range map[string]problemCode{
		"invalid_grant": problemCodeRefused, "invalid_client": problemClientRefused, "unauthorized_client": problemClientRefused,
	} {
		s := newStage(t)
		s.provider.tokenError = code
		s.browser().follow(s.url + "/login").wantProblem(want)
	}
	s := newStage(t)
	b := s.browser()
	callback := b.start(s, "")
	s.provider.Close()
	b.get(callback).wantProblem(problemIssuerDown)
}

func TestCallbackInTwoTabs(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	first := b.start(s, "kind=enterprise")
	second := b.start(s, "kind=agent&service=titles")
	if got := b.get(second).header.Get("Location"); got != "/service/titles" {
		t.Fatalf("second tab led to %q", got)
	}
	if got := b.get(first).header.Get("Location"); got != "/me" {
		t.Fatalf("first tab led to %q", got)
	}
	p := b.get(s.url + "/me")
	p.want(http.StatusOK, "page-portal-me")
	if got := attribute(p.find("account-type"), "data-value"); got != "enterprise" {
		t.Errorf("signed in as %q: the later sign-in counts", got)
	}
}

func TestCallbackGivesANewSession(t *testing.T) { // session fixation
	s := newStage(t)
	b := s.browser()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	planted := &http.Cookie{Name: "portal_" + testClient, Value: "planted", Path: "/"}
	b.http.Jar.SetCookies(u, []*http.Cookie{planted})
	b.signIn(s, "enterprise")
	before := sessionOf(b, u)
	b.signIn(s, "enterprise")
	after := sessionOf(b, u)
	if before == "planted" || before == after || after == "" {
		t.Errorf("session identifiers %q, then %q", before, after)
	}
	if _, ok := s.hall.sessions.get(before); ok {
		t.Error("the earlier session lives on")
	}
}

func TestCallbackThen(t *testing.T) {
	const third = "http://third.example/landing?x=1"
	s := newStage(t, func(c *config) { c.CallbackThen = third })
	b := s.browser()
	if got := b.get(b.start(s, "kind=enterprise")).header.Get("Location"); got != third {
		t.Errorf("callback led to %q", got)
	}
	b.get(s.url+"/me").want(http.StatusOK, "page-portal-me")
}

func sessionOf(b *browser, u *url.URL) string {
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name == "portal_"+testClient {
			return c.Value
		}
	}
	return ""
}

func longText(n int) string { return fmt.Sprintf("%0*d", n, 7) }
