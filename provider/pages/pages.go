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
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	simulation "github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/letter"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// SignIn proves that somebody holds an account (accounts.SignIn).
type SignIn interface {
	Enterprise(ctx context.Context, c accounts.Credentials) (*accounts.SignedIn, error)
	Person(ctx context.Context, c accounts.Credentials) (*accounts.SignedIn, error)
	Agent(ctx context.Context, c accounts.Credentials) (*accounts.SignedIn, error)
}

// AccountEnder ends every session and grant of an account.
type AccountEnder interface {
	RaiseAccountEpoch(ctx context.Context, id accounts.EnterpriseID, now time.Time) error
	RaisePersonEpoch(ctx context.Context, id accounts.PersonID, now time.Time) error
	RaiseMandateEpoch(ctx context.Context, id string, now time.Time) error
}

// Proofs tells what is known of how an account was proved.
type Proofs interface {
	// LastProof is the newest proof that counts for the account; ErrNotFound
	// if there is none.
	LastProof(ctx context.Context, subject string) (*accounts.Proof, error)
}

// Consents forgets what portals were allowed (grant.ConsentStore).
type Consents interface {
	Withdraw(ctx context.Context, subject, clientID string) error
}

// Clients names the portals (client.Registry).
type Clients interface {
	Get(id string) (*client.Client, error)
	// Serving lists the ids of those that people sign in to with such accounts.
	Serving(t accounts.Type) []string
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
	Actors     *interaction.Actors
	Challenges interaction.ChallengeStore
	SignIn     SignIn
	Wizards    *accounts.Wizards
	Mandating  *accounts.Mandating
	Proofs     Proofs
	Mandates   accounts.MandateReader
	Activities accounts.ActivityReader
	Letters    *letter.Office
	Accounts   AccountEnder
	Portals    grant.Lister
	Consents   Consents
	Clients    Clients
	Now        func() time.Time
	// Messages says that short messages can be sent, Faces that faces can be
	// checked. Pages that need what is missing are not there.
	Messages, Faces bool
	// Appeal is the address of the appeal (账号申诉); empty if none are taken.
	Appeal string

	// Simulators adds the simulator's pages.
	Simulators bool
	// World is the simulated outside; Delivered hands over what waits in the
	// outbox. With simulators only.
	World     *simulation.Simulator
	Delivered func(ctx context.Context)
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
	checking   *guard.Rate
}

// New returns pages, ready to mount.
func New(deps Deps) (*Pages, error) {
	p := &Pages{Deps: deps, csrf: guard.CSRF{Key: deps.CSRFKey}, languages: newLanguages(), drawing: drawingRate(), checking: checkingRate()}
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
	var wizards []route
	if p.proving() {
		wizards = p.wizardRoutes()
	}
	if p.Appeal != "" {
		wizards = append(wizards, route{path: p.Appeal, access: anyone, get: func(v *visit) error { return p.show(v, http.StatusOK, templates.Appeal{}) }})
	}
	return slices.Concat(wizards, p.meRoutes(), p.centerRoutes(), p.agentRoutes(), p.letterRoutes(), []route{
		{path: "/", access: members, get: p.home},
		{path: "/login/enterprise", access: anyone, get: p.getLogin(p.enterpriseDoor()), post: p.postLogin(p.enterpriseDoor())},
		{path: "/login/person", access: anyone, get: p.getLogin(p.personDoor()), post: p.postLogin(p.personDoor())},
		{path: pathInvite + ":mandate", access: knowing, get: p.getInvite},
		{path: "/login/agent", access: anyone, get: p.getLogin(p.agentDoor()), post: p.postLogin(p.agentDoor())},
		{path: interaction.PathChoose, access: persons, get: p.getChoose, post: p.postChoose},
		{path: interaction.PathWrongAccount, access: members, get: p.getWrongAccount, post: p.postWrongAccount},
		{path: interaction.PathConsent, access: members, get: p.getConsent, post: p.postConsent},
		{path: pathSessions, access: enterprises, get: p.getSessions, post: p.postSessions},
		{path: interaction.PathLogout, access: knowing, get: p.getLogout, post: p.postLogout},
		{path: interaction.PathLoggedOut, access: anyone, get: p.loggedOut},
		{path: "/agreement/:document", access: anyone, get: p.getAgreement},
	})
}

