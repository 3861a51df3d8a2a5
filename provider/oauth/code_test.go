package oauth

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

// OIDC Core §3.1, seen by an independent relying party.
func TestCodeFlowWithGoOIDC(t *testing.T) {
	w := newWorld(t, 0)
	ctx := t.Context()
	issuer, err := oidc.NewProvider(ctx, w.issuer)
	w.must(err)
	rp := oauth2.Config{
		ClientID: "hall", ClientSecret: "hall-secret", Endpoint: issuer.Endpoint(), RedirectURL: redirectURI,
		Scopes: []string{"openid", "profile", "phone", "enterprise", "agent", "offline_access"},
	}
	b := w.browse()
	verifier := oauth2.GenerateVerifier()
	response, err := b.Get(rp.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier)))
	w.must(err)
	answer, status, to := w.landing(response)
	if status != http.StatusSeeOther || answer.Get("state") != "state-1" || answer.Get("iss") != w.issuer || len(answer) != 3 {
		t.Fatalf("answer %d %s, want code, state and iss (RFC 9207) only", status, to)
	}
	token, err := rp.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	w.must(err)
	raw, _ := token.Extra("id_token").(string)
	id, err := issuer.Verifier(&oidc.Config{ClientID: "hall", SupportedSigningAlgs: []string{"ES256"}}).Verify(ctx, raw)
	w.must(err)
	w.must(id.VerifyAccessToken(token.AccessToken))
	var claims map[string]any
	w.must(id.Claims(&claims))
	for _, name := range []string{"exp", "iat", "auth_time", "at_hash", "sid"} {
		if claims[name] == nil {
			t.Errorf("ID token lacks %s", name)
		}
		delete(claims, name)
	}
	want := map[string]any{
		"iss": w.issuer, "sub": string(w.who), "aud": "hall", "azp": "hall", "nonce": "nonce-1",
		"acr": "urn:tongid:loa:2", "amr": []any{"pwd"},
	}
	if d := cmp.Diff(want, claims); d != "" {
		t.Errorf("ID token claims (-want +got):\n%s", d)
	}
	info, err := issuer.UserInfo(ctx, oauth2.StaticTokenSource(token))
	w.must(err)
	var facts map[string]any
	w.must(info.Claims(&facts))
	if _, ok := facts["updated_at"].(float64); !ok {
		t.Errorf("updated_at = %v, want a number (OIDC Core §5.1)", facts["updated_at"])
	}
	delete(facts, "updated_at")
	wantFacts := map[string]any{
		"sub": string(w.who), "account_type": "enterprise", "name": "吉林省示例软件有限公司",
		"preferred_username": "jlshili01", "locale": "zh-CN", "zoneinfo": "Asia/Shanghai",
		"phone_number": "+8613800000001", "phone_number_verified": true,
		"enterprise": map[string]any{
			"uscc": "91220102MA0TE5T169", "name": "吉林省示例软件有限公司", "type": "enterprise",
			"status": "active", "as_of": "2026-03-01",
		},
	}
	if d := cmp.Diff(wantFacts, facts); d != "" {
		t.Errorf("userinfo (-want +got):\n%s", d)
	}
	token.Expiry = time.Now().Add(-time.Hour) // so that the source refreshes
	renewed, err := rp.TokenSource(ctx, token).Token()
	w.must(err)
	if renewed.RefreshToken == token.RefreshToken || renewed.AccessToken == token.AccessToken {
		t.Error("refresh gave the same tokens again")
	}
}

// A refresh token is given for offline_access only (contract: scopes).
func TestNoRefreshTokenWithoutOfflineAccess(t *testing.T) {
	w := newWorld(t, 0)
	if r := w.signIn(w.browse(), "hall", "scope", "openid profile"); r.Body["refresh_token"] != nil {
		t.Error("got a refresh token without offline_access")
	}
	if r := w.signIn(w.browse(), "hall", "scope", "openid offline_access"); r.text("refresh_token") == "" {
		t.Error("got no refresh token with offline_access")
	}
}

// RFC 6749 §4.1.2: a code is redeemed once, however many try at once, on
// however many replicas, however slow the stores.
func TestCodeIsRedeemedOnce(t *testing.T) {
	for _, lag := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		t.Run(lag.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lag)
			code, verifier := w.code(w.browse(), "hall")
			var won, refused atomic.Int64
			race(100, func(i int) {
				switch r := w.redeem(i%2, "hall", code, verifier); {
				case r.Status == http.StatusOK:
					won.Add(1)
				case r.Status == http.StatusBadRequest && r.text("error") == codeInvalidGrant:
					refused.Add(1)
				default:
					t.Errorf("racer got %d %v", r.Status, r.Body)
				}
			})
			if won.Load() != 1 || refused.Load() != 99 {
				t.Errorf("%d redeemed the code and %d were refused, want 1 and 99", won.Load(), refused.Load())
			}
		})
	}
}

