package oauth

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// userinfo is the UserInfo endpoint (OIDC Core §5.3).
func (s *Server) userinfo(c echo.Context) error {
	token, err := bearer(c)
	if err != nil {
		return s.failBearer(c, err)
	}
	if token == "" {
		return s.failBearer(c, nil)
	}
	live, err := s.accessToken(c.Request().Context(), token)
	if errors.Is(err, errInactive) {
		return s.failBearer(c, refuse(codeInvalidToken, "the access token is not valid"))
	}
	if err != nil {
		return s.failBearer(c, err)
	}
	s.allowOrigin(c, live.client)
	if live.grant == nil || !slices.Contains(live.scopes, scopeOpenID) {
		return s.failBearer(c, refuse(codeInsufficientScope, "the access token does not carry the scope openid"))
	}
	claims, err := userInfo(live.grant, live.standing, live.client, live.scopes)
	if err != nil {
		return s.failBearer(c, err)
	}
	noStore(c.Response().Header())
	return c.JSON(http.StatusOK, claims)
}

// failBearer answers a refused bearer request (RFC 6750 §3). Without a token
// there is no error code, only the challenge.
func (s *Server) failBearer(c echo.Context, err error) error {
	challenge := `Bearer realm="tongid"`
	s.allowKnownOrigin(c)
	if err == nil {
		c.Response().Header().Set("WWW-Authenticate", challenge)
		noStore(c.Response().Header())
		return c.NoContent(http.StatusUnauthorized)
	}
	answer, _ := toProtocol(err)
	if answer.status() < http.StatusInternalServerError {
		challenge += `, error="` + answer.Code + `", error_description="` + answer.Description + `"`
		if answer.Code == codeInsufficientScope {
			challenge += `, scope="` + scopeOpenID + `"`
		}
		c.Response().Header().Set("WWW-Authenticate", challenge)
	}
	return s.fail(c, err)
}
