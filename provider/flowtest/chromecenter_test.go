package flowtest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// 密码修改, 手机变更 and 企业信息变更 in Chromium, by keyboard, with script and without.
func TestCenterInABrowser(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onRedis))
	t.Run("with script", func(t *testing.T) { centerInABrowser(t, s, true) })
	t.Run("without", func(t *testing.T) { centerInABrowser(t, s, false) })
}

func centerInABrowser(t *testing.T, s *site, script bool) {
	const second = "Other-Meadow-5528"
	s.ledger.keep("password", second)
	b := s.browser(t)
	f, other := b.ownFirm(), s.person()
	tb := s.tab(t)
	if !script {
		tb.noScript()
	}
	tb.open(s.url("/login/enterprise"))
	tb.signInByKeys(f.account, goodPassword)
	tb.see("home")

	tb.open(s.url("/center/password"))
	tb.see("center-password")
	tb.typeInto("old_password", goodPassword)
	tb.typeInto("password", second)
	tb.typeInto("password_confirm", second)
	tb.press(kb.Enter)
	tb.see("center-enterprise")
	tb.shot("center-password-changed")

	tb.open(s.url("/center/phone"))
	tb.see("center-phone")
	tb.typeInto("password", second)
	tb.press(kb.Enter)
	tb.exists("#page-center-phone #phone")
	tb.typeInto("phone", other.phone)
	tb.typeInto("captcha", tb.captcha())
	tb.tabTo("send-sms")
	tb.press(kb.Enter)
	tb.exists("#sms_code-note")
	tb.tabTo("sms_code")
	tb.press(b.code(other.phone) + kb.Enter)
	tb.see("center-enterprise")
	if text := tb.text(`document.body.innerText`); !strings.Contains(text, other.phone[:3]+"****"+other.phone[7:]) {
		t.Errorf("after 手机变更: %s", text)
	}

	tb.open(s.url("/center/change"))
	tb.see("center-change")
	tb.typeRepresentative(f, script)
	tb.shot("center-change")
	tb.tabTo("submit")
	tb.press(kb.Enter)
	tb.see("center-enterprise")
	tb.shot("center-changed")
}
