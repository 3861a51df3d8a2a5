package flowtest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// relyingParty is a client of one test. Nobody listens at its redirect URI.
type relyingParty struct {
	site        *site
	id, secret  string
	redirectURI string
	scope       string
}

func (rp *relyingParty) context() context.Context {
	return oidc.ClientContext(context.Background(), rp.site.caller)
}

func (rp *relyingParty) provider(t testing.TB) *oidc.Provider {
	t.Helper()
	p, err := oidc.NewProvider(rp.context(), rp.site.issuer)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (rp *relyingParty) config(t testing.TB) *oauth2.Config {
	t.Helper()
	return &oauth2.Config{
		ClientID: rp.id, ClientSecret: rp.secret, RedirectURL: rp.redirectURI,
		Endpoint: rp.provider(t).Endpoint(), Scopes: strings.Fields(rp.scope),
	}
}

// asking is an authorization request under way.
type asking struct {
	state, nonce, verifier string
	url                    string
}

// ask makes an authorization request; more replaces parameters, an empty value
// takes one away.
func (rp *relyingParty) ask(t testing.TB, more url.Values) asking {
	t.Helper()
	a := asking{state: "st-" + oauth2.GenerateVerifier()[:12], nonce: "n-" + oauth2.GenerateVerifier()[:12], verifier: oauth2.GenerateVerifier()}
	query := url.Values{
		"client_id": {rp.id}, "redirect_uri": {rp.redirectURI}, "response_type": {"code"}, "scope": {rp.scope},
		"state": {a.state}, "nonce": {a.nonce},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(a.verifier)}, "code_challenge_method": {"S256"},
	}
	for name, values := range more {
		if query[name] = values; values[0] == "" {
			query.Del(name)
		}
	}
	a.url = rp.site.url("/oauth2/authorize?" + query.Encode())
	return a
}

// answer checks the authorization response (RFC 9207) and returns the code.
func (a asking) answer(t testing.TB, s *site, to *url.URL) string {
	t.Helper()
	query := to.Query()
	if query.Get("iss") != s.issuer || query.Get("state") != a.state || query.Get("code") == "" {
		t.Fatalf("authorization response %v", query)
	}
	s.ledger.keep("code", query.Get("code"))
	return query.Get("code")
}

// redeem exchanges a code for tokens and verifies the ID token.
func (rp *relyingParty) redeem(t testing.TB, a asking, code string) (*oauth2.Token, *oidc.IDToken) {
	t.Helper()
	token, err := rp.config(t).Exchange(rp.context(), code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		t.Fatalf("redeem: %v", err)
	}
	return token, rp.verify(t, token, a.nonce)
}

func (rp *relyingParty) verify(t testing.TB, token *oauth2.Token, nonce string) *oidc.IDToken {
	t.Helper()
	raw, _ := token.Extra("id_token").(string)
	for _, secret := range []string{raw, token.AccessToken, token.RefreshToken} {
		rp.site.ledger.keep("token", secret)
	}
	p := rp.provider(t)
	id, err := p.Verifier(&oidc.Config{ClientID: rp.id, SupportedSigningAlgs: []string{"RS256", "ES256", "EdDSA"}}).Verify(rp.context(), raw)
	if err != nil {
		t.Fatalf("ID token: %v", err)
	}
	if id.Nonce != nonce {
		t.Fatalf("nonce %q, want %q", id.Nonce, nonce)
	}
	return id
}

// signIn takes a browser through this client's sign-in, all the way to tokens.
func (rp *relyingParty) signIn(t testing.TB, b *browser, e enterprise) (*oauth2.Token, *oidc.IDToken) {
	t.Helper()
	a := rp.ask(t, nil)
	to := b.open(a.url).want(http.StatusOK, "login-enterprise").credentials(e.account, demoPassword).until(rp.redirectURI)
	return rp.redeem(t, a, a.answer(t, rp.site, to))
}

// silently is a request of a browser that is signed in already.
func (rp *relyingParty) silently(t testing.TB, b *browser) (*oauth2.Token, *oidc.IDToken) {
	t.Helper()
	a := rp.ask(t, nil)
	return rp.redeem(t, a, a.answer(t, rp.site, b.until(a.url, rp.redirectURI)))
}

// post calls an endpoint as this client.
func (rp *relyingParty) post(t testing.TB, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, rp.site.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(rp.id), url.QueryEscape(rp.secret))
	status, _, body := rp.site.api(t, req)
	answer := map[string]any{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("%s: %d %q: %v", path, status, body, err)
		}
	}
	return status, answer
}

// isTakenBy asks one replica whether it takes this client's secret. Through the proxy
// other tests' calls would have their turns in between.
func (rp *relyingParty) isTakenBy(t testing.TB, r *replica) bool {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+r.address+"/oauth2/introspect", strings.NewReader("token=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = rp.site.host()
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(rp.id), url.QueryEscape(rp.secret))
	status, _, _ := rp.site.api(t, req)
	return status == http.StatusOK
}

// refreshed asks for the next generation of tokens.
func (rp *relyingParty) refreshed(t testing.TB, refreshToken string) (int, map[string]any) {
	t.Helper()
	status, answer := rp.post(t, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		secret, _ := answer[name].(string)
		rp.site.ledger.keep("token", secret)
	}
	return status, answer
}

// active asks whether a token is alive.
func (rp *relyingParty) active(t testing.TB, token string) bool {
	t.Helper()
	status, answer := rp.post(t, "/oauth2/introspect", url.Values{"token": {token}})
	if status != http.StatusOK {
		t.Fatalf("introspection: %d %v", status, answer)
	}
	return answer["active"] == true
}
