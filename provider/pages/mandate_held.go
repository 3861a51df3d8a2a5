package pages

import (
	"errors"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/templates"
)

// noticeLeft says that the holder has ended a mandate.
const noticeLeft = "left"

// getMeMandate shows a person one of their mandates, with what became of it.
func (p *Pages) getMeMandate(v *visit) error { return p.showMeMandate(v, nil) }

func (p *Pages) showMeMandate(v *visit, a *answer) error {
	m, err := p.Mandating.Held(v.ctx(), v.session.Principal.Person, guard.PathToken(v.Param("mandate")))
	if errors.Is(err, accounts.ErrNotFound) {
		return errNoMandate()
	}
	if err != nil {
		return err
	}
	page := templates.MeMandate{Form: v.caseForm(nil, a), MandateRow: p.mandateRow(m), Role: string(m.Role), Open: m.State.Open()}
	page.Left = a == nil && v.QueryParam("notice") == noticeLeft && m.State == accounts.MandateRevoked
	if page.History, err = p.deeds(v, m.ID); err != nil {
		return err
	}
	return p.show(v, statusOf(a), page)
}

// postMeMandate ends a mandate by its holder.
func (p *Pages) postMeMandate(v *visit, _ *guard.Form) error {
	id := guard.PathToken(v.Param("mandate"))
	err := p.Mandating.Leave(v.ctx(), v.session.Principal.Person, id)
	if a := p.answerTo(v, err); a != nil {
		return p.showMeMandate(v, a)
	}
	if errors.Is(err, accounts.ErrNotFound) {
		return errNoMandate()
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, pathMe+"mandates/"+id+"?notice="+noticeLeft)
}

// deeds are what was done to a mandate, the latest first.
func (p *Pages) deeds(v *visit, id string) (all []templates.MandateDeed, err error) {
	history, err := p.Mandates.MandateHistory(v.ctx(), id)
	for _, e := range history {
		all = append(all, templates.MandateDeed{
			Action: string(e.Action), By: string(e.ActorType), At: e.At, From: e.ValidFrom, Until: e.ValidUntil, Manager: e.Manager,
			Services: p.portalNames(e.Services),
		})
	}
	return all, err
}
