package pages

import (
	"context"
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// step is one of a wizard's.
type step = func(ctx context.Context, c *accounts.Case, in *accounts.Input) error

// recovery is 忘记密码 of one kind of account.
type recovery struct {
	kind   accounts.CaseKind
	door   accounts.Type
	words  string // templates.KindEnterprise, KindPerson
	prefix string // of the document's fields
	name   string // field of the person's name
	other  string
}

func enterpriseRecovery() *recovery {
	return &recovery{
		kind: accounts.CaseRecoverEnterprise, door: accounts.TypeEnterprise, words: templates.KindEnterprise,
		prefix: "rep_id", name: "rep_name", other: pathRecoverPerson,
	}
}

func personRecovery() *recovery {
	return &recovery{
		kind: accounts.CaseRecoverPerson, door: accounts.TypePerson, words: templates.KindPerson,
		prefix: "id", name: "name", other: pathRecover,
	}
}

func (p *Pages) getRecover(r *recovery) func(*visit) error {
	form := func(v *visit, before map[string]string) error { return p.showRecover1(v, r, before, nil) }
	return p.getWizard(r.kind, form, func(v *visit, c *accounts.Case) error {
		if c.Step == accounts.StepConsent && v.QueryParam(queryPhone) == "1" {
			return p.showRecover2(v, r, c, nil)
		}
		return p.showRecover(v, r, c, nil)
	})
}

// queryPhone asks for the step with the code although a face check was begun.
const queryPhone = "phone"

// showRecover shows the step that a case stands at.
func (p *Pages) showRecover(v *visit, r *recovery, c *accounts.Case, a *answer) error {
	switch c.Step {
	case accounts.StepCode, accounts.StepRefused:
		if c.Step == accounts.StepRefused && !c.FaceAgreedAt.IsZero() {
			return p.seeOther(v, casePath(v, c))
		}
		if c.Step == accounts.StepRefused && a == nil {
			a = p.answerTo(v, c.Refusal())
		}
		return p.showRecover2(v, r, c, a)
	case accounts.StepPassword:
		return p.show(v, statusOf(a), templates.Recover3{Form: v.caseForm(c, a), Kind: r.words, Account: c.Form["account"]})
	case accounts.StepDone:
		return p.show(v, http.StatusOK, templates.RecoverDone{Kind: r.words, Next: interaction.LoginPath(r.door, v.flowID())})
	default:
		return p.seeOther(v, casePath(v, c))
	}
}

// showRecover2 looks the same whether or not there is a phone that gets codes.
func (p *Pages) showRecover2(v *visit, r *recovery, c *accounts.Case, a *answer) error {
	sms := p.sms(c)
	sms.To, sms.Maybe = c.Mask, true
	return p.show(v, statusOf(a), templates.Recover2{
		Form: v.caseForm(c, a), Kind: r.words, Phone: c.Mask, SMS: sms, Face: true, Appeal: p.Appeal,
	})
}

func (p *Pages) showRecover1(v *visit, r *recovery, values map[string]string, a *answer) error {
	captcha, err := p.newCaptcha(v)
	if err != nil {
		return err
	}
	return p.show(v, statusOf(a), templates.Recover1{
		Form: v.caseForm(nil, a), Kind: r.words, Account: values["account"], Name: values[r.name],
		DocType: values[r.prefix+"_type"], DocNumber: values[r.prefix+"_number"], Captcha: captcha,
		Other: withCase(v, r.other, ""),
	})
}

func (p *Pages) postRecover(r *recovery) func(*visit, *guard.Form) error {
	return func(v *visit, f *guard.Form) error {
		if err := p.openWizard(v, f.Token("flow")); err != nil {
			return err
		}
		in, faults := p.read(v, f, "account", r.name, r.prefix+"_type", r.prefix+"_number")
		if f.Token("case") == "" {
			return p.startRecover(v, f, r, in, faults)
		}
		c, err := p.loadCase(v, f.Token("case"), r.kind)
		if err != nil {
			return err
		}
		if c == nil {
			return p.showRecover1(v, r, nil, refused(templates.Refusal{Code: string(accounts.CodeCaseExpired)}))
		}
		return p.afterStep(v, c, p.recoverStep(v, f, c, in), func(a *answer) error {
			if c.Step == accounts.StepConsent {
				return p.showRecover2(v, r, c, a)
			}
			return p.showRecover(v, r, c, a)
		})
	}
}

// recoverStep makes the step that the case stands at, whatever the form was of.
func (p *Pages) recoverStep(v *visit, f *guard.Form, c *accounts.Case, in *accounts.Input) error {
	w, asks := p.Wizards, c.Step == accounts.StepCode || c.Step == accounts.StepConsent
	switch {
	case asks && f.Token("action") == actionSendSMS:
		return w.SendRecoveryCode(v.ctx(), c, in)
	case asks && f.Token("action") == actionFace:
		return w.RecoverByFace(v.ctx(), c)
	case asks && f.Sent("sms_code"):
		return w.ProveRecovery(v.ctx(), c, in)
	case c.Step == accounts.StepPassword && f.Sent("password"):
		return w.SetRecovered(v.ctx(), c, in)
	default:
		return accounts.ErrCaseStep
	}
}

// startRecover is 确认账号: the captcha, then the facts.
func (p *Pages) startRecover(v *visit, f *guard.Form, r *recovery, in *accounts.Input, faults []templates.Refusal) error {
	if f.Token("action") == actionNewCaptcha {
		return p.showRecover1(v, r, in.Values, nil)
	}
	wrong, err := p.takeCaptcha(v, f)
	if err != nil {
		return err
	}
	if wrong != nil {
		faults = p.together(v, faults, p.Wizards.CheckRecovery(r.kind, in), wrong)
	}
	if len(faults) > 0 {
		return p.showRecover1(v, r, in.Values, refused(faults...))
	}
	c, err := p.Wizards.StartRecovery(v.ctx(), r.kind, in)
	if a := p.answerTo(v, err); a != nil {
		return p.showRecover1(v, r, in.Values, a)
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, casePath(v, c))
}
