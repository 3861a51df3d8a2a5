package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// errTokenEnded says that the provider does not take the access token any more (RFC 6750 §3.1).
var errTokenEnded = errors.New("access token is not accepted any more")

// identity is who signed in, as userinfo says; what the scopes did not bring is absent.
type identity struct {
	AccountType string `json:"account_type"`
	Name        string `json:"name"`
	Phone       string `json:"phone_number"`
	Enterprise  *struct {
		USCC   string `json:"uscc"`
		Name   string `json:"name"`
		Type   string `json:"type"`
		Status string `json:"status"`
	} `json:"enterprise"`
	Agent *struct {
		Name       string   `json:"name"`
		Manager    bool     `json:"manager"`
		Services   []string `json:"services"` // client ids, or "*" for every portal
		ValidFrom  string   `json:"valid_from"`
		ValidUntil string   `json:"valid_until"`
	} `json:"agent"`
}

// fetchUserinfo asks who signed in (OpenID Connect Core §5.3); the answer counts only when it is
// about the subject of the ID token (§5.3.2).
func (h *hall) fetchUserinfo(ctx context.Context, md *metadata, accessToken, subject string) (json.RawMessage, identity, error) {
	client := *h.http
	client.Transport = noticing401{next: h.http.Transport}
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: accessToken, TokenType: "Bearer"})
	info, err := md.provider.UserInfo(oidc.ClientContext(ctx, &client), source)
	if err != nil {
		return nil, identity{}, fmt.Errorf("userinfo: %w", err)
	}
	if info.Subject != subject {
		return nil, identity{}, errors.New("userinfo is about another subject")
	}
	var raw json.RawMessage
	var who identity
	if err := errors.Join(info.Claims(&raw), info.Claims(&who)); err != nil {
		return nil, identity{}, fmt.Errorf("read userinfo: %w", err)
	}
	return raw, who, nil
}

// noticing401 turns a 401 into errTokenEnded, which go-oidc would report as text only.
type noticing401 struct{ next http.RoundTripper }

// RoundTrip sends the request and looks at the answer's status.
func (t noticing401) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err // a transport hands its errors on as they are
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, errors.Join(errTokenEnded, resp.Body.Close())
	}
	return resp, nil
}
