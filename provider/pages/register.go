package pages

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// registration is what 企业注册 and 个人注册 do alike.
type registration struct {
	kind   accounts.CaseKind
	fields []string
	prefix string // of the document's fields
	send   func(w *accounts.Wizards) step
	submit func(w *accounts.Wizards) step
	page   func(p *Pages, v *visit, c *accounts.Case, values map[string]string, agreed bool, a *answer) error
}

type documentFields = []string

func document(prefix string) documentFields {
	return documentFields{prefix + "_type", prefix + "_number", prefix + "_term", prefix + "_from", prefix + "_to"}
}

func enterpriseRegistration() *registration {
	return &registration{
		kind: accounts.CaseRegisterEnterprise, prefix: "rep_id",
		fields: append(document("rep_id"), "account", "legal_type", "name", "uscc", "rep_name", "phone"),
		send:   func(w *accounts.Wizards) step { return w.SendEnterpriseCode },
		submit: func(w *accounts.Wizards) step { return w.SubmitEnterprise },
		page:   (*Pages).showRegisterEnterprise,
	}
}

func personRegistration() *registration {
	return &registration{
		kind: accounts.CaseRegisterPerson, prefix: "id", fields: append(document("id"), "name", "phone"),
		send:   func(w *accounts.Wizards) step { return w.SendPersonCode },
		submit: func(w *accounts.Wizards) step { return w.SubmitPerson },
		page:   (*Pages).showRegisterPerson,
	}
}

// getRegister shows the form, with what was typed before a code was sent.
func (p *Pages) getRegister(r *registration) func(*visit) error {
	form := func(v *visit, before map[string]string) error { return r.page(p, v, nil, before, false, nil) }
	return p.getWizard(r.kind, form, func(v *visit, c *accounts.Case) error {
		if c.Step != accounts.StepForm {
			return p.seeOther(v, casePath(v, c))
		}
		return r.page(p, v, c, c.Form, false, nil)
	})
}

func (p *Pages) postRegister(r *registration) func(*visit, *guard.Form) error {
	return func(v *visit, f *guard.Form) error {
		if err := p.openWizard(v, f.Token("flow")); err != nil {
			return err
		}
		c, err := p.loadCase(v, f.Token("case"), r.kind)
		if err != nil {
			return err
		}
		if c != nil && c.Step != accounts.StepForm {
			return p.seeOther(v, casePath(v, c))
		}
		in, faults := p.read(v, f, r.fields...)
		switch action := f.Token("action"); action {
		case actionNewCaptcha, actionLegalType, actionTerm:
			if action == actionTerm {
				in.Values[r.prefix+"_to"] = accounts.FillTerm(in.Values[r.prefix+"_term"], in.Values[r.prefix+"_from"])
			}
			return r.page(p, v, c, in.Values, in.Agree, nil)
		case actionSendSMS:
			return p.sendRegisterCode(v, f, r, c, in)
		}
		if len(faults) > 0 {
			return r.page(p, v, c, in.Values, in.Agree, refused(faults...))
		}
		if c == nil { // no code was sent: the rules say so, beside all else
			c = &accounts.Case{Kind: r.kind, Step: accounts.StepForm}
		}
		return p.afterStep(v, c, r.submit(p.Wizards)(v.ctx(), c, in), func(a *answer) error {
			return r.page(p, v, c, in.Values, in.Agree, a)
		})
	}
}

// sendRegisterCode is 获取验证码: the captcha first.
func (p *Pages) sendRegisterCode(v *visit, f *guard.Form, r *registration, c *accounts.Case, in *accounts.Input) error {
	again := func(a *answer) error { return r.page(p, v, c, in.Values, in.Agree, a) }
	if _, err := idnum.ParseMobile(in.Values["phone"]); err != nil {
		code := accounts.CodePhoneInvalid
		if in.Values["phone"] == "" {
			code = codeRequired
		}
		return again(refused(templates.Refusal{Field: "phone", Code: string(code)}))
	}
	wrong, err := p.wantsCaptcha(v, f, c)
	if err != nil {
		return err
	}
	if wrong != nil {
		return again(refused(*wrong))
	}
	if c == nil {
		if c, err = p.Wizards.Cases.Begin(v.ctx(), r.kind, accounts.StepForm, v.browser); err != nil {
			return err
		}
		v.here = casePath(v, c)
	}
	return p.afterStep(v, c, r.send(p.Wizards)(v.ctx(), c, in), again)
}

