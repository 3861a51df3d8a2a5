package flowtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/oauth2"
)

// today is a day in China, n days from now.
func today(n int) string {
	return time.Now().In(time.FixedZone("", 8*60*60)).AddDate(0, 0, n).Format(time.DateOnly)
}

// agentForm is what 添加 asks for.
func (p human) agentForm(more fields) fields {
	return fields{
		"name": p.name, "id_type": "resident_id", "id_number": p.number, "phone": p.phone, "valid_from": today(0), "valid_until": today(30),
	}.with(more)
}

// addForm opens 添加, with the face check passed.
func (b *browser) addForm(base string) *page {
	b.t.Helper()
	name := strings.TrimPrefix(strings.ReplaceAll(base, "/", "-"), "-")
	return b.open(b.site.url(base+"/new")).lookInto().want(http.StatusOK, name)
}

// appoint adds an agent by the enterprise's own account and returns the mandate.
func (b *browser) appoint(p human, more fields) string {
	b.t.Helper()
	done := b.addForm("/center/agents").press(p.agentForm(more)).want(http.StatusOK, "center-agents")
	return done.data("data-mandate")
}

// asAgent signs an agent in without a portal.
func (b *browser) asAgent(enterprise, account, password string) *page {
	b.t.Helper()
	b.site.ledger.keep("password", password)
	return b.open(b.site.url("/login/agent")).want(http.StatusOK, "login-agent").
		press(fields{"enterprise": enterprise, "agent": account, "password": password})
}

// agent takes a browser that is not signed in through 经办人登录 to tokens.
func (rp *relyingParty) agent(t testing.TB, b *browser, enterprise, account, password string) *oauth2.Token {
	t.Helper()
	a := rp.ask(t, url.Values{"account_type": {"agent"}})
	b.site.ledger.keep("password", password)
	to := b.open(a.url).want(http.StatusOK, "login-agent").form("submit").
		fill(fields{"enterprise": enterprise, "agent": account, "password": password}).answered().until(rp.redirectURI)
	token, _ := rp.redeem(t, a, a.answer(t, rp.site, to))
	return token
}

// granted answers an authorization request of a browser that needs no page for it.
func (rp *relyingParty) granted(t testing.TB, b *browser, more url.Values) *oauth2.Token {
	t.Helper()
	a := rp.ask(t, more)
	token, _ := rp.redeem(t, a, a.answer(t, rp.site, b.until(a.url, rp.redirectURI)))
	return token
}

// acts checks for whom a token acts.
func (rp *relyingParty) acts(t testing.TB, token *oauth2.Token, f firm, p human) map[string]any {
	t.Helper()
	status, claims := rp.userinfo(t, token.AccessToken)
	enterprise, _ := claims["enterprise"].(map[string]any)
	agent, _ := claims["agent"].(map[string]any)
	if status != http.StatusOK || claims["account_type"] != "agent" || enterprise["uscc"] != f.uscc || agent["name"] != p.name || claims["name"] != p.name {
		t.Errorf("userinfo: %d %v", status, claims)
	}
	return claims
}

// choose picks one of the choices and goes back to the portal.
func (p *page) choose(rp *relyingParty, company string) *url.URL {
	p.browser.t.Helper()
	for _, label := range p.all(func(n *html.Node) bool { return n.Data == "label" }) {
		if strings.Contains(textOf(label), company) {
			return p.form("submit").set("mandate", attr(p.must(attr(label, "for")), "value")).until(rp.redirectURI)
		}
	}
	p.browser.t.Fatalf("%s is no choice", company)
	return nil
}

