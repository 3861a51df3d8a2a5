package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// The relying parties and accounts of the demo data (contract.md).
const (
	portalID, portalSecret     = "hrss-hall", "hrss-hall-demo-secret"
	serviceID, serviceSecret   = "demo-service", "demo-service-demo-secret"
	readerID, readerSecret     = "demo-rs", "demo-rs-demo-secret"
	portalCallback             = "http://localhost:8090/callback"
	demoAccount, demoPassword  = "jlshili01", "Tongid-demo-2026"
	demoPerson                 = "13800000002"
	plainScopes, offlineScopes = "openid profile enterprise", "openid profile enterprise offline_access"

	longestWalk = 8 // redirects
)

// request is one authorization request.
type request struct{ scopes, accountType, state, verifier string }

func (b *browser) newRequest(scopes string) request {
	return request{scopes: scopes, accountType: b.accountType, state: random(16), verifier: random(32)}
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails, crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

func (r request) path() string {
	challenge := sha256.Sum256([]byte(r.verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {portalID}, "redirect_uri": {portalCallback}, "scope": {r.scopes},
		"state": {r.state}, "nonce": {random(16)}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
	if r.accountType != "" {
		query.Set("account_type", r.accountType)
	}
	return "/oauth2/authorize?" + query.Encode()
}

// tokens are what a token response brings.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// authorize asks for a code with whatever session the browser has, signs in if
// it is told to, and redeems the code.
func (b *browser) authorize(ctx context.Context, scopes string) (tokens, error) {
	r := b.newRequest(scopes)
	next := r.path()
	for range longestWalk {
		answer, err := b.get(ctx, next, nil)
		if err != nil {
			return tokens{}, err
		}
		if answer.status == http.StatusOK {
			if answer, err = b.signIn(ctx, next, answer.body); err != nil {
				return tokens{}, err
			}
		}
		if answer.status != http.StatusSeeOther && answer.status != http.StatusFound {
			return tokens{}, answer.expect("authorize", http.StatusSeeOther)
		}
		if strings.HasPrefix(answer.location, portalCallback) {
			return b.redeem(ctx, r, answer.location)
		}
		next = answer.location
	}
	return tokens{}, fmt.Errorf("authorize: more than %d redirects, the last to %s", longestWalk, next)
}

// signIn fills in the page and posts it.
func (b *browser) signIn(ctx context.Context, path string, page []byte) (reply, error) {
	action, form, err := hiddenFields(page, "password")
	if err != nil {
		return reply{}, err
	}
	if action == "" {
		action = path
	}
	if id := form.Get("captcha_id"); id != "" {
		var captcha struct{ Answer string }
		answer, err := b.get(ctx, "/simulator/captcha/"+url.PathEscape(id), nil)
		if err != nil {
			return reply{}, err
		}
		if err := answer.expect("captcha", http.StatusOK); err != nil {
			return reply{}, err
		}
		if err := answer.json(&captcha); err != nil {
			return reply{}, err
		}
		form.Set("captcha", captcha.Answer)
	}
	form.Set("account", b.account)
	form.Set("password", demoPassword)
	b.signIns++
	answer, err := b.post(ctx, action, form, nil)
	if err != nil {
		return reply{}, err
	}
	return answer, answer.expect("sign in", http.StatusSeeOther)
}

func (b *browser) redeem(ctx context.Context, r request, callback string) (tokens, error) {
	target, err := url.Parse(callback)
	if err != nil {
		return tokens{}, err
	}
	query := target.Query()
	if query.Get("state") != r.state || query.Get("code") == "" {
		return tokens{}, fmt.Errorf("authorize: answered by %s", callback)
	}
	return b.token(ctx, portalID, portalSecret, url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {portalCallback}, "code_verifier": {r.verifier},
	})
}

// token asks the token endpoint. Portals call it, not browsers: without cookies.
func (b *browser) token(ctx context.Context, id, secret string, form url.Values) (t tokens, err error) {
	cookies := b.cookies
	b.cookies = nil
	answer, err := b.post(ctx, "/oauth2/token", form, basic(id, secret))
	b.cookies = cookies
	if err != nil {
		return t, err
	}
	if err := answer.expect("token", http.StatusOK); err != nil {
		return t, err
	}
	return t, answer.json(&t)
}
