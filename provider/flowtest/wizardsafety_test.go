package flowtest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// wizardPaths are all addresses of the wizards that take a case.
func wizardPaths() []string {
	return []string{
		"/register/enterprise", "/register/person", "/register/done", "/activate", "/recover", "/recover/person",
		"/face/consent", "/face/check", "/me/phone", "/center/phone", "/center/change",
	}
}

// stoppedAt is a wizard that stands at a step, in the browser it was begun in.
type stoppedAt struct {
	step string // page that it shows
	path string
	id   string // of the case
	data fields // that would take it on, if it were at another step
}

func (p *page) stopped(data fields) stoppedAt {
	p.browser.t.Helper()
	return stoppedAt{p.name(), p.url.Path, p.url.Query().Get("case"), data}
}

// wizardsUnderWay begins one wizard for every step there is.
func wizardsUnderWay(t *testing.T, b *browser) []stoppedAt {
	t.Helper()
	s := b.site
	known := b.registerFirm(b.newFirm())
	me := b.registerPerson(s.person())
	b.asPerson(me.phone, goodPassword).want(http.StatusOK, "home")
	var all []stoppedAt
	add := func(p *page, data fields) *page { all = append(all, p.stopped(data)); return p }

	firm := b.newFirm()
	form := add(b.open(s.url("/register/enterprise")).sendCode(firm.registration()), nil)
	proofs := firm.registration().with(b.proofs(firm.rep.phone, goodPassword))
	all[0].data = proofs
	firm2 := b.newFirm()
	consent := b.open(s.url("/register/enterprise")).sendCode(firm2.registration()).press(b.proofs(firm2.rep.phone, goodPassword))
	add(consent, proofs)
	firm3 := b.newFirm()
	face := b.open(s.url("/register/enterprise")).sendCode(firm3.registration()).press(b.proofs(firm3.rep.phone, goodPassword)).agreeToFace()
	add(face, proofs)
	person := s.person()
	add(b.open(s.url("/register/person")).sendCode(person.registration()), person.registration().with(b.proofs(person.phone, goodPassword)))

	pending, pending2 := s.imported(t, b.newFirm()), s.imported(t, b.newFirm())
	add(b.activation(pending).sendCode(fields{"phone": pending.rep.phone}), fields{"phone": pending.rep.phone, "sms_code": b.code(pending.rep.phone)})
	sent := b.activation(pending2).sendCode(fields{"phone": pending2.rep.phone})
	third := sent.press(fields{"phone": pending2.rep.phone, "sms_code": b.code(pending2.rep.phone)}).want(http.StatusOK, "activate-3")
	add(third, newPassword(goodPassword).with(fields{"account": pending2.account}))

	add(b.open(s.url("/recover")).press(known.recovery()).sendCode(nil), fields{"sms_code": b.code(known.rep.phone)})
	proved := b.open(s.url("/recover")).press(known.recovery()).sendCode(nil)
	add(proved.press(fields{"sms_code": b.code(known.rep.phone)}).want(http.StatusOK, "recover-3"), newPassword("Third-Island-9164"))
	add(b.open(s.url("/recover/person")).press(me.recovery()).sendCode(nil), fields{"sms_code": b.code(me.phone)})

	other := s.person()
	phone := b.open(s.url("/me/phone")).press(fields{"password": goodPassword}).sendCode(fields{"phone": other.phone})
	add(phone, fields{"phone": other.phone, "sms_code": b.code(other.phone)})
	form.want(http.StatusOK, "register-enterprise")
	return all
}

// stillThere checks that every wizard stands where it stood.
func stillThere(t *testing.T, b *browser, all []stoppedAt, after string) {
	t.Helper()
	for _, c := range all {
		if p := b.open(b.site.url(c.path + "?case=" + c.id)); p.name() != c.step || p.status != http.StatusOK {
			t.Errorf("after %s: the case at %s of %s is at %d %s", after, c.step, c.path, p.status, p.name())
		}
	}
}

