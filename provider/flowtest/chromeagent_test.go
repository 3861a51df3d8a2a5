package flowtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// An enterprise adds an agent, who signs in and switches the enterprise acted for:
// in Chromium, by keyboard, with script and without.
func TestAgentInABrowser(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onRedis))
	t.Run("with script", func(t *testing.T) { agentInABrowser(t, s, true) })
	t.Run("without", func(t *testing.T) { agentInABrowser(t, s, false) })
}

func agentInABrowser(t *testing.T, s *site, script bool) {
	owner, other := s.browser(t), s.browser(t)
	f, z := owner.ownFirm(), other.ownFirm()
	p := s.browser(t).registerPerson(s.person())
	other.appoint(p, nil)

	desk, phone := s.tab(t), s.phone(t)
	if !script {
		desk.noScript()
	}
	desk.open(s.url("/login/enterprise"))
	desk.see("login-enterprise")
	desk.signInByKeys(f.account, goodPassword)
	desk.see("home")
	desk.open(s.url("/center/agents"))
	desk.see("center-agents")
	desk.tabTo("add")
	desk.press(kb.Enter)
	desk.see("face-consent")
	desk.tabTo("face_consent")
	desk.press(" " + kb.Enter)
	desk.see("face")
	phone.pass(desk)
	desk.onward("center-agents", script)
	desk.typeInto("name", p.name)
	desk.typeInto("id_number", p.number)
	desk.typeInto("phone", p.phone)
	var from, until [3]int
	scan(t, today(0), &from)
	scan(t, today(30), &until)
	desk.typeDate("valid_from", from[0], from[1], from[2])
	desk.typeDate("valid_until", until[0], until[1], until[2])
	desk.press(kb.Enter)
	desk.exists(`section[data-state="active"]`)
	desk.shot("agent-added")

	tb := s.profile(t)
	if !script {
		tb.noScript()
	}
	tb.open(s.url("/login/agent"))
	tb.see("login-agent")
	tb.typeInto("enterprise", f.uscc)
	tb.typeInto("agent", p.phone)
	tb.typeInto("password", goodPassword)
	tb.typeInto("captcha", tb.captcha())
	tb.press(kb.Enter)
	tb.see("agent-account")
	tb.open(s.url("/choose"))
	tb.see("choose")
	tb.shot("choose")
	tb.tabUntil(`[name="mandate"]`)
	tb.press(kb.ArrowDown + kb.ArrowUp + kb.ArrowDown + kb.Enter)
	tb.see("agent-account")
	text := tb.text(`document.body.innerText`)
	if !strings.Contains(text, f.name) && !strings.Contains(text, z.name) || strings.Contains(text, p.number) {
		t.Errorf("the agent's page says %s", text)
	}
	tb.open(s.url("/agent/sessions"))
	tb.see("agent-sessions")
}

// scan reads YYYY-MM-DD.
func scan(t *testing.T, day string, into *[3]int) {
	t.Helper()
	if _, err := fmt.Sscanf(day, "%d-%d-%d", &into[0], &into[1], &into[2]); err != nil {
		t.Fatal(err)
	}
}
