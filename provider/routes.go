package provider

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/oauth"
	"github.com/tongid/tongid/provider/pages"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// mount puts what stands before every handler in its order, and every route in
// its place. It is the only list that does.
func mount(e *echo.Echo, d Deps, secure bool, protocol *oauth.Server, ui *pages.Pages) error {
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
		guard.BodyLimit(),
	))
	protocol.Mount(e)
	ui.Mount(e)
	return nil
}

// newPages builds the pages and the use cases behind them.
func newPages(d Deps, flow *interaction.Flow, sessions *session.Manager) (*pages.Pages, error) {
	renderer, err := templates.New(d.Config.Brand)
	if err != nil {
		return nil, err
	}
	return pages.New(pages.Deps{
		Issuer: d.Config.Issuer, Captcha: d.Config.Captcha, CSRFKey: d.Config.Secrets.CSRF,
		DeviceKey: d.Config.Secrets.Device, Doors: doors(), Templates: renderer, Sessions: sessions, Flow: flow,
		Challenges: d.Stores.Challenges, Accounts: d.Stores.Enterprises, Grants: d.Stores.Grants,
		Clients: d.Clients, Now: d.Now, Simulators: d.Config.Simulators, MoveClock: d.MoveClock,
		Demo: d.Config.Demo,
		SignIn: &accounts.SignIn{
			Enterprises: d.Stores.Enterprises, Attempts: d.Stores.Attempts, Passwords: d.Hasher,
			Limits: d.Config.Limits, CounterKey: d.Config.Secrets.Lockout, Now: d.Now,
		},
	})
}

// protocolPages shows what the protocol shows to a person.
type protocolPages struct{ *pages.Pages }

func (p protocolPages) FormPost(c echo.Context, client, action string, fields []oauth.Field) error {
	page := templates.FormPost{Client: client, Action: action}
	for _, f := range fields {
		page.Params = append(page.Params, templates.Param(f))
	}
	return p.Pages.FormPost(c, http.StatusOK, page)
}