// A step typed by hand, a case of another browser, another wizard or of nobody, a
// form of nothing: none of it moves a wizard or shows one.
func TestWizardsCannotBeSkipped(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		b, stranger := s.browser(t), s.browser(t)
		all := wizardsUnderWay(t, b)
		stranger.asPerson(stranger.registerPerson(s.person()).phone, goodPassword).want(http.StatusOK, "home")
		later := []string{"recover-3", "activate-3", "register-done", "face", "face-consent", "activate-2", "recover-2"}
		for _, path := range wizardPaths() {
			for _, id := range []string{"", "forged", strings.Repeat("A", 26), "../x", strings.Repeat("A", 4000)} {
				p := stranger.open(s.url(path + "?" + url.Values{"case": {id}}.Encode()))
				if slices.Contains(later, p.name()) {
					t.Errorf("%s with case %.30q shows %s", path, id, p.name())
				}
			}
			for _, c := range all {
				if p := stranger.open(s.url(path + "?case=" + c.id)); slices.Contains(later, p.name()) {
					t.Errorf("another browser's case at %s shows %s at %s", c.step, p.name(), path)
				}
				p := b.open(s.url(path + "?case=" + c.id))
				if slices.Contains(later, p.name()) && p.name() != c.step {
					t.Errorf("the case at %s shows %s at %s", c.step, p.name(), path)
				}
			}
		}
		stillThere(t, b, all, "reading")
		crossed(t, b, stranger, all)
	})
}

// crossed posts every case to every path: empty, with another case's answers, and
// with its own from another browser.
func crossed(t *testing.T, b, stranger *browser, all []stoppedAt) {
	t.Helper()
	mine, theirs := b.handmade(), stranger.handmade()
	for _, path := range wizardPaths() {
		if path == "/register/done" {
			continue
		}
		for i, c := range all {
			mine.post(path, c.id, nil)
			// The answers of some other step, in the browser that may.
			mine.post(path, c.id, foreignData(all, i))
			if path == c.path {
				theirs.post(path, c.id, c.data)
			}
		}
		for _, id := range []string{"", "forged", strings.Repeat("A", 26)} {
			theirs.post(path, id, nil)
			theirs.post(path, id, fields{"action": "send-sms"})
			theirs.post(path, id, fields{"action": "again"})
		}
	}
	stillThere(t, b, all, "posting")
}

// foreignData are answers of another step than the one of all[i], with nothing in
// them that its own form would take.
func foreignData(all []stoppedAt, i int) fields {
	for _, c := range all {
		if c.step == all[i].step {
			continue
		}
		fits := false
		for name := range c.data {
			_, has := all[i].data[name]
			fits = fits || has
		}
		if !fits {
			return c.data
		}
	}
	return fields{"face_consent": "", "x": "y"}
}

// handmade are the means of a browser to send forms that no page showed.
type handmade struct {
	*browser
	from    *page
	outside string // token of forms that anybody may send
	inside  string // of those of who is signed in
}

func (b *browser) handmade() *handmade {
	b.t.Helper()
	from := b.open(b.site.url("/recover"))
	return &handmade{
		b, from, from.form("submit").values.Get("csrf"), b.open(b.site.url("/me/password")).form("submit").values.Get("csrf"),
	}
}

// post sends a form that no page showed, with the browser's own token.
func (h *handmade) post(path, id string, values fields) *page {
	h.t.Helper()
	form := url.Values{"csrf": {h.outside}}
	if strings.HasPrefix(path, "/me/") {
		form.Set("csrf", h.inside)
	}
	if id != "" {
		form.Set("case", id)
	}
	for name, value := range values {
		form.Set(name, value)
	}
	return h.send(request{
		method: http.MethodPost, url: h.parse(h.site.url(path)), from: h.from,
		body: form.Encode(), kind: "application/x-www-form-urlencoded",
	})
}

