package pages

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/templates"
)

// show answers with a page.
func (p *Pages) show(v *visit, status int, page templates.Page) error {
	view := p.view(v, v.display)
	view.CSRF = p.csrf.Token(v.browser, v.binding)
	if v.standing != nil && v.flow == nil {
		view.SignedInAs = v.accountName()
	}
	switch {
	case v.here != "":
		view.Path = localPath(v.here)
	case v.flow != nil:
		view.Path = v.Request().URL.Path + "?flow=" + v.flow.ID
	}
	return p.render(v, status, view, page)
}

// accountName is what pages call the signed-in account: an enterprise by its name,
// a person by a part of it, for others may look on.
func (v *visit) accountName() string {
	switch {
	case v.session != nil && v.session.Principal.Type == accounts.TypePerson:
		return idnum.MaskName(v.standing.Name)
	case v.standing.Mandate != nil:
		return agentName(v.standing.Company, v.standing.Name)
	default:
		return v.standing.Name
	}
}

// agentName is what an agent is called: the enterprise, and who acts for it.
func agentName(company, person string) string { return company + " · " + idnum.MaskName(person) }

// Problem answers with the error page.
func (p *Pages) Problem(c echo.Context, status int, problem templates.Problem) error {
	return p.render(c, status, p.view(c, p.displayAsked(c, c.QueryParam("ui_locales"))), problem)
}

// displayAsked is displayOf outside a pending authorization: what the person chose,
// else what the portal asks for, else the browser's language.
func (p *Pages) displayAsked(c echo.Context, locales string) display {
	d := p.displayOf(c.Request())
	if lang, ok := p.languages.requested(locales); ok && d.chosen.IsZero() {
		d.lang = lang
	}
	return d
}

// FormPost answers an authorization request by a form that the browser posts to
// the client (OAuth 2.0 Form Post Response Mode §2).
func (p *Pages) FormPost(c echo.Context, locales string, page templates.FormPost) error {
	guard.InAuthorization(c.Response().Header())
	return p.render(c, http.StatusOK, p.view(c, p.displayAsked(c, locales)), page)
}

func (p *Pages) view(c echo.Context, d display) templates.View {
	r := c.Request()
	view := templates.View{
		Lang: d.lang, LargeText: d.large, Trace: guard.TraceID(r.Context()), Simulated: p.Simulators, Messages: p.Messages,
		Proving: p.proving(), Path: "/",
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		view.Path = localPath(r.URL.RequestURI())
	} else {
		view.Path = localPath(r.URL.Path)
	}
	return view
}

func (p *Pages) render(c echo.Context, status int, view templates.View, page templates.Page) error {
	h := c.Response().Header()
	guard.NoStore(h)
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	h.Set("Content-Language", view.Lang)
	c.Response().Status = status // sent with the first byte, which follows when all is made
	if err := p.Templates.Render(c.Response(), view, page); err != nil {
		return fmt.Errorf("pages: render: %w", err)
	}
	return nil
}
