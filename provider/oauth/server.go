package oauth

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/provider/session"
)

// Lifetimes of codes and tokens.
type Lifetimes struct {
	Code, AccessToken, IDToken                 time.Duration
	RefreshIdle, RefreshAbsolute, RefreshGrace time.Duration
}

// Pages are what the protocol shows to a person by itself.
type Pages interface {
	// FormPost answers by a form that the browser posts on (OAuth 2.0 Form Post
	// Response Mode §2).
	FormPost(c echo.Context, a FormAnswer) error
}

// FormAnswer is an answer to a client that goes by way of a form.
type FormAnswer struct {
	ClientName string
	Action     string // redirect URI
	Locales    string // ui_locales of the request
	Fields     []Field
}

// Field is one parameter of a form-post answer.
type Field struct{ Name, Value string }

// Deps is what the protocol is built from; all fields are required.
type Deps struct {
	Issuer   string
	Life     Lifetimes
	TokenKey [32]byte
	// Doors are the account types whose sign-in pages exist.
	Doors []accounts.Type
	// Locales are the languages of the pages.
	Locales    []string
	Clients    *client.Registry
	Keys       *keys.Ring
	Grants     grant.Store
	Codes      grant.CodeStore
	Tokens     grant.TokenStore
	Consents   grant.ConsentStore
	Sessions   *session.Manager
	Flow       *interaction.Flow
	Actors     *interaction.Actors
	Challenges interaction.ChallengeStore
	Pages      Pages
	KeySets    KeySets
	Now        func() time.Time
	Log        *slog.Logger
}

// Server answers the protocol's endpoints.
type Server struct {
	Deps
	mint   minter
	fosite machines
	disco  *document
	jwks   atomic.Pointer[document] // of the keys that were there last
}

// New returns a server, ready to mount.
func New(deps Deps) (*Server, error) {
	s := &Server{Deps: deps, mint: minter{key: deps.TokenKey}}
	s.fosite = newFosite(s)
	var err error
	s.disco, err = s.discovery()
	return s, err
}

// Endpoint paths. Clients learn them from the discovery document.
const (
	pathAuthorize  = "/oauth2/authorize"
	pathToken      = "/oauth2/token"
	pathUserInfo   = "/oauth2/userinfo"
	pathIntrospect = "/oauth2/introspect"
	pathRevoke     = "/oauth2/revoke"
	pathLogout     = "/oauth2/logout"
	pathJWKS       = "/oauth2/jwks"
)

// Mount adds the protocol's routes. GET routes answer HEAD as well.
func (s *Server) Mount(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, "/.well-known/openid-configuration", s.getDiscovery)
	e.Match(read, "/.well-known/oauth-authorization-server", s.getDiscovery) // RFC 8414 §3
	e.Match(read, pathJWKS, s.getJWKS)
	e.Match(read, pathAuthorize, keepOpener(s.getAuthorize))
	e.POST(pathAuthorize, keepOpener(s.postAuthorize))
	e.Match(read, interaction.PathResume, keepOpener(s.resume))
	e.POST(pathToken, s.token)
	e.Match(append(read, http.MethodPost), pathUserInfo, s.userinfo)
	e.POST(pathIntrospect, s.introspect)
	e.POST(pathRevoke, s.revoke)
	e.Match(append(read, http.MethodPost), pathLogout, keepOpener(s.logout))
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", pathJWKS, pathToken, pathUserInfo, pathRevoke} {
		e.OPTIONS(path, s.preflight)
	}
}

// keepOpener lets a portal that opened us in a window of its own find that window
// again: a browser minds this header of redirects, too (HTML §7.1.3.2).
func keepOpener(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Del("Cross-Origin-Opener-Policy")
		return next(c)
	}
}