// A passed face counts for the case that it was begun for, once, and in its order.
func TestFaceCountsForItsCase(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		begin := func() (firm, *page) {
			f := b.newFirm()
			return f, b.open(s.url("/register/enterprise")).sendCode(f.registration()).press(b.proofs(f.rep.phone, goodPassword)).agreeToFace()
		}
		_, first := begin()
		f, second := begin()
		b.face(first.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
		second.press(nil).want(http.StatusUnprocessableEntity, "face")
		forged := second.form("submit").forge("ticket", first.data("data-ticket")).forge("data-ticket", first.data("data-ticket"))
		forged.send().want(http.StatusUnprocessableEntity, "face")
		b.asFirm(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
		first.press(nil).want(http.StatusOK, "register-done")
		// What comes after is late, and changes nothing.
		for _, result := range []string{"pass", "fail", "cancel"} {
			if p := b.face(first.data("data-ticket"), result); p.status != http.StatusConflict && p.status != http.StatusNotFound && p.status != http.StatusNoContent {
				t.Errorf("late %s: %d", result, p.status)
			}
		}
		b.open(first.url.String()).want(http.StatusOK, "register-done")
		// Twice the same is the same.
		ticket := second.data("data-ticket")
		b.face(ticket, "pass").wantStatus(http.StatusNoContent)
		b.face(ticket, "pass")
		second.press(nil).want(http.StatusOK, "register-done")
		// A new code takes the place of the old one, whose result is nothing then.
		_, third := begin()
		renewed := third.form("submit").forge("action", "again").submit().want(http.StatusOK, "face")
		b.face(third.data("data-ticket"), "pass")
		renewed.press(nil).want(http.StatusUnprocessableEntity, "face")
		b.face(renewed.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
		renewed.press(nil).want(http.StatusOK, "register-done")
	})
}

// The phone's page says what is approved, and takes one number only.
func TestPhonePage(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		desk, phone := s.browser(t), s.browser(t)
		f := desk.newFirm()
		page := desk.open(s.url("/register/enterprise")).sendCode(f.registration()).press(desk.proofs(f.rep.phone, goodPassword)).agreeToFace()
		open := func() *phonePage {
			p := phone.open(s.url("/face/phone/"+page.data("data-ticket"))).want(http.StatusOK, "face-phone")
			page.wantState("opened")
			return &phonePage{p, page.data("data-match")}
		}
		shown := open()
		text := shown.text()
		for _, want := range []string{f.name, "注册", "Chrome", "127.0.0."} {
			if !strings.Contains(text, want) {
				t.Errorf("the phone does not say %q: %s", want, text)
			}
		}
		if strings.Contains(text, f.rep.name) || strings.Contains(text, f.rep.number) || strings.Contains(text, f.rep.phone) {
			t.Errorf("the phone names the person: %s", text)
		}
		numbers := shown.numbers()
		if len(numbers) != 3 || !slices.Contains(numbers, shown.match) {
			t.Fatalf("numbers %v, want three with %s", numbers, shown.match)
		}
		// A wrong number ends the check, on both screens.
		wrong := slices.DeleteFunc(slices.Clone(numbers), func(n string) bool { return n == shown.match })[0]
		shown.choose("match", wrong).want(http.StatusUnprocessableEntity, "face-phone-done")
		shown.choose("match", shown.match).want(http.StatusOK, "face-phone-done") // too late
		desk.face(page.data("data-ticket"), "pass").wantStatus(http.StatusConflict)
		page = page.press(nil).want(http.StatusUnprocessableEntity, "face").press(nil).want(http.StatusOK, "face")
		// "It was not me" as well.
		open().choose("action", "refuse").want(http.StatusOK, "face-phone-done")
		page = page.press(nil).want(http.StatusUnprocessableEntity, "face").press(nil).want(http.StatusOK, "face")
		// The right one leads to the provider's page, and back.
		shown = open()
		provider := shown.choose("match", shown.match).want(http.StatusOK, "simulator-face")
		again := shown.choose("match", shown.match).want(http.StatusOK, "simulator-face") // pressed twice
		if again.url.Path != provider.url.Path {
			t.Errorf("pressed twice it leads to %s and %s", provider.url.Path, again.url.Path)
		}
		passed := provider.form("submit").submit().want(http.StatusOK, "simulator-face")
		passed.click("next").want(http.StatusOK, "face-phone-done")
		page.wantState("passed")
		page.press(nil).want(http.StatusOK, "register-done")
		phone.open(s.url("/face/phone/nobody-knows")).want(http.StatusOK, "face-phone-done")
		shown.choose("match", shown.match)
	})
}

