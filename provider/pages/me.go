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
	"github.com/tongid/tongid/templates"
)

// pathMe is 个人中心.
const pathMe = "/me/"

// Notices of the centres, under me.notice and center.notice.
const (
	noticePhoneChanged          = "phone_changed"
	noticePasswordChanged       = "password_changed"
	noticeReopened              = "closing_withdrawn"
	noticeEnterpriseChanged     = "enterprise_changed"
	noticeRepresentativeChanged = "representative_changed"
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

func (p *Pages) getMeSessions(v *visit) error { return p.showSessions(v, http.StatusOK) }

func (p *Pages) getMeClose(v *visit) error { return p.showMeClose(v, nil) }

func (p *Pages) showMeClose(v *visit, a *answer) error {
	person, err := p.me(v)
	if err != nil {
		return err
	}
	held, err := p.Mandates.MandatesOf(v.ctx(), person.ID)
	if err != nil {
		return fmt.Errorf("pages: mandates: %w", err)
	}
	usable := 0
	for _, m := range held {
		if m.Usable(p.Now()) {
			usable++
		}
	}
	return p.show(v, statusOf(a), templates.MeClose{
		Mandates: usable, Form: v.caseForm(nil, a), Account: idnum.Mobile(v.standing.Phone).National(),
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
