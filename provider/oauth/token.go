package oauth

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/provider/client"
)

// tokenAnswer is a successful token response (RFC 6749 §5.1).
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope"`
}

// grantTypes is the table of what the token endpoint serves; discovery reads it.
func grantTypes() []string { return []string{grantCode, grantRefresh, grantService} }

// token is the token endpoint (RFC 6749 §3.2).
func (s *Server) token(c echo.Context) error {
	p, err := bodyParams(c.Request())
	if err != nil {
		return s.failUnknown(c, err)
	}
	kind := p.get("grant_type")
	switch {
	case kind == "":
		return s.failUnknown(c, refuse(codeInvalidRequest, "grant_type is missing"))
	case !slices.Contains(grantTypes(), kind):
		return s.failUnknown(c, refuse(codeUnsupportedGrant, "unknown grant_type"))
	}
	cl, err := s.authenticate(c, p)
	if err != nil {
		return s.failUnknown(c, err)
	}
	s.allowOrigin(c, cl)
	if !slices.Contains(cl.GrantTypes, kind) {
		return s.fail(c, refuse(codeUnauthorizedClient, "the client may not use this grant type"))
	}
	r := newRun(cl, s.Now())
	if err := s.prepare(c, r, p, kind); err != nil {
		return s.fail(c, err)
	}
	if err := s.redeem(c.Request().Context(), r, p); err != nil {
		return s.fail(c, err)
	}
	r.answer.TokenType = "Bearer"
	noStore(c.Response().Header())
	return c.JSON(http.StatusOK, &r.answer)
}

// prepare checks what a grant type needs before anything single-use is touched.
func (s *Server) prepare(c echo.Context, r *run, p params, kind string) error {
	switch kind {
	case grantCode:
		if p.get("code") == "" {
			return refuse(codeInvalidRequest, "code is missing")
		}
		return nil
	case grantRefresh:
		if p.get("refresh_token") == "" {
			return refuse(codeInvalidRequest, "refresh_token is missing")
		}
		return s.narrow(c.Request().Context(), r, p)
	default:
		return serviceRequest(r, p)
	}
}

// serviceRequest decides the scopes of a client_credentials token: those asked
// for, all of which the client must have, or all it has (RFC 6749 §3.3, §4.4).
func serviceRequest(r *run, p params) error {
	if r.client.AuthMethod == client.AuthNone {
		return refuse(codeUnauthorizedClient, "a public client has no credentials")
	}
	r.scopes = serviceScopes(r.client)
	if asked := p.words("scope"); len(asked) > 0 {
		if !subset(asked, r.scopes) {
			return refuse(codeInvalidScope, "the client may not have a scope it asks for")
		}
		r.scopes = distinct(asked)
	}
	if len(r.scopes) == 0 {
		r.scopes = []string{}
	}
	return nil
}
