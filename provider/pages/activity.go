package pages

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/templates"
)

// Addresses and bounds of 操作记录.
const (
	pathActivity       = pathCenter + "activity"
	pathActivityExport = pathActivity + "/export"

	activityPerPage   = 50
	activityAgents    = 200 // to choose from
	activityExport    = 500 // lines read at a time
	activityExportMax = 20_000

	ownAccount = "own" // chosen instead of an agent
)

// activityFilter is what a ledger is filtered by, as asked for.
type activityFilter struct {
	agent, portal, from, to string
	query                   accounts.ActivityQuery
	refusals                []templates.Refusal
}

// activityFilter reads agent, portal, from and to. What the enterprise does not
// have is as if it had done nothing.
func (p *Pages) activityFilter(v *visit) (*activityFilter, error) {
	f := &activityFilter{
		agent: guard.QueryToken(v.Request(), "agent"), portal: guard.Shown(v.QueryParam("portal"), maxShort),
		from: guard.Shown(v.QueryParam("from"), maxShort), to: guard.Shown(v.QueryParam("to"), maxShort),
	}
	f.query = accounts.ActivityQuery{Enterprise: v.session.Principal.Enterprise, ClientID: f.portal, Own: f.agent == ownAccount, Now: p.Now()}
	if f.agent != "" && !f.query.Own {
		m, err := p.Mandating.Kept(v.ctx(), v.session.Principal, f.agent)
		if errors.Is(err, accounts.ErrNotFound) {
			return nil, errNoMandate()
		}
		if err != nil {
			return nil, err
		}
		f.query.Mandate = m.ID
	}
	first, okFirst := f.day("from", f.from)
	last, okLast := f.day("to", f.to)
	if okFirst {
		f.query.From = first.End().Add(-24 * time.Hour) // China has no summer time
	}
	if okLast {
		f.query.Until = last.End()
	}
	if okFirst && okLast && last.Before(first) {
		f.refusals = append(f.refusals, templates.Refusal{Field: "to", Code: string(accounts.CodeDateOrder)})
	}
	return f, nil
}

// day reads a date that may be left out.
func (f *activityFilter) day(field, text string) (idnum.Date, bool) {
	if text == "" {
		return idnum.Date{}, false
	}
	d, err := idnum.ParseDate(text)
	if fault, wrong := errors.AsType[idnum.DateError](err); wrong {
		code := accounts.CodeDateFormat
		if fault == idnum.ErrDateImpossible {
			code = accounts.CodeDateImpossible
		}
		f.refusals = append(f.refusals, templates.Refusal{Field: field, Code: string(code)})
	}
	return d, err == nil
}