// A person acts for two firms, at each portal for the one chosen there, and for
// nobody where they want to be themself.
func TestAgentActsForTwoFirms(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		first, second := s.newClient(t, nil), s.newClient(t, nil)
		owner, other := s.browser(t), s.browser(t)
		a, z := owner.ownFirm(), other.ownFirm()
		li := s.browser(t).registerPerson(s.person())
		mandate := owner.appoint(li, fields{"manager": "1"})
		other.appoint(li, nil)

		b := s.browser(t)
		token := first.agent(t, b, a.account, li.number, goodPassword)
		claims := first.acts(t, token, a, li)
		agent := claims["agent"].(map[string]any)
		if agent["id"] != mandate || agent["manager"] != true || agent["valid_from"] != today(0) || agent["valid_until"] != today(30) ||
			agent["role"] != "agent" || len(agent["services"].([]any)) != 1 || claims["phone_number"] != "+86"+li.phone {
			t.Errorf("agent %v", claims)
		}
		for _, value := range []string{li.number, a.rep.number} {
			if strings.Contains(strings.Join(flat(claims), " "), value) {
				t.Error("a number stands in the claims")
			}
		}
		// The second portal asks, and remembers.
		ask := second.ask(t, url.Values{"account_type": {"agent"}})
		choose := b.open(ask.url).want(http.StatusOK, "choose")
		choose.press(nil).want(http.StatusUnprocessableEntity, "choose").mustSayOnly("mandate", "请选择")
		choose.form("submit").set("mandate", "person").submit().want(http.StatusUnprocessableEntity, "choose")
		to := choose.choose(second, z.name)
		there, _ := second.redeem(t, ask, ask.answer(t, s, to))
		second.acts(t, there, z, li)
		for range 2 {
			second.acts(t, second.granted(t, b, nil), z, li)
			first.acts(t, first.granted(t, b, nil), a, li)
		}
		// A hint names the firm; select_account asks again; as oneself, too.
		first.acts(t, first.granted(t, b, url.Values{"enterprise_hint": {z.uscc}}), z, li)
		ask = first.ask(t, url.Values{"prompt": {"select_account"}})
		to = b.open(ask.url).want(http.StatusOK, "choose").choose(first, "本人")
		self, _ := first.redeem(t, ask, ask.answer(t, s, to))
		if _, claims := first.userinfo(t, self.AccessToken); claims["account_type"] != "person" || claims["agent"] != nil || claims["enterprise"] != nil {
			t.Errorf("as oneself: %v", claims)
		}
		for query, want := range map[string]string{
			"prompt=none&account_type=agent&enterprise_hint=" + builder.uscc: "account_selection_required",
			"prompt=none&account_type=agent":                                 "account_selection_required",
			"prompt=none&account_type=enterprise":                            "login_required",
		} {
			more, _ := url.ParseQuery(query)
			if got := b.until(first.ask(t, more).url, first.redirectURI).Query().Get("error"); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		// The hint of an earlier ID token is that account.
		raw, _ := token.Extra("id_token").(string)
		first.acts(t, first.granted(t, b, url.Values{"id_token_hint": {raw}, "prompt": {"none"}}), a, li)
		// A portal that is new gets who signed in: an agent, or a person.
		third := s.newClient(t, nil)
		third.acts(t, third.granted(t, b, nil), a, li)
		b.open(s.url("/logout")).want(http.StatusOK, "logout").form("logout-yes").submit().want(http.StatusOK, "logged-out")
		b.asPerson(li.number, goodPassword).want(http.StatusOK, "home")
		fourth := s.newClient(t, nil)
		if _, claims := fourth.userinfo(t, fourth.granted(t, b, nil).AccessToken); claims["account_type"] != "person" {
			t.Errorf("a person at a new portal: %v", claims)
		}
		third.acts(t, third.granted(t, b, nil), a, li)
		// Only what is named.
		only := s.newClient(t, map[string]any{"legal_types": []string{"government"}})
		b.open(only.ask(t, url.Values{"account_type": {"agent"}}).url).want(http.StatusOK, "wrong-account")
	})
}

// Who signs in for a firm that may not act at a portal is asked, and does not go
// there as another firm's agent, or as themself, unasked.
func TestAgentActsForNobodyUnasked(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		there, here := s.newClient(t, nil), s.newClient(t, nil)
		owner, other := s.browser(t), s.browser(t)
		a, z := owner.ownFirm(), other.ownFirm()
		li := s.browser(t).registerPerson(s.person())
		owner.appoint(li, fields{"services": there.id})
		signIn := func(more url.Values) *page {
			b := s.browser(t)
			more.Set("account_type", "agent")
			return b.open(here.ask(t, more).url).press(fields{"enterprise": a.account, "agent": li.phone, "password": goodPassword})
		}
		signIn(url.Values{}).want(http.StatusOK, "wrong-account")
		other.appoint(li, nil)
		p := signIn(url.Values{}).want(http.StatusOK, "choose")
		if strings.Contains(p.text(), a.name) || !strings.Contains(p.text(), z.name) {
			t.Errorf("to choose from: %s", p.text())
		}
	})
}

