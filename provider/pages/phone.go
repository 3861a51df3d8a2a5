package pages

import (
	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/templates"
)

// phoneCase is the run of 手机变更 that has this id, if it is of who is signed in.
func (p *Pages) phoneCase(v *visit, id string) (*accounts.Case, error) {
	kind := accounts.CaseEnterprisePhone
	if v.person() {
		kind = accounts.CasePersonPhone
	}
	return p.ownCase(v, id, kind)
}

// ownCase loads a case of a centre; nil if there is none about who is signed in.
func (p *Pages) ownCase(v *visit, id string, kind accounts.CaseKind) (*accounts.Case, error) {
	here := v.here
	c, err := p.loadCase(v, id, kind)
	if err != nil || c == nil || p.mine(v, c) {
		return c, err
	}
	v.here = here
	return nil, nil //nolint:nilnil // of another account
}

// mine reports whether a case of a centre is about who is signed in.
func (p *Pages) mine(v *visit, c *accounts.Case) bool {
	if v.session == nil {
		return false
	}
	who := v.session.Principal
	if c.Kind == accounts.CaseMandate && who.Type == accounts.TypePerson {
		return c.Form["person"] == string(who.Person) // who acts as the agent that it is about
	}
	return c.Account == who.Subject
}

func (p *Pages) getPhone(v *visit) error {
	c, err := p.phoneCase(v, guard.QueryToken(v.Request(), "case"))
	if err != nil {
		return err
	}
	return p.showPhone(v, c, nil, nil)
}

// showPhone shows the step of 手机变更 that its case stands at; without one, the
// first.
func (p *Pages) showPhone(v *visit, c *accounts.Case, values map[string]string, a *answer) error {
	page := templates.MePhone{
		Form: v.caseForm(c, a), Step: 1, Current: idnum.MaskPhone(v.standing.Phone), Account: v.username(),
	}
	if c != nil && c.Step == accounts.StepDone {
		return p.done(v, noticePhoneChanged)
	}
	if c != nil {
		page.Step, page.SMS, page.Phone = 2, p.sms(c), c.Form["phone"]
		if values != nil {
			page.Phone = values["phone"]
		}
		var err error
		if page.Captcha, err = p.captchaUnless(v, &page.SMS, a); err != nil {
			return err
		}
	}
	switch {
	case v.mandate != nil:
		return p.show(v, statusOf(a), templates.AgentPhone{
			AgentPage: p.agentPage(v), Form: page.Form, Step: page.Step, Current: page.Current, Account: page.Account,
			Phone: page.Phone, Captcha: page.Captcha, SMS: page.SMS,
		})
	case v.person():
		return p.show(v, statusOf(a), page)
	default:
		return p.show(v, statusOf(a), templates.CenterPhone(page))
	}
}

func (p *Pages) postPhone(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f, "phone")
	c, err := p.phoneCase(v, f.Token("case"))
	if err != nil {
		return err
	}
	if c == nil {
		c, err = p.startPhone(v, in)
		if a := p.answerTo(v, err); a != nil {
			return p.showPhone(v, nil, nil, a)
		}
		if err != nil {
			return err
		}
		return p.seeOther(v, casePath(v, c))
	}
	again := func(a *answer) error { return p.showPhone(v, c, in.Values, a) }
	switch action := f.Token("action"); {
	case action == actionNewCaptcha:
		return again(nil)
	case len(faults) > 0:
		return again(refused(faults...))
	case action == actionSendSMS:
		wrong, err := p.wantsCaptcha(v, f, c)
		if err != nil {
			return err
		}
		if wrong != nil {
			return again(refused(*wrong))
		}
		return p.afterStep(v, c, p.Wizards.SendPhoneCode(v.ctx(), c, in), again)
	}
	change := p.Wizards.ChangeEnterprisePhone
	if v.person() {
		change = p.Wizards.ChangePersonPhone
	}
	return p.afterStep(v, c, change(v.ctx(), c, in), again)
}

func (p *Pages) startPhone(v *visit, in *accounts.Input) (*accounts.Case, error) {
	if v.person() {
		return p.Wizards.StartPhoneChange(v.ctx(), v.session.Principal.Person, in)
	}
	return p.Wizards.StartEnterprisePhoneChange(v.ctx(), v.session.Principal.Enterprise, in)
}