// afterStep goes where a case is after a step: on, when it succeeded or when the
// case was elsewhere; else the page is shown again with what the rules say.
func (p *Pages) afterStep(v *visit, c *accounts.Case, err error, again func(*answer) error) error {
	switch {
	case err == nil, elsewhere(err):
		return p.seeOther(v, casePath(v, c))
	case errors.Is(err, accounts.ErrCaseGone):
		if c.Kind == accounts.CaseMandate {
			return p.seeOther(v, grantPath(c)) // which begins anew
		}
		return p.seeOther(v, withCase(v, wizardPath(c.Kind), ""))
	}
	if a := p.answerTo(v, err); a != nil {
		return again(a)
	}
	return err
}

func documentOf(values map[string]string, prefix string) templates.Document {
	return templates.Document{
		Type: values[prefix+"_type"], Number: values[prefix+"_number"], Term: values[prefix+"_term"],
		From: values[prefix+"_from"], To: values[prefix+"_to"],
	}
}

func (p *Pages) showRegisterEnterprise(v *visit, c *accounts.Case, values map[string]string, agreed bool, a *answer) error {
	sms := p.sms(c)
	captcha, err := p.captchaUnless(v, &sms, a)
	if err != nil {
		return err
	}
	return p.show(v, statusOf(a), templates.RegisterEnterprise{
		Form: v.caseForm(c, a), Account: values["account"], LegalType: values["legal_type"], Name: values["name"],
		USCC: values["uscc"], RepName: values["rep_name"], RepID: documentOf(values, "rep_id"), Phone: values["phone"],
		Captcha: captcha, SMS: sms, Agreed: agreed, Login: interaction.LoginPath(accounts.TypeEnterprise, v.flowID()),
	})
}

func (p *Pages) showRegisterPerson(v *visit, c *accounts.Case, values map[string]string, agreed bool, a *answer) error {
	sms := p.sms(c)
	captcha, err := p.captchaUnless(v, &sms, a)
	if err != nil {
		return err
	}
	return p.show(v, statusOf(a), templates.RegisterPerson{
		Form: v.caseForm(c, a), Name: values["name"], ID: documentOf(values, "id"), Phone: values["phone"],
		Captcha: captcha, SMS: sms, Agreed: agreed, Login: interaction.LoginPath(accounts.TypePerson, v.flowID()),
	})
}

// registerDone says how a registration ended.
func (p *Pages) registerDone(v *visit) error {
	if err := p.openWizard(v, guard.QueryToken(v.Request(), "flow")); err != nil {
		return err
	}
	c, err := p.loadCase(v, guard.QueryToken(v.Request(), "case"), accounts.CaseRegisterEnterprise, accounts.CaseRegisterPerson)
	switch {
	case err != nil:
		return err
	case c == nil:
		return p.seeOther(v, interaction.LoginPath(accounts.TypeEnterprise, v.flowID()))
	case c.Step != accounts.StepDone:
		return p.seeOther(v, casePath(v, c))
	}
	door, state := accounts.TypeEnterprise, "active"
	if c.Kind == accounts.CaseRegisterPerson {
		door = accounts.TypePerson
	}
	if c.Waiting {
		state = "waiting"
	}
	return p.show(v, http.StatusOK, templates.RegisterDone{
		Type: string(door), State: state, Name: cmp.Or(c.Firm(), c.Form["name"]), Account: c.Form["account"], Phone: idnum.MaskPhone(c.Phone),
		AsOf: c.AsOf, Next: interaction.LoginPath(door, v.flowID()),
	})
}
