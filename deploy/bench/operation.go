package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// operation is one row of the table.
type operation struct {
	key, title string
	goal       float64 // ratio to the floor; 0: none is set
	// slow operations get slices of twice the length.
	slow bool
	// ready makes what one worker needs, and returns what it then does again
	// and again: one operation per call.
	ready func(ctx context.Context, b *browser) (func(ctx context.Context) error, error)
}

func operations() []operation {
	return []operation{
		{key: "jwks", title: "JWKS", goal: 0.8, ready: page("/oauth2/jwks", `"keys"`)},
		{key: "discovery", title: "discovery", goal: 0.8, ready: page("/.well-known/openid-configuration", `"issuer"`)},
		{key: "credentials", title: "client_credentials", goal: 0.6, ready: credentials},
		{key: "introspection", title: "introspection", goal: 0.6, ready: introspection},
		{key: "forged", title: "introspection, forged token", ready: forged},
		{key: "userinfo", title: "userinfo", goal: 0.6, ready: userinfo},
		{key: "refresh", title: "refresh", goal: 0.6, ready: refresh},
		{key: "code", title: "code flow with SSO session", goal: 0.6, ready: codeFlow},
		{key: "login", title: "login, whole flow", goal: 0.9, slow: true, ready: login},
		{key: "login-person", title: "login of a person, whole flow", slow: true, ready: loginPerson},
	}
}

func operationOf(key string) (operation, bool) {
	all := operations()
	at := slices.IndexFunc(all, func(o operation) bool { return o.key == key })
	if at < 0 {
		return operation{}, false
	}
	return all[at], true
}

func page(path, holds string) func(context.Context, *browser) (func(context.Context) error, error) {
	return func(_ context.Context, b *browser) (func(context.Context) error, error) {
		return func(ctx context.Context) error {
			answer, err := b.get(ctx, path, nil)
			if err != nil {
				return err
			}
			if !strings.Contains(string(answer.body), holds) {
				return fmt.Errorf("%s: answered %.100s", path, answer.body)
			}
			return answer.expect(path, http.StatusOK)
		}, nil
	}
}

// clientCredentials is one token for a service (RFC 6749 §4.4).
func clientCredentials(ctx context.Context, b *browser) error {
	t, err := b.token(ctx, serviceID, serviceSecret, url.Values{"grant_type": {"client_credentials"}, "scope": {"mandates"}})
	if err == nil && t.Access == "" {
		err = errors.New("client_credentials: no access token")
	}
	return err
}

func credentials(_ context.Context, b *browser) (func(context.Context) error, error) {
	return func(ctx context.Context) error { return clientCredentials(ctx, b) }, nil
}

func introspection(ctx context.Context, b *browser) (func(context.Context) error, error) {
	t, err := b.authorize(ctx, offlineScopes)
	if err != nil {
		return nil, err
	}
	b.cookies = nil
	return introspect(b, t.Access, true), nil
}

// forged asks about a token with one bit of its MAC changed.
func forged(ctx context.Context, b *browser) (func(context.Context) error, error) {
	t, err := b.authorize(ctx, offlineScopes)
	if err != nil {
		return nil, err
	}
	b.cookies = nil
	at := len(t.Access) - 10
	other := "A"
	if t.Access[at] == 'A' {
		other = "B"
	}
	return introspect(b, t.Access[:at]+other+t.Access[at+1:], false), nil
}

func introspect(b *browser, token string, active bool) func(context.Context) error {
	return func(ctx context.Context) error {
		answer, err := b.post(ctx, "/oauth2/introspect", url.Values{"token": {token}}, basic(readerID, readerSecret))
		if err != nil {
			return err
		}
		var found struct{ Active bool }
		if err := answer.json(&found); err != nil || found.Active != active {
			return fmt.Errorf("introspection: %d %.200s", answer.status, answer.body)
		}
		return nil
	}
}

func userinfo(ctx context.Context, b *browser) (func(context.Context) error, error) {
	t, err := b.authorize(ctx, offlineScopes)
	if err != nil {
		return nil, err
	}
	b.cookies = nil
	return func(ctx context.Context) error {
		answer, err := b.get(ctx, "/oauth2/userinfo", http.Header{"Authorization": {"Bearer " + t.Access}})
		if err != nil {
			return err
		}
		return answer.expect("userinfo", http.StatusOK)
	}, nil
}

// refresh rotates the worker's own family.
func refresh(ctx context.Context, b *browser) (func(context.Context) error, error) {
	t, err := b.authorize(ctx, offlineScopes)
	if err != nil {
		return nil, err
	}
	if t.Refresh == "" {
		return nil, errors.New("refresh: the code gave no refresh token")
	}
	current := t.Refresh
	return func(ctx context.Context) error {
		t, err := b.token(ctx, portalID, portalSecret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {current}})
		if err != nil {
			return err
		}
		if t.Refresh == "" || t.Refresh == current || t.ID == "" {
			return errors.New("refresh: no new tokens")
		}
		current = t.Refresh
		return nil
	}, nil
}

// codeFlow goes through authorize and token with the session that the worker
// signed in for.
func codeFlow(ctx context.Context, b *browser) (func(context.Context) error, error) {
	if _, err := b.authorize(ctx, plainScopes); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		t, err := b.authorize(ctx, plainScopes)
		if err == nil && (t.Access == "" || t.ID == "" || b.signIns > 1) {
			err = errors.New("code flow: no tokens, or only after signing in again")
		}
		return err
	}, nil
}

// login signs in each time anew, in a browser whose session has ended and which
// is known from before.
func login(ctx context.Context, b *browser) (func(context.Context) error, error) {
	if _, err := b.authorize(ctx, plainScopes); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		for name := range b.cookies {
			if strings.HasSuffix(name, "_session") {
				delete(b.cookies, name)
			}
		}
		_, err := b.authorize(ctx, plainScopes)
		return err
	}, nil
}

// loginPerson is login by phone, where the portal asks for a person.
func loginPerson(ctx context.Context, b *browser) (func(context.Context) error, error) {
	b.account, b.accountType = demoPerson, "person"
	return login(ctx, b)
}
