package flowtest

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Nobody learns from the sign-in page which accounts exist.
func TestWrongPasswordAndUnknownAccountSayTheSame(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		login := b.open(s.url("/login/enterprise"))
		var first *page
		for _, account := range []string{
			software.account, software.uscc, strings.ToLower(software.uscc), noodles.uscc, // exists; the last has no password yet
			"nobody-here", "91110000000000000X", "'; drop table enterprises; --", "<b>nobody</b>",
		} {
			p := login.credentials(account, "Wrong-password-1").send().want(http.StatusUnprocessableEntity, "login-enterprise")
			if got := attr(p.must("account"), "value"); got != account {
				t.Errorf("typed %q, the page keeps %q", account, got)
			}
			if _, kept := lookup(p.must("password"), "value"); kept {
				t.Error("the page keeps the password")
			}
			if first == nil {
				first = p
				if !strings.Contains(p.alert(), "账号或密码") {
					t.Errorf("says %q", p.alert())
				}
			}
			if diff := cmp.Diff(anonymous(first), anonymous(p)); diff != "" {
				t.Errorf("%s (-%s +%s):\n%s", "differs", attr(first.must("account"), "value"), account, diff)
			}
			login = p
		}
	})
}

// anonymous is a page without what differs between two tries: what was typed,
// the captcha, the trace.
func anonymous(p *page) string {
	body := bytes.ReplaceAll(p.body, []byte(`value="`+htmlEscaped(attr(p.must("account"), "value"))+`"`), []byte(`value="ACCOUNT"`))
	body = bytes.ReplaceAll(body, []byte(attr(p.all(isCaptchaID)[0], "value")), []byte("CAPTCHA"))
	header := p.header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Content-Length"} {
		header.Del(name)
	}
	var head bytes.Buffer
	if err := header.Write(&head); err != nil {
		p.browser.t.Fatal(err)
	}
	return head.String() + regexp.MustCompile(`[0-9a-f]{32}`).ReplaceAllString(string(body), "TRACE")
}

// What an account's state is, only its holder learns; and it ends what there is.
func TestStateIsToldOnlyAfterTheRightPassword(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, setup{portals: true, settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}, func(t *testing.T, s *site) {
		b := s.browser(t)
		me := b.enter(s.hall).signIn(builder.account, demoPassword).want(http.StatusOK, "portal-me")
		rp := s.newClient(t, nil)
		token, _ := rp.silently(t, b)
		if !rp.active(t, token.AccessToken) {
			t.Fatal("a fresh token is not active")
		}
		for status, want := range map[string]string{
			"frozen": "冻结", "cancelled": "注销", "pending_activation": "激活",
		} {
			if err := s.stores.exec("UPDATE enterprises SET status = '" + status + "' WHERE account = '" + builder.account + "'"); err != nil {
				t.Fatal(err)
			}
			// At every door, within a second.
			waitUntil(t, commandWithin, "the token of a "+status+" enterprise is dead", func() bool { return !rp.active(t, token.AccessToken) })
			if code, answer := rp.refreshed(t, token.RefreshToken); code != http.StatusBadRequest || answer["error"] != "invalid_grant" {
				t.Errorf("%s: refresh: %d %v", status, code, answer)
			}
			b.open(s.url("/")).want(http.StatusOK, "login-enterprise")

			other := s.browser(t)
			p := other.open(s.url("/login/enterprise")).signIn(builder.account, "Wrong-password-1").
				want(http.StatusUnprocessableEntity, "login-enterprise")
			if !strings.Contains(p.alert(), "账号或密码") {
				t.Errorf("%s: a wrong password is told %q", status, p.alert())
			}
			p = p.signIn(builder.account, demoPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
			if !strings.Contains(p.alert(), want) || strings.Contains(p.alert(), "账号或密码") {
				t.Errorf("%s: the right password is told %q, want %q", status, p.alert(), want)
			}
			if other.cookie("tongid_session") != "" {
				t.Errorf("%s: there is a session", status)
			}
		}
		b.open(me.url.String()).want(http.StatusOK, "portal-front") // the portal noticed
		if err := s.stores.exec("UPDATE enterprises SET status = 'active' WHERE account = '" + builder.account + "'"); err != nil {
			t.Fatal(err)
		}
		s.browser(t).signInDirectly(builder)
	})
}

// What is missing or overlong is said at its field, and costs no try.
func TestIncompleteSignIn(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	b := s.browser(t)
	login := b.open(s.url("/login/enterprise"))
	for _, tt := range []struct{ field, value string }{
		{"account", ""},
		{"password", ""},
		{"captcha", ""},
		{"captcha", "12"},
		{"captcha", strings.Repeat("9", 5000)},
		{"account", strings.Repeat("9", 5000)},
		{"password", strings.Repeat("x", 5000)},
		{"account", "jl\x00shili01"},
	} {
		p := login.credentials(software.account, demoPassword).set(tt.field, tt.value).send().
			want(http.StatusUnprocessableEntity, "login-enterprise")
		note := p.find(tt.field + "-error")
		if note == nil || textOf(note) == "" || !strings.Contains(p.alert(), textOf(note)) {
			t.Errorf("%s %.20q: said at the field: %v, in the summary: %s", tt.field, tt.value, note, p.alert())
		}
		login = p
	}
	login.signIn(software.account, demoPassword).want(http.StatusOK, "home")
}
