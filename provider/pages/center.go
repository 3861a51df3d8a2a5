package pages

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/templates"
)

// pathCenter is 企业中心.
const pathCenter = "/center/"

// enterprise reads the enterprise whose account is signed in.
func (p *Pages) enterprise(v *visit) (*accounts.Enterprise, error) {
	e, err := p.Wizards.Enterprises.Enterprise(v.ctx(), v.session.Principal.Enterprise)
	if err != nil {
		return nil, fmt.Errorf("pages: center: %w", err)
	}
	return e, nil
}

// getCenterEnterprise is 企业信息.
func (p *Pages) getCenterEnterprise(v *visit) error {
	e, err := p.enterprise(v)
	if err != nil {
		return err
	}
	page := templates.CenterEnterprise{
		Account: e.Account, Phone: idnum.MaskPhone(e.Phone), Name: e.Name, USCC: e.USCC, Status: string(e.Status),
		Level: int(v.session.LOA), Since: e.CreatedAt, AsOf: e.AsOf,
	}
	switch notice := v.QueryParam("notice"); notice {
	case noticePhoneChanged, noticePasswordChanged, noticeEnterpriseChanged, noticeRepresentativeChanged:
		page.Notice = notice
	}
	return p.show(v, http.StatusOK, page)
}

// getCenterRepresentative is 法人信息.
func (p *Pages) getCenterRepresentative(v *visit) error {
	e, err := p.enterprise(v)
	if err != nil {
		return err
	}
	rep := e.Representative
	return p.show(v, http.StatusOK, templates.CenterRepresentative{
		LegalType: string(e.LegalType), Status: string(e.Status), Phone: idnum.MaskPhone(e.Phone), RepName: idnum.MaskName(rep.Name),
		RepID: templates.Document{
			Type: string(rep.DocType), Number: idnum.MaskDocument(rep.DocNumber), From: rep.ValidFrom, To: rep.ValidTo,
		},
		Expired: rep.ValidTo != "" && rep.ValidTo < idnum.DateOf(p.Now()).String(),
	})
}

// getCenterExtension is 拓展信息. A register that is away, or does not know the
// enterprise, is no reason to refuse the page.
func (p *Pages) getCenterExtension(v *visit) error {
	entry, err := p.Wizards.Extension(v.ctx(), v.standing.USCC)
	if r, ok := errors.AsType[*accounts.RefusalError](err); ok {
		return p.show(v, http.StatusOK, templates.CenterExtension{Problem: string(r.Code)})
	}
	if err != nil {
		return err
	}
	return p.show(v, http.StatusOK, templates.CenterExtension{
		Address: entry.Address, Capital: entry.Capital, Founded: entry.Founded, Scope: entry.Scope, Industry: entry.Industry,
		Approved: entry.Approved, Authority: entry.Authority, Status: string(entry.Status), AsOf: entry.AsOf,
		Source: entry.Source, Simulated: entry.Simulated,
	})
}

// getCenterChange shows 企业信息变更, with what was typed in a case that formAgain
// led away from, or goes where its case is.
func (p *Pages) getCenterChange(v *visit) error {
	c, err := p.ownCase(v, guard.QueryToken(v.Request(), "case"), accounts.CaseEnterpriseChange)
	if err != nil {
		return err
	}
	if c == nil {
		here := v.here
		if c, err = p.ownCase(v, guard.QueryToken(v.Request(), queryFrom), accounts.CaseEnterpriseChange); err != nil {
			return err
		}
		v.here = here
		if c == nil || c.Step == accounts.StepDone {
			return p.showCenterChange(v, nil, nil)
		}
		return p.showCenterChange(v, c.Form, nil)
	}
	switch c.Step {
	case accounts.StepDone:
		if c.Proof != nil {
			return p.done(v, noticeRepresentativeChanged)
		}
		return p.done(v, noticeEnterpriseChanged)
	case accounts.StepForm: // its change met another one
		return p.showCenterChange(v, c.Form, nil)
	default:
		return p.seeOther(v, casePath(v, c))
	}
}

// showCenterChange shows the form with what was typed; first with what may be shown
// of the enterprise as it is.
func (p *Pages) showCenterChange(v *visit, values map[string]string, a *answer) error {
	e, err := p.enterprise(v)
	if err != nil {
		return err
	}
	if values == nil {
		values = map[string]string{
			"legal_type": string(e.LegalType), "name": e.Name, "rep_id_type": string(e.Representative.DocType),
		}
	}
	return p.show(v, statusOf(a), templates.CenterChange{
		Form: v.caseForm(nil, a), USCC: e.USCC, LegalType: values["legal_type"], Name: values["name"],
		RepName: values["rep_name"], RepID: documentOf(values, "rep_id"),
	})
}

// postCenterChange is 变更.
func (p *Pages) postCenterChange(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f, append(document("rep_id"), "legal_type", "name", "rep_name")...)
	switch action := f.Token("action"); action {
	case actionLegalType, actionTerm:
		if action == actionTerm {
			in.Values["rep_id_to"] = accounts.FillTerm(in.Values["rep_id_term"], in.Values["rep_id_from"])
		}
		return p.showCenterChange(v, in.Values, nil)
	}
	if len(faults) > 0 {
		return p.showCenterChange(v, in.Values, refused(faults...))
	}
	c, err := p.Wizards.SubmitEnterpriseChange(v.ctx(), v.session.Principal.Enterprise, in)
	if errors.Is(err, accounts.ErrCaseGone) {
		return p.seeOther(v, pathCenter+"change")
	}
	if a := p.answerTo(v, err); a != nil {
		return p.showCenterChange(v, in.Values, a)
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, casePath(v, c))
}

// finishChange ends 企业信息变更 by the new representative's face. Every session has
// ended then; the browser in which it was done gets a new one.
func (p *Pages) finishChange(v *visit, c *accounts.Case) error {
	principal, err := p.Wizards.FinishEnterpriseChange(v.ctx(), c)
	if err != nil {
		return err
	}
	return p.renew(v, *principal)
}
