package provider

import (
	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/mandateapi"
	"github.com/tongid/tongid/provider/oauth"
	"github.com/tongid/tongid/provider/pages"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// mount puts what stands before every handler in its order, and every route in
// its place. It is the only list that does.
func mount(e *echo.Echo, d Deps, secure bool, protocol *oauth.Server, ui *pages.Pages, api *mandateapi.API) error {
	observer, err := guard.NewObserver(d.Log, d.Metrics, d.Now)
	if err != nil {
		return err
	}
	e.HTTPErrorHandler = faults{pages: ui, log: d.Log}.answer
	e.Use(guard.Chain(
		guard.Identify(d.Config.TrustedProxies),
		observer.Watch,
		guard.Recover,
		guard.Headers(secure, d.Config.Brand.FormTargets(), forPeople),
		guard.BodyLimit(append(ui.Uploads(), guard.Longer{Path: mandateapi.PathBatch, Bytes: mandateapi.MaxBatch})...),
	))
	protocol.Mount(e)
	ui.Mount(e)
	api.Mount(e)
	return nil
}

// accountEnder ends what accounts of both kinds have open.
type accountEnder struct {
	accounts.EnterpriseStore
	accounts.PersonChanger
	accounts.MandateStore
}

// newPages builds the pages and the use cases behind them.
func newPages(
	d Deps, renderer *templates.Renderer, wizards *accounts.Wizards, signIn *accounts.SignIn, flow *interaction.Flow, actors *interaction.Actors, sessions *session.Manager,
) (*pages.Pages, error) {
	appeal := ""
	if renderer.Desk() {
		appeal = "/appeal"
	}
	return pages.New(pages.Deps{
		Appeal: appeal,
		Issuer: d.Config.Issuer, Captcha: d.Config.Captcha, Limits: d.Config.Limits, CSRFKey: d.Config.Secrets.CSRF,
		DeviceKey: d.Config.Secrets.Device, Doors: doors(), Templates: renderer, Sessions: sessions, Flow: flow, Actors: actors,
		Challenges: d.Stores.Challenges, Accounts: accountEnder{d.Stores.Enterprises, d.Stores.Persons, d.Stores.Mandates},
		Wizards: wizards, Mandating: newMandating(d, wizards), Proofs: d.Stores.Proofs, Mandates: d.Stores.Mandates, Activities: d.Stores.Activities, Letters: newLetters(d), Portals: d.Stores.Portals, Consents: d.Stores.Consents,
		Messages: d.Gateways.Messages != nil, Faces: d.Gateways.Face != nil,
		Clients: d.Clients, Now: d.Now, Simulators: d.Config.Simulators, MoveClock: d.MoveClock,
		Demo: d.Config.Demo, World: d.World, Delivered: d.Delivered,
		SignIn: signIn,
	})
}

// protocolPages shows what the protocol shows to a person.
type protocolPages struct{ *pages.Pages }

func (p protocolPages) FormPost(c echo.Context, a oauth.FormAnswer) error {
	page := templates.FormPost{Client: a.ClientName, Action: a.Action}
	for _, f := range a.Fields {
		page.Params = append(page.Params, templates.Param(f))
	}
	return p.Pages.FormPost(c, a.Locales, page)
}
