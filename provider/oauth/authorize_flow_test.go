package oauth

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/provider/client"
)

// design.md §6: a flow belongs to the browser that began it, and ends once.
func TestFlowBelongsToItsBrowser(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	stop := *b
	stop.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request, verifier := w.ask("hall")
	response, err := stop.Get(w.issuer + pathAuthorize + "?" + request.Encode())
	w.must(err)
	_, _, login := w.landing(response)
	flow := strings.TrimPrefix(login, "/login/enterprise?flow=")

	thief := w.browse()
	w.signIn(thief, "hall")
	for _, path := range []string{"/oauth2/authorize/resume?flow=" + flow, login} {
		response, err := thief.Get(w.issuer + path)
		w.must(err)
		if answer, status, page := w.landing(response); answer != nil || status != http.StatusBadRequest {
			t.Errorf("another browser got %d %s from %s", status, page, path)
		}
	}
	response, err = b.Get(w.issuer + login)
	w.must(err)
	first, _, _ := w.landing(response)
	response, err = b.Get(w.issuer + "/oauth2/authorize/resume?flow=" + flow)
	w.must(err)
	again, _, _ := w.landing(response)
	if first.Get("code") == "" || first.Get("code") != again.Get("code") {
		t.Errorf("a second submit went elsewhere: %v, %v", first, again)
	}
	if r := w.redeem(0, "hall", first.Get("code"), verifier); r.Status != http.StatusOK {
		t.Errorf("code of the flow: %v", r.Body)
	}
	w.forward(16 * time.Minute)
	response, err = b.Get(w.issuer + "/oauth2/authorize/resume?flow=" + flow)
	w.must(err)
	if answer, status, page := w.landing(response); answer != nil || status != http.StatusBadRequest {
		t.Errorf("an expired flow got %d %s", status, page)
	}
}

// Two clients in two tabs of one browser do not mix.
func TestTwoTabs(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	stop := *b
	stop.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var pages, states []string
	for _, id := range []string{"hall", "other"} {
		request, _ := w.ask(id)
		response, err := stop.Get(w.issuer + pathAuthorize + "?" + request.Encode())
		w.must(err)
		_, _, page := w.landing(response)
		pages, states = append(pages, page), append(states, request.Get("state"))
	}
	for i := range pages {
		response, err := b.Get(w.issuer + pages[1-i])
		w.must(err)
		if answer, _, to := w.landing(response); answer.Get("state") != states[1-i] || !answer.Has("code") {
			t.Errorf("tab %d ended with %s", 1-i, to)
		}
	}
}

// OIDC Core §5.5: claims asked for one by one, within what the client may have.
func TestClaimsParameter(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	r := w.signIn(b, "hall", "claims", `{"id_token":{"enterprise":{"essential":true},"acr":{"values":["urn:tongid:loa:2"],"essential":true}},"userinfo":{"phone_number":null,"nonsense":null}}`)
	facts := tokenClaims(t, r.text("id_token"))
	if facts["enterprise"] == nil || facts["name"] != nil || facts["acr"] != "urn:tongid:loa:2" {
		t.Errorf("ID token %v", facts)
	}
	info := w.userinfo(r.text("access_token")).Body
	if info["phone_number"] != "+8613800000001" || info["phone_number_verified"] != nil || info["nonsense"] != nil {
		t.Errorf("userinfo %v", info)
	}
	r = w.signIn(b, "other", "claims", `{"userinfo":{"phone_number":{"essential":true}}}`)
	if info := w.userinfo(r.text("access_token")).Body; info["phone_number"] != nil {
		t.Error("a client got a claim of a scope that it may not have")
	}
}