// flat are the texts in a claim set.
func flat(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, each := range v {
			all = append(all, flat(each)...)
		}
	case map[string]any:
		for _, each := range v {
			all = append(all, flat(each)...)
		}
	}
	return all
}

// The enterprise's page of agents: who is added, how, and what is refused.
func TestAgentsAreGranted(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := b.ownFirm()
		li := s.browser(t).registerPerson(s.person())
		b.open(s.url("/center")).link("/center/agents").want(http.StatusOK, "center-agents")
		consent := b.open(s.url("/center/agents/new")).want(http.StatusOK, "face-consent")
		if !strings.Contains(consent.text(), "添加经办人") || !strings.Contains(consent.text(), f.name) {
			t.Errorf("the consent says %s", consent.text())
		}
		form := b.addForm("/center/agents")
		id := form.url.Query().Get("case")
		for name, test := range map[string]struct {
			change fields
			field  string
			says   string
		}{
			"no name":          {fields{"name": ""}, "name", "请输入经办人姓名"},
			"check digit":      {fields{"id_number": wrongCheck(li.number)}, "id_number", "校验位不符"},
			"end before start": {fields{"valid_until": today(-1)}, "valid_until", "不能早于"},
			"over":             {fields{"valid_from": today(-9), "valid_until": today(-1)}, "valid_until", "已过"},
			"no such day":      {fields{"valid_until": "2027-02-29"}, "valid_until", "日期"},
			"no date":          {fields{"valid_until": "tomorrow"}, "valid_until", "日期"},
			"far":              {fields{"valid_until": today(365 * 30)}, "valid_until", "20 年"},
			"no phone":         {fields{"phone": "123"}, "phone", "手机"},
			"weak password":    {fields{"password": "12345678"}, "password", ""},
			"representative":   {fields{"name": f.rep.name, "id_number": f.rep.number, "phone": f.rep.phone}, "id_number", "法定代表人"},
		} {
			typed := li.agentForm(test.change)
			p := form.press(typed).want(http.StatusUnprocessableEntity, "center-agents").mustSayOnly(test.field, test.says)
			if t.Failed() {
				t.Fatal(name)
			}
			p.kept(typed.without("password"))
		}
		strange := form.form("submit").fill(li.agentForm(nil)).forge("services", "nobody", first(s)).forge("state", "revoked").forge("grantor", "x").forge("enterprise_id", "y")
		strange.submit().want(http.StatusUnprocessableEntity, "center-agents").mustSayOnly("services", "没有这个办事大厅")
		last := form.form("submit").fill(li.agentForm(fields{"password": "Start-here-2026", "manager": "1"})).forge("services", first(s))
		done := last.submit().want(http.StatusOK, "center-agents")
		if done.data("data-state") != "active" || !strings.Contains(done.text(), "已添加") {
			t.Errorf("added: %s", done.text())
		}
		if again := last.submit().want(http.StatusOK, "center-agents"); again.url.Path != done.url.Path {
			t.Errorf("sent again it leads to %s", again.url)
		}
		if p := b.open(s.url("/center/agents/new?case=" + id)); p.url.Path != done.url.Path {
			t.Errorf("the case leads to %s", p.url)
		}
		b.addForm("/center/agents").press(li.agentForm(nil)).want(http.StatusUnprocessableEntity, "center-agents").mustSayOnly("id_number", "已是本企业经办人")
		list := b.open(s.url("/center/agents")).want(http.StatusOK, "center-agents")
		if rows := list.all(func(n *html.Node) bool { return attr(n, "data-mandate") != "" }); len(rows) != 1 || strings.Contains(string(list.body), li.number) || strings.Contains(string(list.body), li.phone) {
			t.Errorf("%d rows, or numbers in full", len(rows))
		}
		// The face counted for one, in this browser, for this account.
		other := s.browser(t)
		other.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
		if p := other.open(s.url("/center/agents/new?case=" + id)); p.name() != "face-consent" {
			t.Errorf("another browser gets %s", p.name())
		}
		preset(t, s, f, li, done.data("data-mandate"))
	})
}

// first is the id of a portal that mandates can be for.
func first(*site) string { return "hrss-hall" }