// phonePage is the phone's page and the number that the desktop shows.
type phonePage struct {
	*page
	match string
}

func (p *phonePage) numbers() []string {
	var all []string
	for _, n := range p.all(isButtonNamed("match")) {
		all = append(all, attr(n, "value"))
	}
	return all
}

// choose presses the button with that name and value.
func (p *phonePage) choose(name, value string) *page {
	p.browser.t.Helper()
	for _, n := range p.all(isButtonNamed(name)) {
		if attr(n, "value") == value {
			return p.formOf(n).submit()
		}
	}
	p.browser.t.Fatalf("%s has no button %s=%s", p.name(), name, value)
	return nil
}

// What waited too long has expired, and says so.
func TestWizardsExpire(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}, func(t *testing.T, s *site) {
		b, phone := s.browser(t), s.browser(t)
		f := b.newFirm()
		p := s.person()
		code := b.open(s.url("/register/person")).sendCode(p.registration())
		typed := b.proofs(p.phone, goodPassword)
		face := b.open(s.url("/register/enterprise")).sendCode(f.registration()).press(b.proofs(f.rep.phone, goodPassword)).agreeToFace()
		ticket := face.data("data-ticket")
		s.forward(t, minutesOf(6))
		late := code.press(typed).want(http.StatusUnprocessableEntity, "register-person")
		late.mustSayOnly("sms_code", "过期")
		late.kept(p.registration())
		if !late.form("submit").asksCaptcha() {
			t.Error("no captcha is asked although no code lives")
		}
		late.sendCode(fields{}).press(b.proofs(p.phone, goodPassword)).want(http.StatusOK, "face-consent")

		b.face(ticket, "pass").wantStatus(http.StatusNotFound)
		phone.open(s.url("/face/phone/"+ticket)).want(http.StatusOK, "face-phone-done")
		face.press(nil).want(http.StatusUnprocessableEntity, "face")
		again := b.open(face.url.String()).want(http.StatusOK, "face")
		if again.has("data-ticket") {
			t.Error("an expired check still shows its code")
		}
		again.press(nil).want(http.StatusOK, "face")
		s.forward(t, minutesOf(40))
		for _, path := range []string{"/register/enterprise", "/register/person"} {
			b.open(s.url(path+"?case="+face.url.Query().Get("case"))).want(http.StatusOK, strings.ReplaceAll(path[1:], "/", "-"))
		}
		face.form("submit").send().wantProblem(http.StatusGone, "case_expired")
		code.form("submit").fill(typed).send().want(http.StatusUnprocessableEntity, "register-person")
		b.asFirm(f.account, goodPassword).want(http.StatusUnprocessableEntity, "login-enterprise")
	})
}

// together sends forms at the same moment.
func together(forms ...*form) []*page {
	answers := make([]*page, len(forms))
	var ready, done sync.WaitGroup
	ready.Add(len(forms))
	for i, f := range forms {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			answers[i] = f.send()
		})
	}
	done.Wait()
	return answers
}

// many is a form so often.
func many(f *form, n int) []*form {
	all := make([]*form, n)
	for i := range all {
		copied := *f
		copied.values = maps.Clone(f.values)
		all[i] = &copied
	}
	return all
}

