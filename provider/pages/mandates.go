package pages

import (
	"errors"
	"fmt"
	"net/http"

	"rsc.io/qr"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// pathInvite is where somebody who was invited learns how to accept.
const (
	pathInvite   = "/invite/"
	pathInviteQR = "/qr" // of a mandate's page, for whom keeps it
)

// getInviteQR draws the address where who was invited accepts, for a phone that is
// held to the keeper's screen.
func (k keeping) getInviteQR(v *visit) error {
	guard.NoStore(v.Response().Header())
	m, err := k.one(v)
	if err != nil {
		return err
	}
	if m.State != accounts.MandateInvited {
		return v.NoContent(http.StatusNotFound)
	}
	return k.drawQR(v, k.Issuer+pathInvite+m.ID, qr.M)
}

// Buttons and notices of 我的授权.
const (
	actionAccept    = "accept"
	actionDecline   = "decline"
	actionRepresent = "represent"
	actionRequest   = "request"
)

func (p *Pages) getMeMandates(v *visit) error { return p.showMeMandates(v, nil, nil) }

// showMeMandates lists for whom the person may act, and who invites them.
func (p *Pages) showMeMandates(v *visit, typed map[string]string, a *answer) error {
	person, err := p.me(v)
	if err != nil {
		return err
	}
	mandates, err := p.Mandates.MandatesOf(v.ctx(), person.ID)
	if err != nil {
		return fmt.Errorf("pages: mandates: %w", err)
	}
	offered, err := p.Mandating.Invitations(v.ctx(), person)
	if err != nil {
		return err
	}
	page := templates.MeMandates{
		Form: v.caseForm(nil, a), USCC: typed["uscc"], Enterprise: typed["enterprise"], From: typed["valid_from"], Until: typed["valid_until"],
	}
	switch notice := v.QueryParam("notice"); notice {
	case actionAccept, actionDecline, actionRepresent, actionRequest:
		if a == nil {
			page.Notice = notice
		}
	}
	for _, m := range mandates {
		if m.State == accounts.MandateRequested {
			continue // to show it would tell that the enterprise has an account, and its name
		}
		page.Mandates = append(page.Mandates, p.mandateRow(m))
		page.Usable = page.Usable || m.Usable(p.Now())
	}
	for _, m := range offered {
		page.Offered = append(page.Offered, p.mandateRow(m))
	}
	return p.show(v, statusOf(a), page)
}

func (p *Pages) mandateRow(m *accounts.MandateView) templates.MandateRow {
	return templates.MandateRow{
		ID: m.ID, Enterprise: m.Company, USCC: m.USCC, From: m.ValidFrom, To: m.ValidUntil, Manager: m.Manager,
		State: string(m.Shown(p.Now())), Services: p.portalNames(m.Services),
	}
}

// postMeMandates answers an invitation, or links an enterprise to its
// representative.
func (p *Pages) postMeMandates(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f, "uscc", "enterprise", "valid_from", "valid_until")
	action, who := f.Token("action"), v.session.Principal.Person
	if len(faults) > 0 {
		return p.showMeMandates(v, in.Values, refused(faults...))
	}
	var err error
	switch action {
	case actionAccept, actionDecline:
		err = p.Mandating.Answer(v.ctx(), who, f.Token("mandate"), action == actionAccept)
	case actionRepresent, "":
		action = actionRepresent
		err = p.Mandating.Represent(v.ctx(), who, in)
	case actionRequest:
		err = p.Mandating.Request(v.ctx(), who, in)
	default:
		return &interaction.ProblemError{Status: http.StatusBadRequest, Code: "invalid_request"}
	}
	if a := p.answerTo(v, err); a != nil {
		return p.showMeMandates(v, in.Values, a)
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, pathMe+"mandates?notice="+action)
}

// getInvite tells somebody who was invited how to accept. It names nobody in full.
func (p *Pages) getInvite(v *visit) error {
	m, err := p.Mandates.Mandate(v.ctx(), guard.PathToken(v.Param("mandate")))
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("pages: invitation: %w", err)
	}
	page := templates.Invite{Login: interaction.LoginPath(accounts.TypePerson, ""), Register: pathRegisterPerson}
	if v.session != nil && v.session.Principal.Type == accounts.TypePerson {
		page.Login, page.Register = pathMe+"mandates", ""
	}
	if err == nil && m.State == accounts.MandateInvited {
		page.Enterprise, page.Person = m.Company, idnum.MaskName(m.Name)
		return p.show(v, http.StatusOK, page)
	}
	return p.show(v, http.StatusNotFound, page)
}
