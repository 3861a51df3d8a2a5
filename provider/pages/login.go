package pages

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/passhash"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// Why somebody is asked to sign in although they may not expect it, under
// login.notice in the catalogues.
const (
	noticeExpired        = "expired"
	noticeReauthenticate = "reauthenticate"
	noticeSwitch         = "switch"
)

// Refusals that the forms themselves give, under refusal in the catalogues.
const (
	codeRequired                   = accounts.CodeRequired
	codeInvalid      accounts.Code = "invalid"
	codeTooManyTries accounts.Code = "too_many_tries"
)

const maxIdentifier = 64 // characters of an account name or USCC, as typed

// loginForm is what the sign-in pages post.
type loginForm struct {
	enterprise string // of an agent alone
	account    string
	password   string
	device     accounts.Device
	refusals   []templates.Refusal
}

// door is one way to sign in.
type door struct {
	kind accounts.Type
	// account is the name of the field that says who signs in.
	account string
	signIn  func(ctx context.Context, c accounts.Credentials) (*accounts.SignedIn, error)
}

func (p *Pages) enterpriseDoor() *door {
	return &door{kind: accounts.TypeEnterprise, account: "account", signIn: p.SignIn.Enterprise}
}

func (p *Pages) personDoor() *door {
	return &door{kind: accounts.TypePerson, account: "account", signIn: p.SignIn.Person}
}

func (p *Pages) agentDoor() *door {
	return &door{kind: accounts.TypeAgent, account: "agent", signIn: p.SignIn.Agent}
}

// getLogin is the form of a door.
func (p *Pages) getLogin(d *door) func(*visit) error {
	return func(v *visit) error {
		if err := p.openFlow(v, guard.QueryToken(v.Request(), "flow"), v.QueryParam("flow") != ""); err != nil {
			return err
		}
		if v.flow != nil && v.flow.State == interaction.Finished {
			return p.seeOther(v, v.onward())
		}
		if err := p.identify(v); err != nil {
			return err
		}
		if v.flow == nil && v.session != nil {
			return p.seeOther(v, v.onward())
		}
		return p.showLogin(v, d, http.StatusOK, v.form(), p.hinted(v, d), p.notice(v))
	}
}

// hinted is the account that the portal expects to sign in (OIDC Core §3.1.2.1
// login_hint; contract: enterprise_hint).
func (p *Pages) hinted(v *visit, d *door) loginForm {
	hint, enterprise := v.requested("login_hint", maxIdentifier), v.requested("enterprise_hint", maxIdentifier)
	switch {
	case d.kind == accounts.TypeAgent:
		return loginForm{account: hint, enterprise: enterprise}
	case hint == "" && d.kind == accounts.TypeEnterprise:
		return loginForm{account: enterprise}
	default:
		return loginForm{account: hint}
	}
}

func (p *Pages) notice(v *visit) string {
	switch {
	case v.flow == nil && v.QueryParam("notice") == noticeExpired:
		return noticeExpired
	case v.session == nil:
		return ""
	case v.client.refuses(v.session, v.standing) != "":
		return noticeSwitch
	default:
		return noticeReauthenticate
	}
}

// showLogin shows the form with a fresh captcha.
func (p *Pages) showLogin(v *visit, d *door, status int, form templates.Form, in loginForm, notice string) error {
	captcha, err := p.newCaptcha(v)
	if err != nil {
		return err
	}
	v.standing = nil // who is about to sign in is not who is signed in
	page := templates.Login{
		Form: form, Doors: p.doors(v, d.kind), Client: v.client.name(), Account: in.account, Captcha: captcha, Notice: notice,
		Links: p.loginLinks(v, d),
	}
	switch d.kind {
	case accounts.TypePerson:
		return p.show(v, status, templates.LoginPerson{Login: page})
	case accounts.TypeAgent:
		return p.show(v, status, templates.LoginAgent{Login: page, Enterprise: in.enterprise})
	default:
		return p.show(v, status, templates.LoginEnterprise{Login: page})
	}
}

// loginLinks are the ways in for who has no account, or cannot use it.
func (p *Pages) loginLinks(v *visit, d *door) templates.LoginLinks {
	person := d.kind != accounts.TypeEnterprise // an agent's account is a person's
	var links templates.LoginLinks
	if !person {
		links.Appeal = p.Appeal
		if v.client.Client == nil || accepts(v.client.Client, accounts.TypeAgent) {
			links.Agent = interaction.LoginPath(accounts.TypeAgent, v.flowID())
		}
	}
	switch {
	case !p.proving():
	case person:
		links.Forgot, links.Register = withCase(v, pathRecoverPerson, ""), withCase(v, pathRegisterPerson, "")
	default:
		links.Forgot, links.Register = withCase(v, pathRecover, ""), withCase(v, pathRegisterEnterprise, "")
		links.Activate = withCase(v, pathActivate, "")
	}
	return links
}

