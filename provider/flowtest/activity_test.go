package flowtest

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// mandate is what 添加 asks of somebody, for a year that is not over soon.
func (p human) mandate() fields {
	return fields{
		"name": p.name, "id_type": "resident_id", "id_number": p.number, "phone": p.phone,
		"valid_from": "2026-01-01", "valid_until": "2035-12-31", "manager": "0",
	}
}

// grants has the signed-in enterprise make somebody its agent and returns the
// mandate's page.
func (b *browser) grants(p human) *page {
	b.t.Helper()
	form := b.open(b.site.url("/center/agents")).want(http.StatusOK, "center-agents").click("add").lookInto()
	return form.want(http.StatusOK, "center-agents").press(p.mandate()).want(http.StatusOK, "center-agents")
}

// mandateID is the mandate that a page is about.
func (p *page) mandateID() string {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return attr(n, "data-mandate") != "" }) {
		return attr(n, "data-mandate")
	}
	p.browser.t.Fatalf("%s is about no mandate", p.name())
	return ""
}

// agentAt signs a person in at a portal, as the agent of the one enterprise there.
func (rp *relyingParty) agentAt(t testing.TB, b *browser, p human) {
	t.Helper()
	b.asPerson(p.phone, goodPassword).want(http.StatusOK, "home")
	a := rp.ask(t, url.Values{"account_type": {"agent"}})
	rp.redeem(t, a, a.answer(t, rp.site, b.until(a.url, rp.redirectURI)))
}

func (p *page) rows() []*html.Node {
	return p.all(func(n *html.Node) bool { return attr(n, "data-kind") != "" })
}

// 操作记录: who did what as the enterprise, where and when; to filter, to page
// through, to export.
func TestEnterpriseSeesWhatWasDone(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		hall, clinic := s.newClient(t, map[string]any{"client_name": "=试验大厅"}), s.newClient(t, map[string]any{"client_name": "试验诊所"})
		b, other := s.browser(t), s.browser(t)
		f := b.registerFirm(b.newFirm())
		agent := other.registerPerson(s.person())
		hall.firm(t, b, f.account, goodPassword)
		id := b.grants(agent).mandateID()
		clinic.agentAt(t, other, agent)

		ledger := b.open(s.url("/center")).link("/center/activity").want(http.StatusOK, "center-activity")
		var said []string
		for _, row := range ledger.rows() {
			said = append(said, textOf(row))
		}
		if len(said) != 3 || !strings.Contains(said[0], "试验诊所") || !strings.Contains(said[0], "仍然有效") ||
			!strings.Contains(said[1], "授权") || !strings.Contains(said[2], "=试验大厅") || !strings.Contains(said[2], "企业账号") {
			t.Errorf("the ledger says %q", said)
		}
		if body := string(ledger.body); !strings.Contains(body, agent.name) || strings.Contains(body, agent.number) || strings.Contains(body, agent.phone) {
			t.Error("the ledger does not name the agent, or shows more than the name")
		}
		for query, want := range map[string]int{
			"": 3, "agent=own": 1, "agent=" + id: 2, "portal=" + clinic.id: 1, "agent=own&portal=" + clinic.id: 0,
			"from=2020-01-01": 3, "to=2020-01-01": 0, "from=2199-01-01": 0, "before=1&of=0&id=x": 0, "before=-1&of=9&id=..": 3,
		} {
			p := b.open(s.url("/center/activity?" + query))
			if got := len(p.rows()); p.status != http.StatusOK || got != want {
				t.Errorf("%s: %d lines, %d, want %d", query, got, p.status, want)
			}
		}
		b.open(s.url("/center/activity?from=2026-02-02&to=2026-02-01")).want(http.StatusUnprocessableEntity, "center-activity").mustSayOnly("to", "早于")
		b.open(s.url("/center/activity?from=2026-02-30")).want(http.StatusUnprocessableEntity, "center-activity").mustSayOnly("from", "没有这一天")

		export := b.get(s.url(attr(ledger.must("export"), "href")))
		text, bom := strings.CutPrefix(string(export.body), "\ufeff")
		lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || !bom || len(lines) != 4 || lines[3][2] != "'=试验大厅" || lines[1][3] != agent.name {
			t.Errorf("exported %q, %v", lines, err)
		}
		if got := export.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") {
			t.Errorf("shown as %q", got)
		}

		// Another enterprise has another ledger, and no way into this one.
		stranger := s.browser(t)
		stranger.ownFirm()
		if p := stranger.open(s.url("/center/activity")); len(p.rows()) != 0 {
			t.Error("another enterprise sees it")
		}
		for _, path := range []string{"/center/activity?agent=" + id, "/center/activity/export?agent=" + id} {
			stranger.open(s.url(path)).wantProblem(http.StatusNotFound, "not_found")
		}
		other.open(s.url("/center/activity")).want(http.StatusOK, "home")

		// What ended is told as ended.
		one := b.open(s.url("/center/agents/" + id))
		one.formOf(one.button("revoke")).submit().want(http.StatusOK, "center-agents")
		after := b.open(s.url("/center/activity?agent="+id)).want(http.StatusOK, "center-activity")
		if rows := after.rows(); len(rows) != 3 || !strings.Contains(textOf(rows[0]), "撤销") ||
			!strings.Contains(textOf(rows[1]), "已结束") {
			t.Errorf("after the mandate's end: %s", after.text())
		}
	})
}

// button is the button of an action.
func (p *page) button(action string) *html.Node {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "button" && attr(n, "value") == action }) {
		return n
	}
	p.browser.t.Fatalf("%s has no button %s", p.name(), action)
	return nil
}
