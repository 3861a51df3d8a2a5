package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// Addresses of 我的经办人, of the enterprise's own account and of an agent with
// 管理权限.
const (
	pathCenterAgents = "/center/agents"
	pathAgentAgents  = pathAgent + "agents"
	agentsPerPage    = 50
)

// Notices of 我的经办人, under agents.notice.
const (
	noticeAgentAdded   = "added"
	noticeAgentInvited = "invited"
	noticeAgentChanged = "changed"
)

// keeping are the pages of one who keeps mandates.
type keeping struct {
	*Pages

	base   string
	access access
}

func (p *Pages) keepings() []keeping {
	return []keeping{{p, pathCenterAgents, enterprises}, {p, pathAgentAgents, managers}}
}

// keepingRoutes are 我的经办人. Granting needs a face check.
func (p *Pages) keepingRoutes() []route {
	if !p.proving() {
		return nil
	}
	var all []route
	for _, k := range p.keepings() {
		all = append(all, k.importRoutes()...)
		all = append(all,
			route{path: k.base, access: k.access, get: k.list},
			route{path: k.base + "/new", access: k.access, get: k.getNew, post: k.postNew},
			route{path: k.base + "/:mandate", access: k.access, get: k.getOne, post: k.postOne},
			route{path: k.base + "/:mandate" + pathLetter, access: k.access, get: k.getLetter},
			route{path: k.base + "/:mandate" + pathLetterQR, access: k.access, get: k.getLetterQR},
			route{path: k.base + "/:mandate" + pathInviteQR, access: k.access, get: k.getInviteQR})
	}
	return all
}

// keeperOf is who keeps: the enterprise's account, or the agent that the visitor
// acts as.
func keeperOf(v *visit) accounts.Principal {
	if v.mandate != nil {
		return v.mandate.Principal()
	}
	return v.session.Principal
}

func (k keeping) show(v *visit, a *answer, page templates.Agents) error {
	page.Base, page.Form = k.base, v.caseForm(nil, a)
	if v.mandate != nil {
		page.AgentPage = k.agentPage(v)
		return k.Pages.show(v, statusOf(a), templates.AgentAgents{Agents: page})
	}
	return k.Pages.show(v, statusOf(a), templates.CenterAgents{Agents: page})
}

// list is a page of the mandates, the newest first.
func (k keeping) list(v *visit) error {
	q := accounts.AgentQuery{Enterprise: keeperOf(v).Enterprise, Limit: agentsPerPage + 1, Ended: true}
	if ms, err := strconv.ParseInt(v.QueryParam("before"), 10, 64); err == nil && ms > 0 {
		q.AfterCreated, q.AfterID = time.UnixMilli(ms), guard.QueryToken(v.Request(), "id")
	}
	found, err := k.Mandates.Agents(v.ctx(), q)
	if err != nil {
		return err
	}
	var page templates.Agents
	if !q.AfterCreated.IsZero() {
		page.First = k.base
	}
	if len(found) > agentsPerPage {
		found = found[:agentsPerPage]
		last := found[agentsPerPage-1]
		page.Next = k.base + "?" + url.Values{"before": {strconv.FormatInt(last.CreatedAt.UnixMilli(), 10)}, "id": {last.ID}}.Encode()
	}
	for _, m := range found {
		page.Rows = append(page.Rows, k.row(m))
	}
	return k.show(v, nil, page)
}

func (k keeping) row(m *accounts.MandateView) templates.AgentRow {
	state := m.Shown(k.Now())
	return templates.AgentRow{
		ID: m.ID, Name: m.Name, DocType: string(m.DocType), DocNumber: idnum.MaskDocument(m.DocNumber), Phone: idnum.MaskPhone(m.Phone),
		From: m.ValidFrom, Until: m.ValidUntil, DocFrom: m.DocFrom, DocTo: m.DocTo, Manager: m.Manager, State: string(state),
		Standing: m.Role == accounts.RoleRepresentative, Own: m.PasswordHash != "", Open: m.State.Open() && state != accounts.MandateRevoked, ConfirmBy: m.ConfirmBy, AsRepresented: string(m.Role),
		Asked: m.State == accounts.MandateRequested, Suspendable: m.State == accounts.MandateActive, Resumable: m.State == accounts.MandateSuspended, Address: k.base + "/" + m.ID,
		Services: k.portalNames(m.Services),
	}
}

