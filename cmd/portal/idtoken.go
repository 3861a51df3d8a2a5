package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// expectation is what an ID token must fit besides being genuine.
type expectation struct {
	nonce       string // of the request; empty at a refresh
	subject     string // of the earlier ID token; empty at a sign-in
	accessToken string
	maxAge      int // of the request, seconds; negative: not asked for
}

// identification is a verified ID token.
type identification struct {
	*oidc.IDToken
	raw json.RawMessage
}

// verifyIDToken checks an ID token (OpenID Connect Core §3.1.3.7): go-oidc does the signature,
// iss, aud and exp, the rest is done here.
func (h *hall) verifyIDToken(ctx context.Context, md *metadata, raw string, want expectation) (identification, error) {
	verifier := md.provider.Verifier(&oidc.Config{ClientID: h.cfg.ClientID, Now: h.now})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return identification{}, fmt.Errorf("verify id token: %w", err)
	}
	id := identification{IDToken: token}
	var more struct {
		AuthorizedParty string   `json:"azp"`
		AuthTime        *float64 `json:"auth_time"`
	}
	if err := errors.Join(token.Claims(&id.raw), token.Claims(&more)); err != nil {
		return identification{}, fmt.Errorf("read id token: %w", err)
	}
	switch {
	case token.Subject == "":
		return identification{}, errors.New("id token has no subject")
	case want.nonce != "" && token.Nonce != want.nonce:
		return identification{}, errors.New("id token carries another nonce")
	case want.subject != "" && token.Subject != want.subject:
		return identification{}, errors.New("refreshed id token is about another subject") // Core §12.2
	case more.AuthorizedParty != "" && more.AuthorizedParty != h.cfg.ClientID,
		more.AuthorizedParty == "" && len(token.Audience) > 1:
		return identification{}, errors.New("id token was issued to another party")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(want.accessToken); err != nil {
			return identification{}, fmt.Errorf("at_hash: %w", err)
		}
	}
	if want.maxAge >= 0 {
		if more.AuthTime == nil {
			return identification{}, errors.New("max_age was asked for and auth_time is missing")
		}
		since := h.now().Sub(time.Unix(int64(*more.AuthTime), 0))
		if since > time.Duration(want.maxAge)*time.Second+clockLeeway {
			return identification{}, errors.New("the authentication is older than max_age")
		}
	}
	return id, nil
}