// proving reports whether people can prove who they are, so that the ways to
// become known are there.
func (p *Pages) proving() bool { return p.Messages && p.Faces }

// wizardRoutes are the ways to become known. Signing in is not among those on a
// beat: beside its hash nothing else shows.
func (p *Pages) wizardRoutes() []route {
	firm, person := enterpriseRegistration(), personRegistration()
	firmBack, personBack := enterpriseRecovery(), personRecovery()
	return []route{
		{path: pathRegisterEnterprise, access: anyone, get: p.getRegister(firm), post: p.postRegister(firm), onBeat: true},
		{path: pathRegisterPerson, access: anyone, get: p.getRegister(person), post: p.postRegister(person), onBeat: true},
		{path: pathRegisterDone, access: anyone, get: p.registerDone},
		{path: pathActivate, access: anyone, get: p.getActivate(), post: p.postActivate, onBeat: true},
		{path: pathRecover, access: anyone, get: p.getRecover(firmBack), post: p.postRecover(firmBack), onBeat: true},
		{path: pathRecoverPerson, access: anyone, get: p.getRecover(personBack), post: p.postRecover(personBack), onBeat: true},
		{path: pathFaceConsent, access: anyone, get: p.getFaceConsent, post: p.postFaceConsent},
		{path: pathFace, access: anyone, get: p.getFace, post: p.postFace},
		{path: pathFaceState, access: anyone, get: p.faceStateJSON},
		{path: pathFaceQR, access: anyone, get: p.faceQR},
		{path: pathFacePhone + ":ticket", access: anyone, get: p.getFacePhone, post: p.postFacePhone},
	}
}

// meRoutes are 个人中心.
func (p *Pages) meRoutes() []route {
	all := []route{
		{path: "/me", access: persons, get: func(v *visit) error { return p.seeOther(v, pathMe+"account") }},
		{path: pathMe + "account", access: persons, get: p.getMeAccount},
		{path: pathMe + "mandates", access: persons, get: p.getMeMandates, post: p.postMeMandates},
		{path: pathMe + "mandates/:mandate", access: persons, get: p.getMeMandate, post: p.postMeMandate},
		{path: pathMe + "password", access: persons, get: p.getPassword, post: p.postPassword},
		{path: pathMe + "sessions", access: persons, get: p.getMeSessions, post: p.postSessions},
		{path: pathMe + "portals", access: persons, get: p.getPortals, post: p.postPortals},
		{path: pathMe + "close", access: persons, get: p.getMeClose, post: p.postMeClose},
	}
	if p.Messages {
		all = append(all, route{path: pathMe + "phone", access: persons, get: p.getPhone, post: p.postPhone})
	}
	return all
}

// centerRoutes are 企业中心, besides its sessions.
func (p *Pages) centerRoutes() []route {
	all := []route{
		{path: "/center", access: enterprises, get: func(v *visit) error { return p.seeOther(v, pathCenter+"enterprise") }},
		{path: pathCenter + "enterprise", access: enterprises, get: p.getCenterEnterprise},
		{path: pathCenter + "representative", access: enterprises, get: p.getCenterRepresentative},
		{path: pathCenter + "extension", access: enterprises, get: p.getCenterExtension},
		{path: pathCenter + "password", access: enterprises, get: p.getPassword, post: p.postPassword},
		{path: pathCenter + "portals", access: enterprises, get: p.getPortals, post: p.postPortals},
		{path: pathActivity, access: enterprises, get: p.getActivity},
		{path: pathActivityExport, access: enterprises, get: p.exportActivity},
	}
	if p.Messages {
		all = append(all, route{path: pathCenter + "phone", access: enterprises, get: p.getPhone, post: p.postPhone})
	}
	if p.proving() {
		all = append(all, route{path: pathCenter + "change", access: enterprises, get: p.getCenterChange, post: p.postCenterChange})
	}
	return all
}