// services are the portals that can be chosen.
func (k keeping) services(chosen []string) []templates.ServiceChoice {
	var all []templates.ServiceChoice
	for _, id := range k.Mandating.Services() {
		all = append(all, templates.ServiceChoice{ID: id, Name: k.portalName(id), Chosen: slices.Contains(chosen, id)})
	}
	return all
}

// grantPath is where a case of granting stands, for the one who began it.
func grantPath(c *accounts.Case) string {
	base := pathCenterAgents
	if c.Form["by"] == string(accounts.TypeAgent) {
		base = pathAgentAgents
	}
	if c.Bulk() {
		return base + pathImport
	}
	if c.Step == accounts.StepDone {
		return base + "/" + c.Form["account"]
	}
	return base + "/new"
}

// grantCase is the case that a visitor grants by; nil: none, or another's.
func (k keeping) grantCase(v *visit, id string) (*accounts.Case, error) {
	c, err := k.loadCase(v, id, accounts.CaseMandate)
	if err != nil || c == nil || c.Account != keeperOf(v).Subject {
		return nil, err
	}
	return c, nil
}

// getNew is 添加: first the face of whoever grants, then the form.
func (k keeping) getNew(v *visit) error {
	c, err := k.grantCase(v, guard.QueryToken(v.Request(), "case"))
	if err != nil {
		return err
	}
	if c == nil {
		return k.begin(v, k.granting(""))
	}
	if c.Step != accounts.StepForm || c.Bulk() {
		return k.seeOther(v, casePath(v, c))
	}
	values := map[string]string{"id_type": string(accounts.DocResidentID), "manager": "0"}
	if id := c.Form["request"]; id != "" {
		m, err := k.Mandating.Kept(v.ctx(), keeperOf(v), id)
		if err != nil {
			return err
		}
		values["valid_from"], values["valid_until"] = m.ValidFrom, m.ValidUntil
	}
	return k.showNew(v, c, values, nil, nil)
}

// granting asks for the face of whoever grants, or approves what was asked for.
func (k keeping) granting(request string) beginning {
	return func(ctx context.Context, by accounts.Principal, who accounts.Visitor) (*accounts.Case, error) {
		return k.Mandating.BeginGrant(ctx, by, who, request)
	}
}

// beginning opens a case.
type beginning func(context.Context, accounts.Principal, accounts.Visitor) (*accounts.Case, error)

// begin opens a case, which asks for the face first.
func (k keeping) begin(v *visit, begin beginning) error {
	c, err := begin(v.ctx(), keeperOf(v), accounts.Visitor{
		Browser: v.browser, Address: addressOf(v), UserAgent: guard.Shown(v.Request().UserAgent(), maxUserAgent),
	})
	if _, refused := errors.AsType[*accounts.RefusalError](err); refused {
		return k.seeOther(v, k.base) // not a manager any more: the list says what there is
	}
	if err != nil {
		return err
	}
	return k.seeOther(v, casePath(v, c))
}

func (k keeping) showNew(v *visit, c *accounts.Case, values map[string]string, services []string, a *answer) error {
	page := templates.Agents{Draft: &templates.AgentDraft{
		Name: values["name"], DocType: values["id_type"], DocNumber: values["id_number"], DocFrom: values["id_from"], DocTo: values["id_to"],
		Phone: values["phone"], From: values["valid_from"], Until: values["valid_until"], Manager: values["manager"],
		Services: k.services(services),
	}}
	if id := c.Form["request"]; id != "" {
		m, err := k.Mandating.Kept(v.ctx(), keeperOf(v), id)
		if err != nil {
			return err
		}
		page.Draft.Asked = m.Name
	}
	page.Base = k.base
	form := v.caseForm(c, a)
	page.Form = form
	if v.mandate != nil {
		page.AgentPage = k.agentPage(v)
		return k.Pages.show(v, statusOf(a), templates.AgentAgents{Agents: page})
	}
	return k.Pages.show(v, statusOf(a), templates.CenterAgents{Agents: page})
}

