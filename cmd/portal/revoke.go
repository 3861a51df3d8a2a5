package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// revoke gives the tokens of a sign-in back (RFC 7009 §2.1): a refresh token for offline access
// outlives the provider's logout, and nobody here will use it again. Failing does not stop the
// visitor's logout, so it is only logged.
func (h *hall) revoke(ctx context.Context, md *metadata, held holding) {
	if md.Revocation == "" || held.token.RefreshToken == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	if err := h.sendRevocation(ctx, md.Revocation, held.token.RefreshToken); err != nil {
		h.log.WarnContext(ctx, "refresh token not revoked", "error", err)
	}
}

// sendRevocation posts one token to the revocation endpoint, with the client authentication the
// token endpoint gets too (RFC 6749 §2.3.1).
func (h *hall) sendRevocation(ctx context.Context, endpoint, token string) error {
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}
	if h.cfg.ClientSecret == "" {
		form.Set("client_id", h.cfg.ClientID)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if h.cfg.ClientSecret != "" {
		req.SetBasicAuth(url.QueryEscape(h.cfg.ClientID), url.QueryEscape(string(h.cfg.ClientSecret)))
	}
	resp, err := h.http.Do(req)
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	if err := resp.Body.Close(); err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("revoke: provider answered %d", resp.StatusCode)
	}
	return nil
}
