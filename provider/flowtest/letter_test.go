package flowtest

import (
	"bytes"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// 授权书: printed by the enterprise, by the agent, and verified by anybody.
func TestLetterOfAuthorisation(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b, agent, anybody := s.browser(t), s.browser(t), s.browser(t)
		f := b.registerFirm(b.newFirm())
		b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
		p := agent.registerPerson(s.person())
		one := b.grants(p)
		id := one.mandateID()
		printed := one.click("print-letter").want(http.StatusOK, "letter")
		code := textOf(printed.must("code"))
		for _, word := range []string{f.name, f.uscc, p.name, "2026年1月1日", "2035年12月31日", s.issuer + "/verify"} {
			if !strings.Contains(printed.text(), word) {
				t.Errorf("the letter does not say %s", word)
			}
		}
		if body := string(printed.body); strings.Contains(body, p.number) || strings.Contains(body, p.phone) {
			t.Error("the letter shows a number in full")
		}
		picture := b.get(s.url("/center/agents/" + id + "/letter/qr?code=" + code))
		if image, err := png.Decode(bytes.NewReader(picture.body)); err != nil || image.Bounds().Dx() < 100 {
			t.Errorf("the QR code is no picture: %v", err)
		}
		if got := b.get(s.url("/center/agents/" + id + "/letter/qr?code=0000")).status; got != http.StatusNotFound {
			t.Errorf("a made-up code is drawn: %d", got)
		}

		form := anybody.open(s.url("/verify")).want(http.StatusOK, "verify")
		wantLetter := func(what string, shown *page, force, changed string) {
			t.Helper()
			shown.want(http.StatusOK, "verify")
			l := shown.must("letter")
			if attr(l, "data-force") != force || attr(l, "data-changed") != changed {
				t.Errorf("%s: in force %s, changed %s", what, attr(l, "data-force"), attr(l, "data-changed"))
			}
			if body := string(shown.body); strings.Contains(body, p.name) || strings.Contains(body, p.number) || strings.Contains(body, p.phone) {
				t.Errorf("%s: the person is shown in full", what)
			}
		}
		wantLetter("as printed", form.press(fields{"code": code}), "true", "false")
		wantLetter("typed", form.press(fields{"code": strings.ToLower(strings.ReplaceAll(code, "-", " "))}), "true", "false")
		wantLetter("opened", anybody.open(s.url("/verify?code="+url.QueryEscape(code))), "true", "false")
		form.press(fields{"code": ""}).want(http.StatusUnprocessableEntity, "verify").mustSayOnly("code", "请")
		form.press(fields{"code": code[1:]}).want(http.StatusUnprocessableEntity, "verify").mustSayOnly("code", "有误")
		form.press(fields{"code": "0000-0000-0000-0000-0000-0000-0000-0000"}).want(http.StatusUnprocessableEntity, "verify").mustSayOnly("code", "没有查到")
		form.press(fields{"code": "eyJhbGciOiJub25lIn0.e30."}).want(http.StatusUnprocessableEntity, "verify").mustSayOnly("code", "没有查到")

		// The agent prints the same for himself.
		agent.asPerson(p.phone, goodPassword).want(http.StatusOK, "home")
		agent.open(s.url("/choose")).want(http.StatusOK, "choose").press(fields{"mandate": id}).want(http.StatusOK, "agent-account")
		own := agent.open(s.url("/agent/account")).click("print-letter").want(http.StatusOK, "letter")
		wantLetter("the agent's own", form.press(fields{"code": textOf(own.must("code"))}), "true", "false")

		// Another enterprise has no letter about it.
		stranger := s.browser(t)
		stranger.ownFirm()
		stranger.open(s.url("/center/agents/"+id+"/letter")).wantProblem(http.StatusNotFound, "not_found")
		stranger.open(s.url("/center/agents/"+id+"/letter/qr?code="+code)).wantProblem(http.StatusNotFound, "not_found")

		// What changes is told by the letter that was printed before.
		terms := b.open(s.url("/center/agents/" + id))
		terms.formOf(terms.button("save")).set("valid_until", "2034-12-31").submit().want(http.StatusOK, "center-agents")
		wantLetter("after a change", form.press(fields{"code": code}), "true", "true")
		terms = b.open(s.url("/center/agents/" + id))
		terms.formOf(terms.button("suspend")).submit().want(http.StatusOK, "center-agents")
		wantLetter("suspended", form.press(fields{"code": code}), "false", "true")
		b.open(s.url("/center/agents/"+id+"/letter")).want(http.StatusOK, "center-agents")
	})
}
