package pages

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// pathMe is 个人中心.
const pathMe = "/me/"

// Notices of the personal centre, under me.notice.
const (
	noticePhoneChanged    = "phone_changed"
	noticePasswordChanged = "password_changed"
	noticeReopened        = "closing_withdrawn"
)

// me reads the person who is signed in.
func (p *Pages) me(v *visit) (*accounts.Person, error) {
	person, err := p.Wizards.Persons.Person(v.ctx(), v.session.Principal.Person)
	if err != nil {
		return nil, fmt.Errorf("pages: me: %w", err)
	}
	return person, nil
}

func (p *Pages) getMeAccount(v *visit) error {
	person, err := p.me(v)
	if err != nil {
		return err
	}
	page := templates.MeAccount{
		Name: idnum.MaskName(person.Name), Phone: idnum.MaskPhone(person.Phone), Level: int(v.session.LOA),
		ID: templates.Document{
			Type: string(person.DocType), Number: idnum.MaskDocument(person.DocNumber),
			From: person.ValidFrom, To: person.ValidTo,
		},
		Expired: person.ValidTo != "" && person.ValidTo < idnum.DateOf(p.Now()).String(),
		Since:   person.CreatedAt, Closing: person.ClosingAt,
	}
	switch notice := v.QueryParam("notice"); notice {
	case noticePhoneChanged, noticePasswordChanged, noticeReopened:
		page.Notice = notice
	}
	proof, err := p.Proofs.LastProof(v.ctx(), v.session.Principal.Subject)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("pages: me: %w", err)
	}
	if err == nil {
		page.Provider, page.Proved, page.Simulated = proof.Provider, proof.At, proof.Simulated
	}
	return p.show(v, http.StatusOK, page)
}

// getMeMandates lists for whom the person may act.
func (p *Pages) getMeMandates(v *visit) error {
	mandates, err := p.Mandates.MandatesOf(v.ctx(), v.session.Principal.Person)
	if err != nil {
		return fmt.Errorf("pages: mandates: %w", err)
	}
	var page templates.MeMandates
	for _, m := range mandates {
		page.Mandates = append(page.Mandates, templates.MandateRow{
			ID: m.ID, Enterprise: m.Company, USCC: m.USCC, From: m.ValidFrom, To: m.ValidUntil, Manager: m.Manager,
			State: string(m.Standing(p.Now())),
		})
	}
	return p.show(v, http.StatusOK, page)
}

func (p *Pages) getMePassword(v *visit) error { return p.showMePassword(v, nil) }

func (p *Pages) showMePassword(v *visit, a *answer) error {
	return p.show(v, statusOf(a), templates.MePassword{Form: v.caseForm(nil, a), Account: idnum.Mobile(v.standing.Phone).National()})
}

func (p *Pages) postMePassword(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f)
	old := f.Secret("old_password", 1024)
	if len(faults) > 0 {
		return p.showMePassword(v, refused(faults...))
	}
	principal, err := p.Wizards.ChangePersonPassword(v.ctx(), v.session.Principal.Person, old, in)
	if a := p.answerTo(v, err); a != nil {
		return p.showMePassword(v, a)
	}
	if err != nil {
		return err
	}
	if err := p.renew(v, *principal); err != nil {
		return err
	}
	return p.seeOther(v, pathMe+"account?notice="+noticePasswordChanged)
}

// renew begins a new session for who changed their own credential: every other
// one has ended.
func (p *Pages) renew(v *visit, principal accounts.Principal) error {
	_, err := p.Sessions.Start(v.ctx(), v.Response(), v.Request(), session.Authentication{
		Principal: principal, LOA: v.session.LOA, AMR: v.session.AMR,
		Address: addressOf(v), UserAgent: guard.Shown(v.Request().UserAgent(), maxUserAgent),
	})
	return err
}

func (p *Pages) getMePhone(v *visit) error {
	c, err := p.loadCase(v, guard.QueryToken(v.Request(), "case"), accounts.CasePersonPhone)
	if err != nil {
		return err
	}
	return p.showMePhone(v, c, nil, nil)
}

// showMePhone shows the step of 手机变更 that its case stands at; without one, the
// first.
func (p *Pages) showMePhone(v *visit, c *accounts.Case, values map[string]string, a *answer) error {
	page := templates.MePhone{
		Form: v.caseForm(c, a), Step: 1, Current: idnum.MaskPhone(v.standing.Phone),
		Account: idnum.Mobile(v.standing.Phone).National(),
	}
	if c == nil || !p.mine(v, c) {
		page.Form = v.caseForm(nil, a)
		return p.show(v, statusOf(a), page)
	}
	if c.Step == accounts.StepDone {
		return p.seeOther(v, pathMe+"account?notice="+noticePhoneChanged)
	}
	page.Step, page.SMS, page.Phone = 2, p.sms(c), c.Form["phone"]
	if values != nil {
		page.Phone = values["phone"]
	}
	var err error
	if page.Captcha, err = p.captchaUnless(v, &page.SMS, a); err != nil {
		return err
	}
	return p.show(v, statusOf(a), page)
}

// mine reports whether a case of the personal centre is about who is signed in.
func (p *Pages) mine(v *visit, c *accounts.Case) bool {
	return c.Account == v.session.Principal.Subject
}

func (p *Pages) postMePhone(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f, "phone")
	c, err := p.loadCase(v, f.Token("case"), accounts.CasePersonPhone)
	if err != nil {
		return err
	}
	if c == nil || !p.mine(v, c) {
		c, err = p.Wizards.StartPhoneChange(v.ctx(), v.session.Principal.Person, in)
		if a := p.answerTo(v, err); a != nil {
			return p.showMePhone(v, nil, nil, a)
		}
		if err != nil {
			return err
		}
		return p.seeOther(v, casePath(v, c))
	}
	again := func(a *answer) error { return p.showMePhone(v, c, in.Values, a) }
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
	return p.afterStep(v, c, p.Wizards.ChangePersonPhone(v.ctx(), c, in), again)
}

func (p *Pages) getMeSessions(v *visit) error { return p.showSessions(v, http.StatusOK) }

func (p *Pages) getMeClose(v *visit) error { return p.showMeClose(v, nil) }

func (p *Pages) showMeClose(v *visit, a *answer) error {
	person, err := p.me(v)
	if err != nil {
		return err
	}
	return p.show(v, statusOf(a), templates.MeClose{
		Form: v.caseForm(nil, a), Account: idnum.Mobile(v.standing.Phone).National(),
		Days: int(accounts.CoolingPeriod / (24 * time.Hour)), Closing: person.ClosingAt,
	})
}

// postMeClose is 注销账号. It signs out everywhere, here too.
func (p *Pages) postMeClose(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f)
	in.Agree = f.Token("confirm") == "1"
	if len(faults) > 0 {
		return p.showMeClose(v, refused(faults...))
	}
	_, err := p.Wizards.ClosePerson(v.ctx(), v.session.Principal.Person, in)
	if a := p.answerTo(v, err); a != nil {
		return p.showMeClose(v, a)
	}
	if err != nil {
		return err
	}
	if err := p.Sessions.End(v.ctx(), v.Response(), v.Request()); err != nil {
		return err
	}
	return p.seeOther(v, interaction.PathLoggedOut)
}