func (k keeping) postNew(v *visit, f *guard.Form) error {
	in, faults := k.read(v, f, "name", "id_type", "id_number", "id_from", "id_to", "phone", "valid_from", "valid_until", "manager")
	services := f.List("services")
	c, err := k.grantCase(v, f.Token("case"))
	if err != nil {
		return err
	}
	switch {
	case c == nil:
		return k.begin(v, k.granting(""))
	case c.Step != accounts.StepForm, c.Bulk():
		return k.seeOther(v, casePath(v, c))
	case len(faults) > 0:
		return k.showNew(v, c, in.Values, services, refused(faults...))
	}
	again := func(a *answer) error { return k.showNew(v, c, in.Values, services, a) }
	return k.afterStep(v, c, k.Mandating.Grant(v.ctx(), c, keeperOf(v), in, services), again)
}

// errNoMandate answers for what is not there, or another enterprise's.
func errNoMandate() error {
	return &interaction.ProblemError{Status: http.StatusNotFound, Code: "not_found"}
}

func (k keeping) one(v *visit) (*accounts.MandateView, error) {
	m, err := k.Mandating.Kept(v.ctx(), keeperOf(v), guard.PathToken(v.Param("mandate")))
	if errors.Is(err, accounts.ErrNotFound) {
		return nil, errNoMandate()
	}
	return m, err
}

func (k keeping) getOne(v *visit) error {
	m, err := k.one(v)
	if err != nil {
		return err
	}
	return k.showOne(v, m, nil, nil, nil)
}

func (k keeping) showOne(v *visit, m *accounts.MandateView, values map[string]string, services []string, a *answer) error {
	row := k.row(m)
	row.Open = row.Open && (row.Asked || k.Mandating.Reaches(v.mandate, m))
	page := templates.Agents{One: &row}
	if values == nil {
		values = map[string]string{"valid_from": m.ValidFrom, "valid_until": m.ValidUntil, "manager": "0", "revision": revisionOf(m)}
		if m.Manager {
			values["manager"] = "1"
		}
		services = m.Services
	}
	page.Draft = &templates.AgentDraft{
		From: values["valid_from"], Until: values["valid_until"], Manager: values["manager"], Services: k.services(services),
		Revision: values["revision"],
	}
	if k.lettered(m) {
		page.Letter = row.Address + pathLetter
	}
	if k.base == pathCenterAgents {
		page.Activity = pathActivity + "?" + url.Values{"agent": {m.ID}}.Encode()
	}
	if m.State == accounts.MandateInvited {
		page.Invite, page.InviteQR = k.Issuer+pathInvite+m.ID, row.Address+pathInviteQR
	}
	if v.QueryParam("notice") == noticeAgentChanged {
		page.Notice = noticeAgentChanged
	}
	if v.QueryParam("case") != "" { // fresh from the form
		page.Notice = noticeAgentAdded
		if m.State == accounts.MandateInvited {
			page.Notice = noticeAgentInvited
		}
	}
	if a != nil {
		page.Notice = ""
	}
	var err error
	if page.History, err = k.deeds(v, m.ID); err != nil {
		return err
	}
	return k.show(v, a, page)
}

// revisionOf is what a form remembers of the terms that it showed.
func revisionOf(m *accounts.MandateView) string { return strconv.FormatInt(m.Revision, 10) }

// postOne changes a mandate. A form without a button is that of the main one.
func (k keeping) postOne(v *visit, f *guard.Form) error {
	m, err := k.one(v)
	if err != nil {
		return err
	}
	in, faults := k.read(v, f, "valid_from", "valid_until", "manager", "revision")
	services := f.List("services")
	deed := accounts.MandateDeed(f.Token("action"))
	if deed == "" {
		deed = accounts.DeedSave
	}
	if m.State == accounts.MandateRequested && deed == accounts.DeedSave {
		return k.begin(v, k.granting(m.ID))
	}
	if len(faults) > 0 {
		return k.showOne(v, m, in.Values, services, refused(faults...))
	}
	err = k.Mandating.Keep(v.ctx(), keeperOf(v), m.ID, deed, in, services)
	if a := k.answerTo(v, err); a != nil {
		in.Values["revision"] = revisionOf(m) // what the page shows now
		return k.showOne(v, m, in.Values, services, a)
	}
	if errors.Is(err, accounts.ErrNotFound) {
		return errNoMandate()
	}
	if err != nil {
		return err
	}
	return k.seeOther(v, k.base+"/"+m.ID+"?notice="+noticeAgentChanged)
}
