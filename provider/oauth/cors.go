package oauth

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/provider/client"
)

// CORS without credentials (contract): the public documents for everybody
// (newDocument); the endpoints that a script calls as its client for that client's origins.

// allowOrigin lets the request's origin read the answer, if it is the client's.
func (s *Server) allowOrigin(c echo.Context, cl *client.Client) {
	origin := c.Request().Header.Get("Origin")
	if origin != "" && cl.AllowsOrigin(origin) {
		grantOrigin(c, origin)
	}
}

// allowKnownOrigin lets any client's origin read an answer that says nothing but
// what is wrong with a request, when it is not known whose it was.
func (s *Server) allowKnownOrigin(c echo.Context) {
	if c.Response().Header().Get("Access-Control-Allow-Origin") != "" {
		return
	}
	if origin := c.Request().Header.Get("Origin"); origin != "" && s.Clients.KnowsOrigin(origin) {
		grantOrigin(c, origin)
	}
}

// failUnknown is fail, before it is known which client asks.
func (s *Server) failUnknown(c echo.Context, err error) error {
	s.allowKnownOrigin(c)
	return s.fail(c, err)
}

func grantOrigin(c echo.Context, origin string) {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce")
}

// preflight answers a CORS preflight (Fetch §3.2.2). It cannot know the client,
// so any client's origin may go on to ask; the answer itself is decided anew.
func (s *Server) preflight(c echo.Context) error {
	origin := c.Request().Header.Get("Origin")
	open := !slices.Contains([]string{pathToken, pathUserInfo, pathRevoke}, c.Path())
	h := c.Response().Header()
	h.Add("Vary", "Origin")
	if !open && (origin == "" || !s.Clients.KnowsOrigin(origin)) {
		return c.NoContent(http.StatusNoContent)
	}
	if open {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
	h.Set("Access-Control-Max-Age", "600")
	return c.NoContent(http.StatusNoContent)
}
