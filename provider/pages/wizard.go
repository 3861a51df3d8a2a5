package pages

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/accounts/passhash"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// Buttons of the wizards, besides the main one.
const (
	actionSendSMS   = "send-sms"
	actionLegalType = "legal-type"
	actionTerm      = "term"
	actionFace      = "face"
	actionAgain     = "again"
	actionCorrect   = "correct"
)

// Paths of the wizards.
const (
	pathRegisterEnterprise = "/register/enterprise"
	pathRegisterPerson     = "/register/person"
	pathRegisterDone       = "/register/done"
	pathRecover            = "/recover"
	pathRecoverPerson      = "/recover/person"
	pathActivate           = "/activate"
	pathFaceConsent        = "/face/consent"
	pathFace               = "/face/check"
	pathFaceState          = "/face/state"
	pathFaceQR             = "/face/qr"
	pathFacePhone          = "/face/phone/"
)

// limits of what is typed, in characters; the rules know more.
const (
	maxShort = 64
	maxNames = 120
)

// wizardPath is where a wizard of this kind has its pages.
func wizardPath(kind accounts.CaseKind) string {
	switch kind {
	case accounts.CaseRegisterPerson:
		return pathRegisterPerson
	case accounts.CaseActivate:
		return pathActivate
	case accounts.CaseRecoverEnterprise:
		return pathRecover
	case accounts.CaseRecoverPerson:
		return pathRecoverPerson
	case accounts.CasePersonPhone:
		return pathMe + "phone"
	case accounts.CaseEnterprisePhone:
		return pathCenter + "phone"
	case accounts.CaseEnterpriseChange:
		return pathCenter + "change"
	case accounts.CaseMandate:
		return pathCenterAgents + "/new"
	default:
		return pathRegisterEnterprise
	}
}

// registers reports whether the wizard opens an account.
func registers(kind accounts.CaseKind) bool {
	return kind == accounts.CaseRegisterEnterprise || kind == accounts.CaseRegisterPerson
}

// casePath is the page that a case stands at.
func casePath(v *visit, c *accounts.Case) string {
	path := wizardPath(c.Kind)
	switch {
	case c.Kind == accounts.CaseMandate:
		path = grantPath(c)
	case c.Kind == accounts.CasePersonPhone && v.mandate != nil:
		path = pathAgent + "phone"
	}
	switch {
	case c.Step == accounts.StepConsent:
		path = pathFaceConsent
	case c.Step == accounts.StepFace, c.Step == accounts.StepRefused && !c.FaceAgreedAt.IsZero():
		path = pathFace
	case c.Step == accounts.StepDone && registers(c.Kind):
		path = pathRegisterDone
	}
	return withCase(v, path, c.ID)
}

// withCase adds what a page of a wizard belongs to.
func withCase(v *visit, path, id string) string { return withID(v, path, "case", id) }