// postLogin is one try at a door.
func (p *Pages) postLogin(d *door) func(*visit, *guard.Form) error {
	return func(v *visit, f *guard.Form) error {
		if err := p.openFlow(v, f.Token("flow"), f.Sent("flow")); err != nil {
			return err
		}
		if v.flow != nil && v.flow.State == interaction.Finished {
			return p.seeOther(v, v.onward())
		}
		in := p.readLogin(v, f, d)
		if f.Token("action") == actionNewCaptcha {
			return p.showLogin(v, d, http.StatusOK, v.form(), in, "")
		}
		wrong, err := p.takeCaptcha(v, f)
		if err != nil {
			return err
		}
		if wrong != nil && wrong.Code == string(codeCaptchaExpired) {
			// The form was sent before. If that signed in, this is the same click.
			if done, err := p.signedInBefore(v); done || err != nil {
				return p.orSeeOther(v, err)
			}
		}
		if wrong != nil {
			in.refusals = append(in.refusals, *wrong)
		}
		if len(in.refusals) > 0 {
			return p.refuseLogin(v, d, in, http.StatusUnprocessableEntity, templates.Form{})
		}
		return p.tryLogin(v, d, in)
	}
}

func (p *Pages) readLogin(v *visit, f *guard.Form, d *door) loginForm {
	in := loginForm{
		account: f.Text(d.account, maxIdentifier), password: f.Secret("password", passhash.MaxPassword),
		device: p.deviceOf(v.Request()).Device,
	}
	type field struct{ name, value string }
	fields := []field{{d.account, in.account}, {"password", in.password}}
	if d.kind == accounts.TypeAgent {
		in.enterprise = f.Text("enterprise", maxIdentifier)
		fields = append([]field{{"enterprise", in.enterprise}}, fields...)
	}
	for _, field := range fields {
		switch {
		case f.Faulty(field.name):
			in.refusals = append(in.refusals, templates.Refusal{Field: field.name, Code: string(codeInvalid)})
		case field.value == "":
			in.refusals = append(in.refusals, templates.Refusal{Field: field.name, Code: string(codeRequired)})
		}
	}
	return in
}

// signedInBefore reports whether this browser has signed in, in this flow if
// there is one.
func (p *Pages) signedInBefore(v *visit) (bool, error) {
	if err := p.identify(v); err != nil || v.session == nil {
		return false, err
	}
	return v.flow == nil || v.flow.SessionID == v.session.ID, nil
}

func (p *Pages) orSeeOther(v *visit, err error) error {
	if err != nil {
		return err
	}
	return p.seeOther(v, v.onward())
}

// tryLogin asks the rules. Imported accounts have hashes of other systems, that
// take longer: a refusal does not show it.
func (p *Pages) tryLogin(v *visit, d *door, in loginForm) error {
	free := func() {}
	if d.kind == accounts.TypeEnterprise {
		free = guard.OnBeat(v, guard.HashBeat)
	}
	signedIn, err := d.signIn(v.ctx(), accounts.Credentials{
		Enterprise: in.enterprise, Identifier: in.account, Password: in.password, Address: guard.Address(v.ctx()), Device: in.device,
	})
	if refusal, ok := errors.AsType[*accounts.RefusalError](err); ok {
		in.refusals = []templates.Refusal{p.refusal(v, *refusal)}
		return p.refuseLogin(v, d, in, http.StatusUnprocessableEntity, templates.Form{})
	}
	if wait, ok := errors.AsType[*accounts.WaitError](err); ok {
		seconds := max(1, int(math.Ceil(wait.Until.Sub(p.Now()).Seconds())))
		v.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		in.refusals = []templates.Refusal{{Code: string(codeTooManyTries)}}
		return p.refuseLogin(v, d, in, http.StatusTooManyRequests, templates.Form{WaitSeconds: seconds})
	}
	if err != nil {
		return err
	}
	free()
	return p.signIn(v, signedIn)
}

func (p *Pages) refuseLogin(v *visit, d *door, in loginForm, status int, form templates.Form) error {
	form.Flow, form.Refusals = v.flowID(), in.refusals
	return p.showLogin(v, d, status, form, in, "")
}

// signIn begins the browser's session and goes on to where it was needed.
func (p *Pages) signIn(v *visit, who *accounts.SignedIn) error {
	started, err := p.Sessions.Start(v.ctx(), v.Response(), v.Request(), session.Authentication{
		Principal: who.Principal, LOA: who.LOA, AMR: who.AMR,
		Address: addressOf(v), UserAgent: guard.Shown(v.Request().UserAgent(), maxUserAgent),
	})
	if err != nil {
		return err
	}
	p.rememberDevice(v, who.Principal.Subject)
	if v.flow != nil {
		err := p.Flow.SignedIn(v.ctx(), v.flow, started.ID, who.Acting)
		// A conflict: another tab of this browser moved the flow on. Where it
		// stands now, resume finds out.
		if err != nil && !errors.Is(err, accounts.ErrConflict) {
			return err
		}
	}
	// Who comes as a person is one until they say otherwise.
	if who.Acting != p.Actors.Memory.Recall(v.Request(), "") {
		p.Actors.Memory.Remember(v.Response(), v.Request(), "", who.Acting)
	}
	if v.flow == nil && (who.Acting != "" || who.Principal.Type == accounts.TypeAgent) {
		return p.seeOther(v, pathAgent+"account")
	}
	if v.flow == nil && who.Reopened {
		return p.seeOther(v, pathMe+"account?notice="+noticeReopened)
	}
	return p.seeOther(v, v.onward())
}

const maxUserAgent = 300 // characters kept of a browser's description of itself

func addressOf(v *visit) string {
	if a := guard.Address(v.ctx()); a.IsValid() {
		return a.String()
	}
	return ""
}