// address is where the same is found, at a path and a place.
func (f *activityFilter) address(path string, after accounts.ActivityMark) string {
	q := url.Values{}
	for name, value := range map[string]string{"agent": f.agent, "portal": f.portal, "from": f.from, "to": f.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !after.At.IsZero() {
		q.Set("before", strconv.FormatInt(after.At.UnixMilli(), 10))
		q.Set("of", strconv.Itoa(after.Source))
		q.Set("id", after.ID)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// getActivity is 操作记录: a page of the enterprise's ledger.
func (p *Pages) getActivity(v *visit) error {
	f, err := p.activityFilter(v)
	if err != nil {
		return err
	}
	page := templates.CenterActivity{From: f.from, To: f.to, Chosen: f.agent != "" || f.portal != "" || f.from != "" || f.to != ""}
	if err := p.activityChoices(v, f, &page); err != nil {
		return err
	}
	if len(f.refusals) > 0 {
		page.Form.Refusals = f.refusals
		return p.show(v, http.StatusUnprocessableEntity, page)
	}
	f.query.Limit = activityPerPage + 1
	if ms, err := strconv.ParseInt(v.QueryParam("before"), 10, 64); err == nil && ms > 0 {
		source, _ := strconv.Atoi(v.QueryParam("of")) // another one is the first
		f.query.After = accounts.ActivityMark{At: time.UnixMilli(ms), Source: source, ID: guard.QueryToken(v.Request(), "id")}
		page.First = f.address(pathActivity, accounts.ActivityMark{})
	}
	found, err := p.Activities.Activities(v.ctx(), f.query)
	if err != nil {
		return err
	}
	if len(found) > activityPerPage {
		found = found[:activityPerPage]
		page.Next = f.address(pathActivity, found[activityPerPage-1].Mark)
	}
	for _, a := range found {
		page.Rows = append(page.Rows, p.activityRow(a))
	}
	if len(found) > 0 {
		page.Export = f.address(pathActivityExport, accounts.ActivityMark{})
	}
	return p.show(v, http.StatusOK, page)
}

// activityChoices are what the ledger can be filtered by: the newest agents, and
// one that was asked for otherwise; the portals that let enterprises in.
func (p *Pages) activityChoices(v *visit, f *activityFilter, page *templates.CenterActivity) error {
	agents, err := p.Mandates.Agents(v.ctx(), accounts.AgentQuery{Enterprise: f.query.Enterprise, Limit: activityAgents, Ended: true})
	if err != nil {
		return err
	}
	if f.query.Mandate != "" && !slices.ContainsFunc(agents, func(m *accounts.MandateView) bool { return m.ID == f.query.Mandate }) {
		m, err := p.Mandating.Kept(v.ctx(), v.session.Principal, f.query.Mandate)
		if err != nil {
			return err
		}
		agents = append(agents, m)
	}
	page.Agents = []templates.ActivityChoice{{ID: ownAccount, Own: true, Chosen: f.query.Own}}
	for _, m := range agents {
		page.Agents = append(page.Agents, templates.ActivityChoice{
			ID: m.ID, Name: m.Name, From: m.ValidFrom, Until: m.ValidUntil, Chosen: m.ID == f.query.Mandate,
		})
	}
	portals := append(p.Clients.Serving(accounts.TypeAgent), p.Clients.Serving(accounts.TypeEnterprise)...)
	slices.Sort(portals)
	for _, id := range slices.Compact(portals) {
		page.Portals = append(page.Portals, templates.ActivityChoice{ID: id, Name: p.portalName(id), Chosen: id == f.portal})
	}
	return nil
}

func (p *Pages) activityRow(a *accounts.Activity) templates.ActivityRow {
	row := templates.ActivityRow{
		Kind: string(a.Kind), At: a.At, Agent: a.Agent, Own: a.Mandate == "", Alive: a.Alive,
		Action: string(a.Action), By: string(a.ActorType),
	}
	if a.Mandate != "" {
		row.Address = pathCenterAgents + "/" + a.Mandate
	}
	if a.ClientID != "" {
		row.Portal = p.portalName(a.ClientID)
	}
	return row
}

// exportActivity is the ledger as a table. It is read page by page and ends at a
// bound.
func (p *Pages) exportActivity(v *visit) error {
	f, err := p.activityFilter(v)
	if err != nil {
		return err
	}
	if len(f.refusals) > 0 {
		return p.seeOther(v, f.address(pathActivity, accounts.ActivityMark{}))
	}
	f.query.Limit = activityExport
	found, err := p.Activities.Activities(v.ctx(), f.query)
	if err != nil {
		return err
	}
	h := v.Response().Header()
	guard.NoStore(h)
	h.Set(echo.HeaderContentType, "text/csv; charset=utf-8; header=present")
	h.Set(echo.HeaderContentDisposition, `attachment; filename="activity-`+idnum.DateOf(p.Now()).String()+`.csv"`)
	table, err := templates.NewActivityTable(v.Response(), v.display.lang)
	if err != nil {
		return err
	}
	for n := 0; ; {
		for _, a := range found {
			if err := table.Add(p.activityRow(a)); err != nil {
				return err
			}
		}
		n += len(found)
		if len(found) < activityExport || n >= activityExportMax {
			return table.Flush()
		}
		f.query.After = found[len(found)-1].Mark
		if found, err = p.Activities.Activities(v.ctx(), f.query); err != nil {
			return err
		}
	}
}