// contract: id_token_claims are scopes whose claims also stand in the ID token.
func TestIDTokenClaimsOfTheClient(t *testing.T) {
	w := newWorld(t, 0)
	w.addClient(&client.Client{
		ID: "legacy", Scope: "openid profile enterprise offline_access", Trusted: true, IDTokenAlg: "RS256",
		AuthMethod: client.AuthBasic, SecretHash: client.HashSecret("legacy-secret"), IDTokenClaims: []string{"profile", "enterprise"},
	})
	r := w.signIn(w.browse(), "legacy", "scope", "openid profile offline_access")
	facts := tokenClaims(t, r.text("id_token"))
	if facts["name"] == nil || facts["enterprise"] != nil || facts["sub"] != string(w.who) {
		t.Errorf("ID token %v", facts)
	}
	if facts = tokenClaims(t, w.refresh(0, "legacy", r.text("refresh_token")).text("id_token")); facts["name"] == nil {
		t.Errorf("ID token after refresh %v", facts)
	}
}

// contract: the second submit of a finished flow goes where the first one went, also
// when that was an error, and however the person decides now.
func TestSecondSubmitOfARefusedFlow(t *testing.T) {
	for name, tt := range map[string]struct {
		client string
		change []string
		want   string
	}{
		"denied":           {"spa", nil, codeAccessDenied},
		"acr out of reach": {"hall", []string{"claims", `{"id_token":{"acr":{"essential":true,"value":"urn:tongid:loa:5"}}}`}, codeUnmetAuthentication},
		"another account":  {"hall", []string{"claims", `{"id_token":{"sub":{"value":"somebody"}}}`}, codeLoginRequired},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			w.consent = false
			b := w.browse()
			last := ""
			inner := b.CheckRedirect
			b.CheckRedirect = func(r *http.Request, via []*http.Request) error {
				if strings.HasPrefix(r.URL.Path, "/oauth2/authorize/resume") {
					last = r.URL.String()
				}
				return inner(r, via)
			}
			request, _ := w.ask(tt.client, tt.change...)
			first, _, page := w.visit(b, request)
			if first.Get("error") != tt.want || last == "" {
				t.Fatalf("got %s", page)
			}
			w.consent = true
			response, err := b.Get(last)
			w.must(err)
			if again, status, page := w.landing(response); again.Encode() != first.Encode() {
				t.Errorf("the second submit got %d %s", status, page)
			}
		})
	}
}

// OIDC Core §3.1.2.1: prompt=none shows no page, not even that a store is away. Without
// it, a page says so, and the flow goes on when the store is back.
func TestAuthorizeDuringAnOutage(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	w.signIn(b, "hall")
	w.outage.Store(true)
	request, _ := w.ask("spa", "prompt", "none")
	answer, _, page := w.visit(b, request)
	if answer.Get("error") != codeUnavailable || answer.Get("state") != request.Get("state") || answer.Get("iss") != w.issuer {
		t.Errorf("prompt=none got %s", page)
	}
	last := ""
	fresh := w.browse()
	inner := fresh.CheckRedirect
	fresh.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		last = r.URL.String()
		return inner(r, via)
	}
	request, verifier := w.ask("spa")
	if answer, status, page := w.visit(fresh, request); answer != nil || status != http.StatusServiceUnavailable {
		t.Errorf("got %d %s", status, page)
	}
	w.outage.Store(false)
	response, err := fresh.Get(last) // the page is loaded again
	w.must(err)
	answer, status, page := w.landing(response)
	if answer.Get("state") != request.Get("state") {
		t.Fatalf("the flow did not go on: %d %s", status, page)
	}
	if r := w.redeem(0, "spa", answer.Get("code"), verifier); r.Status != http.StatusOK {
		t.Errorf("its code: %d %v", r.Status, r.Body)
	}
}

// OIDC Core §3.1.2.1: scopes that are not known, or not the client's, are ignored, and
// the answer says what was granted (RFC 6749 §3.3).
func TestUnknownScopesAreIgnored(t *testing.T) {
	w := newWorld(t, 0)
	for asked, want := range map[string]string{
		"openid nonsense":               "openid",
		"openid identity mandates":      "openid",
		"profile openid profile openid": "profile openid",
		" openid  profile ":             "openid profile",
	} {
		if r := w.signIn(w.browse(), "hall", "scope", asked); r.text("scope") != want {
			t.Errorf("%q was granted as %q, want %q", asked, r.text("scope"), want)
		}
	}
}
