package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

// revoke is the revocation endpoint (RFC 7009). Any token of a family ends the
// family; a token that stands alone ends by itself. A token that is not the
// client's own, or none at all, is answered as if it were gone (§2.2). If the
// store does not answer, nothing was revoked and the client is told so: 503.
func (s *Server) revoke(c echo.Context) error {
	p, err := bodyParams(c.Request())
	if err != nil {
		return s.failUnknown(c, err)
	}
	cl, err := s.authenticate(c, p)
	if err != nil {
		return s.failUnknown(c, err)
	}
	s.allowOrigin(c, cl)
	token := p.get("token")
	if token == "" {
		return s.fail(c, refuse(codeInvalidRequest, "token is missing"))
	}
	if err := s.revokeToken(c.Request().Context(), cl, token); err != nil {
		return s.fail(c, err)
	}
	noStore(c.Response().Header())
	return c.NoContent(http.StatusOK)
}

func (s *Server) revokeToken(ctx context.Context, cl *client.Client, token string) error {
	if id, _, ok := s.mint.openRefresh(cl.ID, token); ok {
		return s.revokeFamily(ctx, cl, id)
	}
	if f, ok := s.mint.openAccess(token); ok {
		return s.revokeFamily(ctx, cl, f.ID)
	}
	if f, ok := s.mint.openService(token); ok {
		return s.revokeAlone(ctx, cl, &f)
	}
	payload, err := s.Keys.Verify(token, keys.TypeAccessToken)
	if errors.Is(err, keys.ErrToken) {
		return nil // not a token, or gone (RFC 7009 §2.2)
	}
	if err != nil {
		return fmt.Errorf("oauth: revoke: %w", err)
	}
	var claims jwtFacts
	if err := json.Unmarshal(payload, &claims); err != nil {
		return fmt.Errorf("oauth: revoke: %w", err)
	}
	if claims.Family != nil {
		return s.revokeFamily(ctx, cl, *claims.Family)
	}
	return s.revokeAlone(ctx, cl, &accessFacts{
		ID: claims.ID, Client: claims.ClientID, Expires: time.Unix(claims.Expires, 0),
	})
}

func (s *Server) revokeFamily(ctx context.Context, cl *client.Client, id [16]byte) error {
	if err := s.Grants.Revoke(ctx, id, cl.ID, s.Now()); err != nil {
		return fmt.Errorf("oauth: revoke family: %w", err)
	}
	return nil
}

func (s *Server) revokeAlone(ctx context.Context, cl *client.Client, f *accessFacts) error {
	if f.Client != cl.ID || !s.Now().Before(f.Expires) {
		return nil
	}
	err := s.Tokens.Spend(ctx, serviceTokenID(f.ID), f.Expires)
	if err != nil && !errors.Is(err, accounts.ErrConflict) {
		return fmt.Errorf("oauth: revoke token: %w", err)
	}
	return nil
}