// preset is the agent's first sign-in, by the password that the enterprise chose.
func preset(t *testing.T, s *site, f firm, li human, mandate string) {
	t.Helper()
	b := s.browser(t)
	b.asAgent(f.account, li.phone, goodPassword).want(http.StatusUnprocessableEntity, "login-agent")
	b.asAgent(f.account, li.phone, "Start-here-2026").want(http.StatusOK, "agent-password")
	for _, path := range []string{"/agent/account", "/agent/agents", "/me/account", "/center/agents", "/"} {
		b.open(s.url(path)).want(http.StatusOK, "agent-password")
	}
	b.open(s.url("/agent/password")).press(fields{"old_password": "Start-here-2026"}.with(newPassword("Start-here-2026"))).
		want(http.StatusUnprocessableEntity, "agent-password").mustSayOnly("password", "")
	b.open(s.url("/agent/password")).press(fields{"old_password": "Start-here-2026"}.with(newPassword("Of-my-own-2027"))).want(http.StatusOK, "agent-account")
	for _, path := range []string{"/me/account", "/me/mandates", "/center/enterprise"} {
		if p := b.open(s.url(path)); p.name() != "home" {
			t.Errorf("%s shows %s to who signed in by the mandate's password", path, p.name())
		}
	}
	if p := b.open(s.url("/agent/agents/"+mandate)).want(http.StatusOK, "agent-agents"); len(p.all(isButtonNamed("action"))) > 0 {
		t.Error("a manager may change his own mandate")
	}
	s.browser(t).asAgent(f.account, li.phone, "Start-here-2026").want(http.StatusUnprocessableEntity, "login-agent")
	s.browser(t).asAgent(f.uscc, li.number, "Of-my-own-2027").want(http.StatusOK, "agent-account")
}

// Who is not registered is invited, registers, and accepts.
func TestInvitedAgentAccepts(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		owner, b := s.browser(t), s.browser(t)
		f, p := owner.ownFirm(), s.person()
		done := owner.addForm("/center/agents").press(p.agentForm(nil)).want(http.StatusOK, "center-agents")
		if done.data("data-state") != "invited" {
			t.Fatalf("state %s", done.data("data-state"))
		}
		invite := textOf(done.must("invite"))
		picture := s.url("/center/agents/" + done.data("data-mandate") + "/qr")
		if got := owner.get(picture); got.status != http.StatusOK || !strings.HasPrefix(string(got.body), "\x89PNG") {
			t.Errorf("its picture: %d", got.status)
		}
		if got := b.get(picture); strings.Contains(string(got.body), "PNG") {
			t.Error("a stranger gets the picture")
		}
		page := b.open(invite).want(http.StatusOK, "invite")
		if !strings.Contains(page.text(), f.name) || strings.Contains(string(page.body), p.name) || strings.Contains(string(page.body), p.number) {
			t.Errorf("the invitation says %s", page.text())
		}
		s.browser(t).asAgent(f.account, p.phone, goodPassword).want(http.StatusUnprocessableEntity, "login-agent")
		b.registerPerson(p)
		b.asPerson(p.phone, goodPassword).want(http.StatusOK, "home")
		stranger := s.browser(t)
		q := stranger.registerPerson(s.person())
		stranger.asPerson(q.phone, goodPassword).want(http.StatusOK, "home")
		forged := stranger.open(s.url("/me/mandates")).form("submit").forge("action", "accept").forge("mandate", done.data("data-mandate"))
		forged.submit().want(http.StatusUnprocessableEntity, "me-mandates")

		mine := b.open(s.url("/me/mandates")).want(http.StatusOK, "me-mandates")
		accept := mine.all(func(n *html.Node) bool { return n.Data == "button" && attr(n, "value") == "accept" })
		if len(accept) != 1 {
			t.Fatalf("%d invitations", len(accept))
		}
		mine.formOf(accept[0]).submit().want(http.StatusOK, "me-mandates")
		mine.formOf(accept[0]).submit().want(http.StatusOK, "me-mandates") // clicked twice
		b.open(invite).want(http.StatusNotFound, "invite")
		if got := owner.get(picture); got.status != http.StatusNotFound {
			t.Errorf("the picture of an invitation that is over: %d", got.status)
		}
		s.browser(t).asAgent(f.account, p.phone, goodPassword).want(http.StatusOK, "agent-account")
		one := owner.open(done.url.String()).want(http.StatusOK, "center-agents")
		if one.data("data-state") != "active" || !strings.Contains(one.text(), "接受授权") {
			t.Errorf("after it: %s", one.text())
		}
	})
}