// race runs f in n goroutines that start together.
func race(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			f(i)
		})
	}
	done.Wait()
}

// RFC 6749 §4.1.2: a code used twice by its client ends what came of it.
func TestReplayByTheOwnerEndsTheFamily(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "hall", "scope", "openid offline_access")
	r := w.redeem(0, "hall", code, verifier)
	if !w.active(r.text("access_token")) {
		t.Fatal("token is not active before the replay")
	}
	if again := w.redeem(1, "hall", code, verifier); again.text("error") != codeInvalidGrant {
		t.Errorf("replay got %d %v", again.Status, again.Body)
	}
	if w.active(r.text("access_token")) {
		t.Error("access token outlived the replay")
	}
	if rr := w.refresh(0, "hall", r.text("refresh_token")); rr.text("error") != codeInvalidGrant {
		t.Errorf("refresh after the replay got %d %v", rr.Status, rr.Body)
	}
}

// fosite.md §8 no. 10: a spent code in another client's hands hurts nobody.
func TestReplayByAnotherClientHurtsNobody(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "hall")
	if r := w.redeem(0, "other", code, verifier); r.Status != http.StatusBadRequest || r.text("error") != codeInvalidGrant {
		t.Errorf("another client got %d %v", r.Status, r.Body)
	}
	r := w.redeem(0, "hall", code, verifier)
	if r.Status != http.StatusOK {
		t.Fatalf("the code was burnt by another client: %d %v", r.Status, r.Body)
	}
	w.redeem(0, "other", code, verifier)
	if !w.active(r.text("access_token")) {
		t.Error("another client ended the family by a replay")
	}
}

// design.md §4: a refused client authentication never burns the code.
func TestRefusedClientDoesNotBurnTheCode(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "hall")
	r := w.post(0, pathToken, "", "grant_type", grantCode, "code", code, "redirect_uri", redirectURI,
		"code_verifier", verifier, "client_id", "hall", "client_secret", "wrong")
	if r.Status != http.StatusUnauthorized || r.text("error") != codeInvalidClient {
		t.Errorf("wrong secret got %d %v", r.Status, r.Body)
	}
	if r.Header.Get("WWW-Authenticate") == "" {
		t.Error("no WWW-Authenticate on 401 (RFC 6749 §5.2)")
	}
	if r := w.redeem(0, "hall", code, verifier); r.Status != http.StatusOK {
		t.Errorf("the code was burnt: %d %v", r.Status, r.Body)
	}
}

// RFC 6749 §4.1.3: the token request repeats the redirect URI.
func TestCodeNeedsItsRedirectURI(t *testing.T) {
	w := newWorld(t, 0)
	for _, sent := range []string{"", redirectURI + "/", "http://127.0.0.1:10/callback"} {
		code, verifier := w.code(w.browse(), "hall")
		r := w.post(0, pathToken, "hall", "grant_type", grantCode, "code", code, "code_verifier", verifier, "redirect_uri", sent)
		if r.text("error") != codeInvalidGrant {
			t.Errorf("redirect_uri %q got %d %v", sent, r.Status, r.Body)
		}
	}
}

// contract: codes live 60 s.
func TestCodeExpires(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "hall")
	w.forward(61 * time.Second)
	r := w.redeem(0, "hall", code, verifier)
	if r.text("error") != codeInvalidGrant || !strings.Contains(r.text("error_description"), "expired or has already been used") {
		t.Errorf("expired code got %d %v", r.Status, r.Body)
	}
	// One that is lost with what is alive is told no more of.
	code, verifier = w.code(w.browse(), "hall")
	id, _, _ := (&minter{key: [32]byte{7}}).openCode("hall", code)
	_, err := w.alive.TakeCode(t.Context(), id)
	w.must(err)
	r = w.redeem(0, "hall", code, verifier)
	if r.text("error") != codeInvalidGrant || !strings.Contains(r.text("error_description"), "expired or has already been used") {
		t.Errorf("lost code got %d %v", r.Status, r.Body)
	}
}

// design.md §3: should the ephemeral store bring a spent code back, SQL
// remembers the family and fails closed.
func TestResurrectedCodeIsRefused(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "hall")
	id, _, _ := (&minter{key: [32]byte{7}}).openCode("hall", code)
	stored, err := w.alive.TakeCode(t.Context(), id)
	w.must(err)
	w.must(w.alive.PutCode(t.Context(), stored))
	r := w.redeem(0, "hall", code, verifier)
	if r.Status != http.StatusOK {
		t.Fatalf("first: %d %v", r.Status, r.Body)
	}
	w.must(w.alive.PutCode(context.Background(), stored))
	if again := w.redeem(1, "hall", code, verifier); again.text("error") != codeInvalidGrant {
		t.Errorf("resurrected code got %d %v", again.Status, again.Body)
	}
	if w.active(r.text("access_token")) {
		t.Error("the family outlived the replay")
	}
}
