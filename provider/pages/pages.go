// Package pages is the hosted user interface: one file per flow of the manual,
// each a handful of handlers that read a form, make one call and redirect or
// show the page again. All of it works without script.
//
// Every path is registered in routes with the access it needs; what stands
// before a handler (browser, session, CSRF token, form) is done for all of them
// in visit.go, so that none can forget it.
package pages

import (
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// EnterpriseSignIn proves that somebody holds an enterprise's account
// (accounts.SignIn).
type EnterpriseSignIn interface {
	Enterprise(ctx context.Context, c accounts.Credentials) (*accounts.SignedIn, error)
}

// AccountEnder ends every session and grant of an account.
type AccountEnder interface {
	RaiseAccountEpoch(ctx context.Context, id accounts.EnterpriseID, now time.Time) error
}

// SessionEnder ends what was granted in a session (grant.Store).
type SessionEnder interface {
	EndSession(ctx context.Context, sessionID string, now time.Time) error
}

// Clients names the portals (client.Registry).
type Clients interface {
	Get(id string) (*client.Client, error)
}

// Deps is what the pages are built from; all fields are required unless said.
type Deps struct {
	Issuer    string
	Captcha   bool
	Limits    bool
	CSRFKey   [32]byte
	DeviceKey [32]byte
	// Doors are the account types whose sign-in pages exist.
	Doors      []accounts.Type
	Templates  *templates.Renderer
	Sessions   *session.Manager
	Flow       *interaction.Flow
	Challenges interaction.ChallengeStore
	SignIn     EnterpriseSignIn
	Accounts   AccountEnder
	Grants     SessionEnder
	Clients    Clients
	Now        func() time.Time

	// Simulators adds the simulator's pages.
	Simulators bool
	// MoveClock sets how far the simulated clock is ahead; with simulators only.
	MoveClock func(offset time.Duration)
	// Demo are the accounts that the simulator's page tells visitors of; may be
	// empty.
	Demo []templates.DemoAccount
}

// Pages answers the paths of people.
type Pages struct {
	Deps
	csrf       guard.CSRF
	sameOrigin *guard.SameOrigin
	simulator  simulator
	languages  languages
	drawing    *guard.Rate
}

// New returns pages, ready to mount.
func New(deps Deps) (*Pages, error) {
	p := &Pages{Deps: deps, csrf: guard.CSRF{Key: deps.CSRFKey}, languages: newLanguages(), drawing: drawingRate()}
	var err error
	if p.sameOrigin, err = guard.NewSameOrigin(deps.Issuer); err != nil {
		return nil, fmt.Errorf("pages: issuer: %w", err)
	}
	if p.simulator.host, err = hostOf(deps.Issuer); err != nil {
		return nil, fmt.Errorf("pages: issuer: %w", err)
	}
	return p, nil
}

// Mount adds every route.
func (p *Pages) Mount(e *echo.Echo) {
	for _, r := range p.routes() {
		p.mount(e, r)
	}
	p.mountStatic(e)
	if p.Simulators {
		p.mountSimulator(e)
	}
}

// routes lists the pages and who may see them.
func (p *Pages) routes() []route {
	return []route{
		{path: "/", access: members, get: p.home},
		{path: "/login/enterprise", access: anyone, get: p.getLogin, post: p.postLogin},
		{path: interaction.PathWrongAccount, access: members, get: p.getWrongAccount, post: p.postWrongAccount},
		{path: interaction.PathConsent, access: members, get: p.getConsent, post: p.postConsent},
		{path: pathSessions, access: members, get: p.getSessions, post: p.postSessions},
		{path: interaction.PathLogout, access: knowing, get: p.getLogout, post: p.postLogout},
		{path: interaction.PathLoggedOut, access: anyone, get: p.loggedOut},
	}
}
