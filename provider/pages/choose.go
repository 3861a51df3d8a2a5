package pages

import (
	"errors"
	"net/http"
	"slices"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// codeMandateGone refuses a choice that is none any more.
const codeMandateGone accounts.Code = "mandate_gone"

// getChoose asks a person for which enterprise they act: at a portal, or on their
// own pages.
func (p *Pages) getChoose(v *visit) error {
	if err := p.openFlow(v, guard.QueryToken(v.Request(), "flow"), v.QueryParam("flow") != ""); err != nil {
		return err
	}
	if v.flow != nil && v.flow.State == interaction.Finished {
		return p.seeOther(v, v.onward())
	}
	return p.showChoose(v, nil)
}

// choices are the mandates that the person may choose from here.
func (p *Pages) choices(v *visit) ([]*accounts.MandateView, error) {
	if v.client.Client != nil {
		return p.Actors.Usable(v.ctx(), v.session.Principal.Person, v.client.Client)
	}
	all, err := p.Mandates.MandatesOf(v.ctx(), v.session.Principal.Person)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(m *accounts.MandateView) bool { return !m.Usable(p.Now()) }), nil
}

// alone reports whether acting for nobody is a choice, too.
func (v *visit) alone() bool {
	return v.client.Client != nil && accepts(v.client.Client, accounts.TypePerson) &&
		v.requested("account_type", maxIdentifier) != string(accounts.TypeAgent)
}

func (p *Pages) showChoose(v *visit, a *answer) error {
	usable, err := p.choices(v)
	if err != nil {
		return err
	}
	portal := ""
	if v.client.Client != nil {
		portal = v.client.ID
	}
	page := templates.Choose{Form: v.caseForm(nil, a), Client: v.client.name(), Current: p.Actors.Memory.Recall(v.Request(), portal)}
	for _, m := range usable {
		page.Mandates = append(page.Mandates, templates.Choice{
			ID: m.ID, Enterprise: m.Company, USCC: m.USCC, Until: m.ValidUntil, Manager: m.Manager,
		})
	}
	if v.alone() {
		page.Myself = idnum.MaskName(v.standing.Name)
	}
	return p.show(v, statusOf(a), page)
}

// postChoose records the choice. At a portal it counts in this flow; on the
// agent's own pages until another is made.
func (p *Pages) postChoose(v *visit, f *guard.Form) error {
	if err := p.openFlow(v, f.Token("flow"), f.Sent("flow")); err != nil {
		return err
	}
	if v.flow != nil && v.flow.State == interaction.Finished {
		return p.seeOther(v, v.onward())
	}
	choice := f.Token("mandate")
	if choice == "" {
		return p.showChoose(v, refused(templates.Refusal{Field: "mandate", Code: string(codeRequired)}))
	}
	usable, err := p.choices(v)
	if err != nil {
		return err
	}
	mine := slices.ContainsFunc(usable, func(m *accounts.MandateView) bool { return m.ID == choice })
	if !mine && (choice != interaction.AsMyself || !v.alone()) {
		return p.showChoose(v, &answer{status: http.StatusUnprocessableEntity, refusals: []templates.Refusal{{Field: "mandate", Code: string(codeMandateGone)}}})
	}
	if v.flow == nil {
		p.Actors.Memory.Remember(v.Response(), v.Request(), "", choice)
		return p.seeOther(v, pathAgent+"account")
	}
	err = p.Flow.Choose(v.ctx(), v.flow, v.session.ID, choice)
	if err != nil && !errors.Is(err, accounts.ErrConflict) {
		return err
	}
	return p.seeOther(v, v.onward())
}
