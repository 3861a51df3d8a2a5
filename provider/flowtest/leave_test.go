package flowtest

import (
	"net/http"
	"strings"
	"testing"
)

// Who has left an enterprise gives the mandate up, whatever the enterprise does.
func TestHolderGivesAMandateUp(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		owner, b, stranger := s.browser(t), s.browser(t), s.browser(t)
		f := owner.ownFirm()
		li, other := b.registerPerson(s.person()), stranger.registerPerson(s.person())
		id := owner.appoint(li, nil)
		token := rp.agent(t, b, f.account, li.phone, goodPassword)
		rp.acts(t, token, f, li)

		account := b.open(s.url("/agent/account")).want(http.StatusOK, "agent-account")
		if !strings.Contains(account.text(), "授权记录") {
			t.Error("the agent is not shown what was done to the mandate")
		}
		page := b.open(s.url("/me/mandates")).want(http.StatusOK, "me-mandates").link("/me/mandates/"+id).want(http.StatusOK, "me-mandate")
		stranger.asPerson(other.phone, goodPassword).want(http.StatusOK, "home")
		stranger.open(s.url("/me/mandates/"+id)).want(http.StatusNotFound, "error")
		forged := stranger.open(s.url("/me/mandates")).form("submit")
		forged.action.Path = "/me/mandates/" + id
		forged.submit().want(http.StatusNotFound, "error")
		rp.acts(t, token, f, li)

		for range 2 { // two clicks are one
			left := page.form("submit").submit().want(http.StatusOK, "me-mandate")
			if left.data("data-state") != "revoked" || !strings.Contains(left.text(), "您已放弃该授权") {
				t.Errorf("left: %s", left.text())
			}
		}
		if status, claims := rp.userinfo(t, token.AccessToken); status != http.StatusUnauthorized {
			t.Errorf("userinfo after it: %d %v", status, claims)
		}
		kept := owner.open(s.url("/center/agents/"+id)).want(http.StatusOK, "center-agents")
		if kept.data("data-state") != "revoked" || strings.Count(kept.text(), "撤销 · 个人账号") != 1 {
			t.Errorf("the enterprise reads %s", kept.text())
		}
		owner.appoint(li, nil)
	})
}