func withID(v *visit, path, name, id string) string {
	query := url.Values{}
	if id != "" {
		query.Set(name, id)
	}
	if flow := v.flowID(); flow != "" {
		query.Set("flow", flow)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// openWizard loads the authorization that a page of a wizard belongs to. One that
// is over does not keep anybody from becoming known.
func (p *Pages) openWizard(v *visit, id string) error {
	err := p.openFlow(v, id, id != "")
	if errors.Is(err, interaction.ErrExpired) || errors.Is(err, interaction.ErrElsewhere) {
		v.flow = nil
		return nil
	}
	return err
}

// loadCase returns the browser's case of one of the kinds; nil if there is none.
func (p *Pages) loadCase(v *visit, id string, kinds ...accounts.CaseKind) (*accounts.Case, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // none, and no fault
	}
	c, err := p.Wizards.Cases.Load(v.ctx(), "", id, v.browser)
	if errors.Is(err, accounts.ErrCaseGone) {
		return nil, nil //nolint:nilnil // none, and no fault
	}
	if err != nil {
		return nil, err
	}
	for _, kind := range kinds {
		if c.Kind == kind {
			v.here = casePath(v, c)
			return c, nil
		}
	}
	return nil, nil //nolint:nilnil // of another wizard
}

// getWizard shows a wizard that begins with a form: the form, with what was typed in
// a case that formAgain led away from, or the page that a case stands at.
func (p *Pages) getWizard(kind accounts.CaseKind, form func(*visit, map[string]string) error, at func(*visit, *accounts.Case) error) func(*visit) error {
	return func(v *visit) error {
		if err := p.openWizard(v, guard.QueryToken(v.Request(), "flow")); err != nil {
			return err
		}
		c, err := p.loadCase(v, guard.QueryToken(v.Request(), "case"), kind)
		switch {
		case err != nil:
			return err
		case c != nil:
			return at(v, c)
		case v.QueryParam("case") != "":
			return p.seeOther(v, withCase(v, wizardPath(kind), ""))
		}
		before, err := p.typedBefore(v, kind)
		if err != nil {
			return err
		}
		return form(v, before)
	}
}

// queryFrom names a case whose form is to be corrected in a new one.
const queryFrom = "from"

// formAgain is where the form that a case began with can be corrected. What it has
// proved stays behind.
func formAgain(v *visit, c *accounts.Case) string {
	return withID(v, wizardPath(c.Kind), queryFrom, c.ID)
}

// typedBefore is what a case of the kind began with that formAgain led away from;
// nil if there is none.
func (p *Pages) typedBefore(v *visit, kind accounts.CaseKind) (map[string]string, error) {
	here := v.here
	c, err := p.loadCase(v, guard.QueryToken(v.Request(), queryFrom), kind)
	v.here = here
	if err != nil || c == nil || c.Step == accounts.StepDone {
		return nil, err
	}
	return c.Form, nil
}

// read takes the fields of a form that a wizard knows. Refusals are of those that
// nobody can have typed.
func (p *Pages) read(v *visit, f *guard.Form, fields ...string) (*accounts.Input, []templates.Refusal) {
	in := &accounts.Input{
		Values: map[string]string{}, Password: f.Secret("password", passhash.MaxPassword),
		Confirm: f.Secret("password_confirm", passhash.MaxPassword), SMSCode: idnum.Normalise(f.Text("sms_code", 16)),
		Agree: f.Token("agree") == "1", Address: guard.Address(v.ctx()), Site: v.client.name(),
		Visitor: accounts.Visitor{
			Browser: v.browser, Address: addressOf(v), UserAgent: guard.Shown(v.Request().UserAgent(), maxUserAgent),
		},
	}
	var refusals []templates.Refusal
	for _, field := range fields {
		limit := maxShort
		if field == "name" || field == "rep_name" {
			limit = maxNames
		}
		in.Values[field] = f.Text(field, limit)
		if f.Faulty(field) {
			refusals = append(refusals, templates.Refusal{Field: field, Code: string(codeInvalid)})
		}
	}
	for _, secret := range []string{"password", "password_confirm"} {
		if f.Faulty(secret) {
			refusals = append(refusals, templates.Refusal{Field: secret, Code: string(codeInvalid)})
		}
	}
	return in, refusals
}

// answer is what the rules said to a form.
type answer struct {
	status   int
	refusals []templates.Refusal
	wait     int // seconds
}

// answerTo turns an error of the rules into what the page shows; nil if it is no
// answer of theirs.
func (p *Pages) answerTo(v *visit, err error) *answer {
	if list, ok := errors.AsType[accounts.RefusalsError](err); ok {
		a := &answer{status: http.StatusUnprocessableEntity}
		for _, r := range list {
			a.refusals = append(a.refusals, p.refusal(v, r))
		}
		return a
	}
	if r, ok := errors.AsType[*accounts.RefusalError](err); ok {
		return &answer{status: http.StatusUnprocessableEntity, refusals: []templates.Refusal{p.refusal(v, *r)}}
	}
	if wait, ok := errors.AsType[*accounts.WaitError](err); ok {
		seconds := max(1, int(math.Ceil(wait.Until.Sub(p.Now()).Seconds())))
		v.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		return &answer{
			status: http.StatusTooManyRequests, wait: seconds, refusals: []templates.Refusal{{Code: string(cmp.Or(wait.Code, codeTooManyTries))}},
		}
	}
	return nil
}

// refusal shows a refusal with the way out that it has.
func (p *Pages) refusal(v *visit, r accounts.RefusalError) templates.Refusal {
	out := templates.Refusal{Field: r.Field, Code: string(r.Code), AsOf: r.AsOf, Way: p.wayOut(v, r.Code)}
	if r.Day != "" {
		out.Args = []any{r.Day}
	}
	return out
}

// wayOut is where somebody goes who was refused; nowhere if that is not there.
func (p *Pages) wayOut(v *visit, code accounts.Code) templates.Way {
	var way templates.Way // by proving who they are
	switch code {
	case accounts.CodeAlreadyRegistered:
		way = templates.Way{Key: "recover", URL: withCase(v, pathRecover, "")}
	case accounts.CodePersonExists:
		way = templates.Way{Key: "recover", URL: withCase(v, pathRecoverPerson, "")}
	case accounts.CodePendingNeedsActivation, accounts.CodePendingActivation:
		way = templates.Way{Key: "activate", URL: withCase(v, pathActivate, "")}
	case accounts.CodeNothingToActivate:
		way = templates.Way{Key: "register", URL: withCase(v, pathRegisterEnterprise, "")}
	case accounts.CodeAlreadyActive, accounts.CodeRegisterConfirmed:
		return templates.Way{Key: "login", URL: interaction.LoginPath(accounts.TypeEnterprise, v.flowID())}
	case accounts.CodeRegisterMismatchPerson, accounts.CodeRegisterMismatchName, accounts.CodeRegisterMismatchType, accounts.CodeRecoverMismatch,
		accounts.CodeCancelled: // perhaps the register contradicted what was registered
		return templates.Way{Key: "appeal", URL: p.Appeal}
	default: // what is said is all that can be done
	}
	if !p.proving() {
		return templates.Way{}
	}
	return way
}

// elsewhere reports whether the rules found a case at another step, or moved by
// another request: then the browser goes where the case is.
func elsewhere(err error) bool {
	return errors.Is(err, accounts.ErrCaseStep) || errors.Is(err, accounts.ErrConflict)
}

// formOf is what a page of a wizard carries.
func (v *visit) caseForm(c *accounts.Case, a *answer) templates.Form {
	form := v.form()
	if c != nil {
		form.Case = c.ID
	}
	if a != nil {
		form.Refusals, form.WaitSeconds = a.refusals, a.wait
	}
	return form
}

// together lists everything that is wrong with a form whose captcha is wrong too.
func (p *Pages) together(v *visit, faults []templates.Refusal, err error, captcha *templates.Refusal) []templates.Refusal {
	if a := p.answerTo(v, err); a != nil {
		faults = append(faults, a.refusals...)
	}
	return append(faults, *captcha)
}

// statusOf is an answer's, or that all is well.
func statusOf(a *answer) int {
	if a == nil {
		return http.StatusOK
	}
	return a.status
}

// refused is an answer of the page itself.
func refused(refusals ...templates.Refusal) *answer {
	return &answer{status: http.StatusUnprocessableEntity, refusals: refusals}
}

// sms says how the code of a case stands, for the form that it is typed in.
func (p *Pages) sms(c *accounts.Case) templates.SMS {
	if c == nil || c.Code == nil || !c.Code.Alive(p.Now()) {
		return templates.SMS{Sent: c != nil && c.PhoneProof != "", To: maskOf(c)}
	}
	again := int(math.Ceil(c.Code.SentAt.Add(time.Minute).Sub(p.Now()).Seconds()))
	return templates.SMS{
		Sent: true, To: idnum.MaskPhone(c.Code.Phone), Again: max(0, again),
		Minutes: max(1, int(math.Ceil(c.Code.ExpiresAt.Sub(p.Now()).Minutes()))),
	}
}

func maskOf(c *accounts.Case) string {
	if c == nil || c.PhoneProof == "" {
		return ""
	}
	return idnum.MaskPhone(c.PhoneProof)
}

// wantsCaptcha takes the captcha of a form that wants a code sent, unless a code
// that went to the same phone still lives.
func (p *Pages) wantsCaptcha(v *visit, f *guard.Form, c *accounts.Case) (*templates.Refusal, error) {
	if c != nil && c.Code.Alive(p.Now()) {
		phone, err := idnum.ParseMobile(f.Text("phone", maxShort))
		if !f.Sent("phone") || (err == nil && string(phone) == c.Code.Phone) {
			return nil, nil //nolint:nilnil // nothing is wrong
		}
	}
	return p.takeCaptcha(v, f)
}

// captchaUnless makes a captcha for a form, unless a code lives.
func (p *Pages) captchaUnless(v *visit, sms *templates.SMS, a *answer) (templates.Captcha, error) {
	if a != nil {
		for _, r := range a.refusals {
			if r.Field == "captcha" {
				sms.Sent = false // the code went to another phone
			}
		}
	}
	if sms.Sent {
		return templates.Captcha{}, nil
	}
	return p.newCaptcha(v)
}
