package pages

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/cookie"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// access says who may see a page.
type access int

const (
	// anyone: nobody needs to be signed in, and it makes no difference if
	// somebody is. Forms are bound to the browser.
	anyone access = iota
	// knowing: nobody needs to be signed in, but it is found out whether
	// somebody is. Forms are bound to the session; without one a form has
	// nothing to act on, and its token does not matter.
	knowing
	// members: somebody must be signed in. Forms are bound to the session.
	members
	// persons: a person must be signed in.
	persons
	// enterprises: an enterprise's account must be signed in.
	enterprises
	// agents: somebody must be signed in who acts for an enterprise, which they
	// chose before if they are a person.
	agents
	// managers: an agent with 管理权限; for the others the page is not there.
	managers
)

// route is one page's path.
type route struct {
	path   string
	access access
	get    func(*visit) error
	post   func(*visit, *guard.Form) error
	file   string // field in which its form may bring a file; empty: it brings none
	onBeat bool   // whether there is an account must not show in the time that the answer to a form takes
}

// visit is one request for a page.
type visit struct {
	echo.Context
	browser  [32]byte // hash of the browser's secret
	binding  string   // of its forms' CSRF tokens
	display  display
	session  *session.Session // nil: nobody is signed in, or it was not asked
	standing *accounts.Standing
	mandate  *accounts.MandateView    // on the pages of agents: what the visitor acts under
	flow     *interaction.Interaction // nil: no authorization is pending
	client   portal                   // of the flow
	file     *guard.File              // that the form brought; nil: none
	here     string                   // where this page is found again; empty: at its path
}

func (v *visit) ctx() context.Context { return v.Request().Context() }

func (p *Pages) mount(e *echo.Echo, r route) {
	e.Match([]string{http.MethodGet, http.MethodHead}, r.path, func(c echo.Context) error {
		v := &visit{Context: c, browser: p.Flow.Browser(c.Response(), c.Request()), display: p.displayOf(c.Request())}
		if err := p.admit(v, r.access); err != nil {
			return p.turnAway(v, err, guard.QueryToken(c.Request(), "flow"))
		}
		return r.get(v)
	})
	if r.post == nil {
		return
	}
	e.POST(r.path, func(c echo.Context) error {
		if r.onBeat {
			guard.OnBeat(c, guard.Beat)
		}
		if r.file != "" { // nobody else's file is read
			v := &visit{Context: c, display: p.displayOf(c.Request())}
			if err := p.admit(v, r.access); err != nil {
				return p.turnAway(v, err, "")
			}
		}
		form, v, err := p.receive(c, r.file)
		if err != nil {
			return err
		}
		if err := p.admit(v, r.access); err != nil {
			return p.turnAway(v, err, form.Token("flow"))
		}
		idle := r.access == knowing && v.session == nil
		if !idle && !p.csrf.Valid(form.Token("csrf"), v.browser, v.binding) {
			return errForeignForm()
		}
		return r.post(v, form)
	})
}

// errForeignForm answers a form that is not ours, or not this browser's.
func errForeignForm() error {
	return &interaction.ProblemError{Status: http.StatusForbidden, Code: "csrf"}
}

// receive reads a form, with the file that it may bring, and finds out which
// browser sent it.
func (p *Pages) receive(c echo.Context, file string) (*guard.Form, *visit, error) {
	if p.sameOrigin.Check(c.Request()) != nil {
		return nil, nil, errForeignForm()
	}
	form, brought, err := guard.ReadUpload(c.Request(), file)
	if err != nil {
		return nil, nil, err
	}
	browser, known := p.Flow.KnownBrowser(c.Request())
	switch {
	case !known && !p.Flow.Jar.Any(c.Request()):
		return nil, nil, interaction.ErrCookiesOff
	case !known:
		return nil, nil, errForeignForm()
	}
	return form, &visit{Context: c, browser: browser, display: p.displayOf(c.Request()), file: brought}, nil
}

// errNobody says that a page is for members and nobody is signed in.
var errNobody = errors.New("pages: nobody is signed in")

// errOther says that a page is for another kind of account than the one that is
// signed in.
var errOther = errors.New("pages: of another kind of account")

// typeOf is the kind of account that a page is for, if it is for one.
func typeOf(a access) (accounts.Type, bool) {
	switch a {
	case persons:
		return accounts.TypePerson, true
	case enterprises:
		return accounts.TypeEnterprise, true
	default:
		return "", false
	}
}

// admit finds out who is signed in, as far as the page needs it, and binds its
// forms.
func (p *Pages) admit(v *visit, a access) error {
	if a == anyone {
		return nil
	}
	if err := p.identify(v); err != nil {
		return err
	}
	if v.session == nil {
		if a == knowing {
			return nil
		}
		return errNobody
	}
	v.binding = v.session.ID
	who := v.session.Principal.Type
	if who == accounts.TypeAgent && v.standing.Mandate.Preset && a != knowing && v.Path() != interaction.PathAgentPassword {
		return errPreset
	}
	if want, of := typeOf(a); of && who != want {
		return errOther
	}
	if a != agents && a != managers {
		return nil
	}
	if who == accounts.TypeEnterprise {
		return errOther
	}
	if err := p.actFor(v); err != nil {
		return err
	}
	if a == managers && !v.mandate.Manager {
		return errNoMandate()
	}
	return nil
}

// identify reads the browser's session, if it has one.
func (p *Pages) identify(v *visit) error {
	current, standing, err := p.Sessions.Current(v.ctx(), v.Request())
	if errors.Is(err, accounts.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.session, v.standing = current, standing
	return nil
}

// turnAway sends who is not signed in to where that is done. A pending
// authorization knows best where that is.
func (p *Pages) turnAway(v *visit, err error, flow string) error {
	switch {
	case errors.Is(err, errOther):
		return p.seeOther(v, "/")
	case errors.Is(err, errChoose):
		return p.seeOther(v, interaction.PathChoose)
	case errors.Is(err, errPreset):
		return p.seeOther(v, interaction.AgentPasswordPath(flow))
	}
	if !errors.Is(err, errNobody) {
		return err
	}
	if flow != "" {
		return p.seeOther(v, interaction.ResumePath(flow))
	}
	door := accounts.TypeEnterprise
	switch path := v.Request().URL.Path; {
	case strings.HasPrefix(path, pathAgent), path+"/" == pathAgent:
		door = accounts.TypeAgent
	case strings.HasPrefix(path, pathMe), path+"/" == pathMe, path == interaction.PathChoose:
		door = accounts.TypePerson
	}
	to := interaction.LoginPath(door, "")
	if p.Flow.Jar.Get(v.Request(), cookie.Session) != "" {
		to += "?notice=" + noticeExpired
	}
	return p.seeOther(v, to)
}

func (p *Pages) seeOther(c echo.Context, to string) error {
	guard.NoStore(c.Response().Header())
	return c.Redirect(http.StatusSeeOther, to)
}