// An agent without 管理权限, another enterprise, and a manager whose own mandate
// ends: every address is closed to them and nothing changes.
func TestAgentsAreKeptByTheirKeeperOnly(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		owner, other := s.browser(t), s.browser(t)
		f, _ := owner.ownFirm(), other.ownFirm()
		boss, clerk, third := s.browser(t).registerPerson(s.person()), s.browser(t).registerPerson(s.person()), s.browser(t).registerPerson(s.person())
		of := map[string]string{"boss": owner.appoint(boss, fields{"manager": "1"}), "clerk": owner.appoint(clerk, nil)}
		for _, id := range []string{of["boss"], "nobody", "..", "%00"} {
			for _, path := range []string{"/center/agents/"} {
				if p := other.open(s.url(path + id)); p.status != http.StatusNotFound && p.name() != "center-enterprise" {
					t.Errorf("another enterprise gets %d %s for %s", p.status, p.name(), id)
				}
			}
		}
		mine := owner.open(s.url("/center/agents/" + of["clerk"]))
		forged := other.open(s.url("/center/password")).form("submit") // with its own token
		forged.action = other.parse(s.url("/center/agents/" + of["clerk"]))
		for _, action := range []string{"revoke", "save", ""} {
			forged.forge("action", action).submit().wantProblem(http.StatusNotFound, "not_found")
		}
		b := s.browser(t)
		b.asAgent(f.account, clerk.phone, goodPassword).want(http.StatusOK, "agent-account")
		if len(b.open(s.url("/agent/account")).all(isLinkTo("/agent/agents"))) > 0 {
			t.Error("the menu leads to the agents")
		}
		for _, path := range []string{"/agent/agents", "/agent/agents/new", "/agent/agents/" + of["clerk"]} {
			b.open(s.url(path)).wantProblem(http.StatusNotFound, "not_found")
		}
		m := s.browser(t)
		m.asAgent(f.account, boss.phone, goodPassword).want(http.StatusOK, "agent-account")
		own := m.open(s.url("/agent/agents/" + of["clerk"])).form("submit")
		own.action.Path = "/agent/agents/" + of["boss"] // whose page has no form for him
		own.forge("action", "renew").submit().want(http.StatusUnprocessableEntity, "agent-agents")
		open := m.addForm("/agent/agents")
		open.press(third.agentForm(fields{"valid_until": today(31)})).want(http.StatusUnprocessableEntity, "agent-agents").mustSayOnly("valid_until", "不能超出")
		open.press(boss.agentForm(nil)).want(http.StatusUnprocessableEntity, "agent-agents").mustSayOnly("id_number", "自己")
		owner.open(s.url("/center/agents/"+of["boss"])).form("submit").forge("action", "suspend").submit().want(http.StatusOK, "center-agents")
		late := open.press(third.agentForm(nil))
		if late.status == http.StatusOK && late.name() == "agent-agents" {
			t.Errorf("an open form of who was a manager: %d %s", late.status, late.name())
		}
		list := owner.open(s.url("/center/agents"))
		if got := list.all(func(n *html.Node) bool { return attr(n, "data-mandate") != "" }); len(got) != 2 {
			t.Errorf("%d agents", len(got))
		}
		mine.form("submit").forge("action", "revoke").submit().want(http.StatusOK, "center-agents")
		mine.form("submit").forge("action", "revoke").submit().want(http.StatusOK, "center-agents") // twice
		for _, action := range []string{"resume", "suspend", "save", "renew"} {
			p := mine.form("submit").forge("action", action).submit().want(http.StatusUnprocessableEntity, "center-agents")
			if len(p.all(func(n *html.Node) bool { return attr(n, "role") == "alert" })) != 1 {
				t.Errorf("%s after the end: not told why", action)
			}
		}
		if p := b.open(s.url("/agent/account")); slices.Contains([]string{"agent-account"}, p.name()) {
			t.Error("the agent's pages are open after the end")
		}
	})
}

