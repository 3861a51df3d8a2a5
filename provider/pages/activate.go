package pages

import (
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

func (p *Pages) getActivate() func(*visit) error {
	form := func(v *visit, before map[string]string) error { return p.showActivate1(v, before, false, nil) }
	return p.getWizard(accounts.CaseActivate, form, func(v *visit, c *accounts.Case) error {
		return p.showActivate(v, c, c.Form, nil)
	})
}

// showActivate shows the step that a case stands at.
func (p *Pages) showActivate(v *visit, c *accounts.Case, values map[string]string, a *answer) error {
	firm := c.Form["name_of_firm"]
	switch c.Step {
	case accounts.StepCode:
		sms := p.sms(c)
		captcha, err := p.captchaUnless(v, &sms, a)
		if err != nil {
			return err
		}
		return p.show(v, statusOf(a), templates.Activate2{
			Form: v.caseForm(c, a), Enterprise: firm, Phone: values["phone"], Captcha: captcha, SMS: sms, Appeal: p.Appeal,
		})
	case accounts.StepAccount:
		return p.show(v, statusOf(a), templates.Activate3{Form: v.caseForm(c, a), Enterprise: firm, Account: values["account"]})
	case accounts.StepDone:
		return p.show(v, http.StatusOK, templates.Activate4{
			Enterprise: firm, Account: c.Form["account"], Next: interaction.LoginPath(accounts.TypeEnterprise, v.flowID()),
		})
	case accounts.StepRefused:
		if c.FaceAgreedAt.IsZero() {
			return p.showActivate1(v, c.Form, false, p.answerTo(v, c.Refusal()))
		}
		return p.seeOther(v, casePath(v, c))
	default:
		return p.seeOther(v, casePath(v, c))
	}
}

func (p *Pages) showActivate1(v *visit, values map[string]string, agreed bool, a *answer) error {
	captcha, err := p.newCaptcha(v)
	if err != nil {
		return err
	}
	return p.show(v, statusOf(a), templates.Activate1{
		Form: v.caseForm(nil, a), LegalType: values["legal_type"], Name: values["name"], USCC: values["uscc"],
		RepName: values["rep_name"], RepID: documentOf(values, "rep_id"), Captcha: captcha, Agreed: agreed,
	})
}

func (p *Pages) postActivate(v *visit, f *guard.Form) error {
	if err := p.openWizard(v, f.Token("flow")); err != nil {
		return err
	}
	fields := append(document("rep_id"), "legal_type", "name", "uscc", "rep_name", "phone", "account")
	in, faults := p.read(v, f, fields...)
	if f.Token("case") == "" {
		return p.startActivate(v, f, in, faults)
	}
	c, err := p.loadCase(v, f.Token("case"), accounts.CaseActivate)
	if err != nil {
		return err
	}
	if c == nil {
		return p.showActivate1(v, nil, false, refused(templates.Refusal{Code: string(accounts.CodeCaseExpired)}))
	}
	again := func(a *answer) error { return p.showActivate(v, c, in.Values, a) }
	if c.Step == accounts.StepCode && f.Token("action") == actionNewCaptcha {
		return again(nil)
	}
	if len(faults) > 0 {
		return again(refused(faults...))
	}
	if c.Step == accounts.StepCode && f.Token("action") == actionSendSMS {
		wrong, err := p.wantsCaptcha(v, f, c)
		if err != nil {
			return err
		}
		if wrong != nil {
			return again(refused(*wrong))
		}
	}
	return p.afterStep(v, c, p.activateStep(v, f, c, in), again)
}

func (p *Pages) activateStep(v *visit, f *guard.Form, c *accounts.Case, in *accounts.Input) error {
	w := p.Wizards
	switch {
	case c.Step == accounts.StepCode && f.Token("action") == actionSendSMS:
		return w.SendActivationCode(v.ctx(), c, in)
	case c.Step == accounts.StepCode && f.Sent("sms_code"):
		return w.ProveActivation(v.ctx(), c, in)
	case c.Step == accounts.StepAccount && f.Sent("password"):
		return w.SetActivated(v.ctx(), c, in)
	default:
		return accounts.ErrCaseStep
	}
}

// startActivate is 确认信息: the captcha, then the facts.
func (p *Pages) startActivate(v *visit, f *guard.Form, in *accounts.Input, faults []templates.Refusal) error {
	switch f.Token("action") {
	case actionTerm:
		in.Values["rep_id_to"] = accounts.FillTerm(in.Values["rep_id_term"], in.Values["rep_id_from"])
		return p.showActivate1(v, in.Values, in.Agree, nil)
	case actionNewCaptcha, actionLegalType:
		return p.showActivate1(v, in.Values, in.Agree, nil)
	}
	wrong, err := p.takeCaptcha(v, f)
	if err != nil {
		return err
	}
	if wrong != nil {
		faults = p.together(v, faults, p.Wizards.CheckActivation(in), wrong)
	}
	if len(faults) > 0 {
		return p.showActivate1(v, in.Values, in.Agree, refused(faults...))
	}
	c, err := p.Wizards.StartActivation(v.ctx(), in)
	if a := p.answerTo(v, err); a != nil {
		return p.showActivate1(v, in.Values, in.Agree, a)
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, casePath(v, c))
}
