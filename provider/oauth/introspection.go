package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
)

// introspection is an introspection response (RFC 7662 §2.2).
type introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Username  string   `json:"username,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Expires   int64    `json:"exp,omitempty"`
	Issued    int64    `json:"iat,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  audience `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	ID        string   `json:"jti,omitempty"`

	AccountType accounts.Type `json:"account_type,omitempty"`
	AuthTime    int64         `json:"auth_time,omitempty"`
	ACR         string        `json:"acr,omitempty"` // RFC 9470 §6.2
	AMR         []string      `json:"amr,omitempty"`
	SessionID   string        `json:"sid,omitempty"`
}

// introspect is the introspection endpoint. A client may ask about its own
// tokens; one registered as resource server about any access token; everybody
// else learns nothing.
func (s *Server) introspect(c echo.Context) error {
	p, err := bodyParams(c.Request())
	if err != nil {
		return s.fail(c, err)
	}
	cl, err := s.confidential(c, p)
	if err != nil {
		return s.fail(c, err)
	}
	token := p.get("token")
	if token == "" {
		return s.fail(c, refuse(codeInvalidRequest, "token is missing"))
	}
	answer, err := s.describe(c.Request().Context(), cl, token)
	if err != nil {
		return s.fail(c, err)
	}
	noStore(c.Response().Header())
	return c.JSON(http.StatusOK, answer)
}

func (s *Server) describe(ctx context.Context, asker *client.Client, token string) (*introspection, error) {
	if id, generation, ok := s.mint.openRefresh(asker.ID, token); ok {
		return s.describeRefresh(ctx, asker, id, generation)
	}
	live, err := s.accessToken(ctx, token)
	if errors.Is(err, errInactive) {
		return &introspection{}, nil
	}
	if err != nil {
		return nil, err
	}
	if live.client.ID != asker.ID && !asker.Introspect {
		return &introspection{}, nil
	}
	answer := &introspection{
		Active: true, Scope: joinScopes(live.scopes), ClientID: live.client.ID, TokenType: "Bearer",
		Expires: live.expires.Unix(), Issued: live.issued.Unix(), Subject: live.client.ID,
		Audience: audience{s.Issuer}, Issuer: s.Issuer, ID: live.jti,
	}
	if g := live.grant; g != nil {
		answer.Subject, answer.AccountType = g.Principal.Subject, g.Principal.Type
		answer.Username = live.standing.Username
		answer.AuthTime, answer.ACR, answer.AMR, answer.SessionID = g.AuthTime.Unix(), acrOf(g.LOA), g.AMR, g.SessionID
	}
	return answer, nil
}

// describeRefresh is about a refresh token of the asker's own.
func (s *Server) describeRefresh(ctx context.Context, cl *client.Client, id [16]byte, generation int32) (*introspection, error) {
	g, standing, err := s.Grants.Check(ctx, id)
	if errors.Is(err, accounts.ErrNotFound) {
		return &introspection{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: check grant: %w", err)
	}
	now := s.Now()
	if !g.Alive(now) || g.Generation != generation || !now.Before(g.IdleUntil) || !standing.Admits(g.Principal, now) {
		return &introspection{}, nil
	}
	expires := g.ExpiresAt
	if g.IdleUntil.Before(expires) {
		expires = g.IdleUntil
	}
	return &introspection{
		Active: true, Scope: joinScopes(registered(cl, g.Scopes)), ClientID: g.ClientID, TokenType: "refresh_token",
		Expires: expires.Unix(), Issued: g.RotatedAt.Unix(), Subject: g.Principal.Subject,
		Username: standing.Username, Issuer: s.Issuer, AccountType: g.Principal.Type,
		AuthTime: g.AuthTime.Unix(), ACR: acrOf(g.LOA), AMR: g.AMR, SessionID: g.SessionID,
	}, nil
}