// A person asks, the enterprise approves with a face; a representative links the
// enterprise and needs no password of it.
func TestAgentAsksAndRepresentativeLinks(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		owner, b := s.browser(t), s.browser(t)
		f, p := owner.ownFirm(), s.browser(t).registerPerson(s.person())
		b.asPerson(p.phone, goodPassword).want(http.StatusOK, "home")
		ask := func(enterprise string) *page {
			mine := b.open(s.url("/me/mandates")).want(http.StatusOK, "me-mandates")
			forms := mine.all(func(n *html.Node) bool { return attr(n, "value") == "request" })
			return mine.formOf(forms[0]).fill(fields{"enterprise": enterprise, "valid_from": today(0), "valid_until": today(9)}).submit()
		}
		unknown, known := ask("nobody_here").want(http.StatusOK, "me-mandates"), ask(f.account).want(http.StatusOK, "me-mandates")
		if !strings.Contains(unknown.text(), "申请已提交") || !strings.Contains(known.text(), "申请已提交") {
			t.Error("the answers differ")
		}
		again := ask(f.uscc).want(http.StatusOK, "me-mandates")
		if again.text() != unknown.text() || strings.Contains(again.text(), f.name) {
			t.Error("who asks learns whether there is an account, and of whom")
		}
		s.browser(t).asAgent(f.account, p.phone, goodPassword).want(http.StatusUnprocessableEntity, "login-agent")
		row := owner.open(s.url("/center/agents")).link("/center/agents/" + owner.open(s.url("/center/agents")).data("data-mandate"))
		form := row.want(http.StatusOK, "center-agents").form("submit").submit().lookInto().want(http.StatusOK, "center-agents")
		done := form.press(fields{"valid_until": today(5)}).want(http.StatusOK, "center-agents")
		if done.data("data-state") != "active" {
			t.Errorf("approved: %s", done.data("data-state"))
		}
		s.browser(t).asAgent(f.account, p.phone, goodPassword).want(http.StatusOK, "agent-account")

		head := s.browser(t)
		head.registerPerson(f.rep.otherPhone(s))
		head.asPerson(f.rep.number, goodPassword).want(http.StatusOK, "home")
		link := head.open(s.url("/me/mandates")).want(http.StatusOK, "me-mandates").form("submit")
		link.set("uscc", builder.uscc).submit().want(http.StatusUnprocessableEntity, "me-mandates").mustSayOnly("uscc", "没有找到")
		link.set("uscc", f.uscc).submit().want(http.StatusOK, "me-mandates")
		rp := s.newClient(t, nil)
		_, claims := rp.userinfo(t, rp.granted(t, head, url.Values{"account_type": {"agent"}}).AccessToken)
		agent, _ := claims["agent"].(map[string]any)
		if agent["role"] != "legal_representative" || agent["valid_until"] != nil || agent["manager"] != true {
			t.Errorf("the representative acts as %v", claims)
		}
	})
}

// otherPhone is the same person with a phone that no account has.
func (p human) otherPhone(s *site) human {
	p.phone = s.person().phone
	return p
}

// The agent's own pages: the phone is the person's, the sessions are listed.
func TestAgentCentre(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		owner, b := s.browser(t), s.browser(t)
		f, p := owner.ownFirm(), s.browser(t).registerPerson(s.person())
		owner.appoint(p, fields{"manager": "1"})
		b.asAgent(f.account, p.phone, goodPassword).want(http.StatusOK, "agent-account")
		if me := b.open(s.url("/agent")).want(http.StatusOK, "agent-account"); strings.Contains(string(me.body), p.number) || strings.Contains(string(me.body), p.phone) {
			t.Error("the page shows numbers in full")
		}
		for _, name := range []string{"enterprise", "password", "sessions", "agents"} {
			b.open(s.url("/agent/account")).link("/agent/"+name).want(http.StatusOK, "agent-"+name)
		}
		next := s.person().phone
		second := b.open(s.url("/agent/phone")).want(http.StatusOK, "agent-phone").press(fields{"password": goodPassword}).want(http.StatusOK, "agent-phone")
		sent := second.sendCode(fields{"phone": next})
		done := sent.press(fields{"sms_code": b.code(next)}).want(http.StatusOK, "agent-account")
		if !strings.Contains(done.text(), "手机号码已更换") {
			t.Errorf("it says %s", done.text())
		}
		s.browser(t).asAgent(f.account, next, goodPassword).want(http.StatusOK, "agent-account")
		b.open(s.url("/agent/sessions")).form("submit").submit().want(http.StatusOK, "logged-out")
		b.open(s.url("/agent/account")).want(http.StatusOK, "login-agent")
	})
}