// Of two that register one firm one wins and the other is told.
func TestOneFirmRegisteredTwiceAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		one, two := s.browser(t), s.browser(t)
		f := one.newFirm()
		g := f
		g.account = f.account + "_b"
		var last []*form
		for _, who := range []struct {
			b *browser
			f firm
		}{{one, f}, {two, g}} {
			page := who.b.open(s.url("/register/enterprise")).sendCode(who.f.registration()).
				press(who.b.proofs(f.rep.phone, goodPassword)).agreeToFace()
			who.b.face(page.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
			last = append(last, page.form("submit"))
		}
		won := 0
		for _, p := range together(last...) {
			if p.status == http.StatusSeeOther {
				won++
				continue
			}
			p.want(http.StatusUnprocessableEntity, "face")
			if len(p.all(isLinkTo("/recover"))) == 0 {
				t.Errorf("the other is told %q", p.alert())
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
		in := 0
		for _, account := range []string{f.account, g.account} {
			if s.browser(t).asFirm(account, goodPassword).name() == "home" {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d accounts were opened", in)
		}
	})
}

// Twenty final submits at once are one.
func TestManyFinalSubmits(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f, p := b.newFirm(), s.person()
		page := b.open(s.url("/register/enterprise")).sendCode(f.registration()).press(b.proofs(f.rep.phone, goodPassword)).agreeToFace()
		b.face(page.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
		s.allGo(t, b, page.form("submit"), f.rep.phone, "/register/done")

		page = b.open(s.url("/register/person")).sendCode(p.registration()).press(b.proofs(p.phone, goodPassword)).agreeToFace()
		b.face(page.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
		s.allGo(t, b, page.form("submit"), p.phone, "/register/done")

		page = b.open(s.url("/recover")).press(f.recovery()).sendCode(nil).press(fields{"sms_code": b.code(f.rep.phone)})
		s.allGo(t, b, page.form("submit").fill(newPassword("Other-Meadow-5528")), f.rep.phone, "/recover")
		b.asFirm(f.account, "Other-Meadow-5528").want(http.StatusOK, "home")

		g := s.imported(t, b.newFirm())
		page = b.activation(g).sendCode(fields{"phone": g.rep.phone}).press(fields{"phone": g.rep.phone, "sms_code": b.code(g.rep.phone)})
		s.allGo(t, b, page.form("submit").fill(newPassword(goodPassword).with(fields{"account": g.account})), g.rep.phone, "/activate")
	})
}

// allGo sends a last form twenty times: all lead to the end, one notice goes out.
func (s *site) allGo(t *testing.T, b *browser, last *form, phone, path string) {
	t.Helper()
	before := len(b.messages(phone))
	for _, p := range together(many(last, 20)...) {
		// While the first is at it, to where the case still stands.
		if to := p.location(); p.status != http.StatusSeeOther || to == nil || to.Path != path && to.Path != last.action.Path {
			t.Errorf("%s: %d to %v%s", last.action.Path, p.status, to, p.trouble())
		}
	}
	b.notice(phone, before)
	if got := len(b.messages(phone)) - before; got != 1 {
		t.Errorf("%s: %d notices", path, got)
	}
	b.open(last.page.url.String()).want(http.StatusOK, map[string]string{
		"/register/done": "register-done", "/recover": "recover-done", "/activate": "activate-4",
	}[path])
	if to := last.send().location(); to == nil || to.Path != path {
		t.Errorf("%s once more leads to %v", last.action.Path, to)
	}
}

// A phone serves one person, also when two of them come at the same time.
func TestTwoPersonsOnePhone(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		var last []*form
		p, q := s.person(), s.person()
		q.phone = p.phone
		for _, who := range []human{p, q} {
			b := s.browser(t)
			page := b.open(s.url("/register/person")).sendCode(who.registration()).press(b.proofs(who.phone, goodPassword)).agreeToFace()
			b.face(page.data("data-ticket"), "pass").wantStatus(http.StatusNoContent)
			last = append(last, page.form("submit"))
		}
		last[0].submit().want(http.StatusOK, "register-done")
		last[1].submit().want(http.StatusUnprocessableEntity, "face")
		s.browser(t).asPerson(q.number, goodPassword).want(http.StatusUnprocessableEntity, "login-person")
	})
}
