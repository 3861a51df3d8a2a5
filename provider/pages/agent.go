package pages

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// pathAgent is 经办人中心.
const pathAgent = "/agent/"

// agentRoutes are 经办人中心.
func (p *Pages) agentRoutes() []route {
	all := p.keepingRoutes()
	if p.Messages {
		all = append(all, route{path: pathAgent + "phone", access: agents, get: p.getAgentPhone, post: p.postAgentPhone})
	}
	return append(all, []route{
		{path: "/agent", access: agents, get: func(v *visit) error { return p.seeOther(v, pathAgent+"account") }},
		{path: pathAgent + "account", access: agents, get: p.getAgentAccount},
		{path: pathAgent + "enterprise", access: agents, get: p.getAgentEnterprise},
		{path: interaction.PathAgentPassword, access: agents, get: p.getAgentPassword, post: p.postAgentPassword},
		{path: pathAgent + "sessions", access: agents, get: p.getSessions, post: p.postSessions},
	}...)
}

// errChoose says that a person has not said for whom they act.
var errChoose = errors.New("pages: nobody is acted for")

// errPreset says that a password must be replaced first that the enterprise chose.
var errPreset = errors.New("pages: the password is the enterprise's")

// actFor finds the mandate that a visitor acts under: the session's own, or the
// one that the person chose, if it still is theirs and in force.
func (p *Pages) actFor(v *visit) error {
	who := v.session.Principal
	id := who.Mandate
	if who.Type == accounts.TypePerson {
		id = p.Actors.Memory.Recall(v.Request(), "")
	}
	m, err := p.Mandates.Mandate(v.ctx(), id)
	if errors.Is(err, accounts.ErrNotFound) {
		return errChoose
	}
	if err != nil {
		return fmt.Errorf("pages: mandate: %w", err)
	}
	if m.Person != who.Person || !m.Usable(p.Now()) {
		return errChoose
	}
	v.mandate = m
	return nil
}

// agentPage is what the pages of 经办人中心 have in common.
func (p *Pages) agentPage(v *visit) templates.AgentPage {
	m := v.mandate
	return templates.AgentPage{
		Company: m.Company, Person: idnum.MaskName(m.Name), Manager: m.Manager, Own: v.session.Principal.Type == accounts.TypeAgent,
	}
}

func (p *Pages) getAgentAccount(v *visit) error {
	person, err := p.me(v)
	if err != nil {
		return err
	}
	m := v.mandate
	page := templates.AgentAccount{
		AgentPage: p.agentPage(v), Phone: idnum.MaskPhone(person.Phone), ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil,
		Role: string(m.Role),
		ID: templates.Document{
			Type: string(person.DocType), Number: idnum.MaskDocument(person.DocNumber), From: person.ValidFrom, To: person.ValidTo,
		},
		Notice: v.QueryParam("notice"),
	}
	if page.Notice != noticePasswordChanged && page.Notice != noticePhoneChanged {
		page.Notice = ""
	}
	page.Services = p.portalNames(m.Services)
	if page.History, err = p.deeds(v, m.ID); err != nil {
		return err
	}
	return p.show(v, http.StatusOK, page)
}

func (p *Pages) getAgentEnterprise(v *visit) error {
	m := v.mandate
	return p.show(v, http.StatusOK, templates.AgentEnterprise{
		AgentPage: p.agentPage(v), USCC: m.USCC, LegalType: string(m.LegalType), Status: string(m.EnterpriseStatus),
	})
}

// getAgentPhone is 手机变更 of the person's own phone, for who signed in as the person.
func (p *Pages) getAgentPhone(v *visit) error {
	if !v.person() {
		return p.show(v, http.StatusOK, templates.AgentPhone{AgentPage: p.agentPage(v), Current: idnum.MaskPhone(v.standing.Phone)})
	}
	return p.getPhone(v)
}

func (p *Pages) postAgentPhone(v *visit, f *guard.Form) error {
	if !v.person() {
		return p.getAgentPhone(v)
	}
	return p.postPhone(v, f)
}

func (p *Pages) getAgentPassword(v *visit) error {
	if err := p.openWizard(v, guard.QueryToken(v.Request(), "flow")); err != nil {
		return err
	}
	return p.showAgentPassword(v, nil)
}

func (p *Pages) showAgentPassword(v *visit, a *answer) error {
	page := templates.AgentPassword{
		AgentPage: p.agentPage(v), Form: v.caseForm(nil, a), Account: idnum.Mobile(v.standing.Phone).National(),
	}
	page.Preset = page.Own && v.mandate.Preset
	return p.show(v, statusOf(a), page)
}

// postAgentPassword is 修改密码 of an agent: of the mandate's own password, or of
// the person's, whichever signed in.
func (p *Pages) postAgentPassword(v *visit, f *guard.Form) error {
	if err := p.openWizard(v, f.Token("flow")); err != nil {
		return err
	}
	in, faults := p.read(v, f)
	old := f.Secret("old_password", 1024)
	if len(faults) > 0 {
		return p.showAgentPassword(v, refused(faults...))
	}
	var (
		principal *accounts.Principal
		err       error
	)
	if v.session.Principal.Type == accounts.TypeAgent {
		principal, err = p.Mandating.ChangePassword(v.ctx(), v.mandate.ID, old, in)
	} else {
		principal, err = p.Wizards.ChangePersonPassword(v.ctx(), v.session.Principal.Person, old, in)
	}
	if a := p.answerTo(v, err); a != nil {
		return p.showAgentPassword(v, a)
	}
	if err != nil {
		return err
	}
	if err := p.renew(v, *principal); err != nil {
		return err
	}
	if v.flow != nil {
		return p.seeOther(v, v.onward())
	}
	return p.done(v, noticePasswordChanged)
}
