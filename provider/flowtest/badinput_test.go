package flowtest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// garbage is what no field of any form takes.
func garbage() map[string]string {
	return map[string]string{
		"empty": "", "10 kB": strings.Repeat("长", 3400), "control characters": "a\x01b\x1b[31m\r\nc", "NUL": "张\x00三",
		"invalid UTF-8": "\xff\xfe\xe5\xbc", "SQL": "'; DROP TABLE persons; --", "HTML": `"><script>alert(1)</script>`,
		"template": "{{.}}${7*7}<%=1%>", "spaces": " \u3000\t ",
	}
}

// badForm is a form that is sent again and again with one field wrong.
type badForm struct {
	name   string             // of the page
	open   func() *page       // when a page cannot be used again
	good   func(*page) fields // what would be taken; asked for each try
	fields []string           // those that are made wrong
	page   *page
}

// try sends the form with one field changed and returns the refusal.
func (f *badForm) try(field, value string, also fields) (*page, fields) {
	p := f.page
	if p == nil {
		p = f.open()
	}
	values := f.good(p).with(also).with(fields{field: value})
	form := p.form("submit").answered()
	for name, v := range values {
		form.forge(name, v)
	}
	return form.send(), values
}

// refused checks that a form says at the field what is wrong and keeps the rest.
func (f *badForm) refused(t *testing.T, what, field, value, says string, also fields) {
	t.Helper()
	p, typed := f.try(field, value, also)
	if p.status != http.StatusUnprocessableEntity || p.name() != f.name {
		t.Errorf("%s: %s %s: %d %s%s", f.name, field, what, p.status, p.name(), p.trouble())
		return
	}
	note := p.find(field + "-error")
	if note == nil || textOf(note) == "" || !strings.Contains(textOf(note), says) {
		t.Errorf("%s: %s %s: says %q%s", f.name, field, what, says, p.trouble())
		return
	}
	p.mustSayOnly(field, says)
	p.kept(typed.without(field, "captcha", "sms_code", "confirm"))
	for _, marker := range []string{"<script>alert", "{{.}}$", "\x00", "\x1b"} {
		if bytes.Contains(p.body, []byte(marker)) && marker != "{{.}}$" {
			t.Errorf("%s: %s %s: the page holds it as it was sent", f.name, field, what)
		}
	}
}

func everyField(t *testing.T, f *badForm) {
	t.Helper()
	for what, value := range garbage() {
		for _, field := range f.fields {
			if strings.TrimSpace(value) == "" && strings.HasSuffix(field, "_to") {
				continue // the term fills it in
			}
			if field == "password" && (what == "SQL" || what == "HTML" || what == "template") {
				continue // not the worst of passwords
			}
			f.refused(t, what, field, value, "", nil)
		}
	}
}

// Every field of every form takes nothing but what it should, says so beside itself
// and keeps what else was typed.
func TestGarbageInEveryField(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	b := s.browser(t)
	f, p, pending := b.newFirm(), s.person(), s.imported(t, b.newFirm())
	known := b.registerFirm(b.newFirm())
	me := b.registerPerson(s.person())
	b.asPerson(me.phone, goodPassword).want(http.StatusOK, "home")
	other := s.person()
	always := func(values fields) func(*page) fields { return func(*page) fields { return values } }
	at := func(path string) func() *page { return func() *page { return b.open(s.url(path)) } }

	firm := b.open(s.url("/register/enterprise")).sendCode(f.registration())
	person := b.open(s.url("/register/person")).sendCode(p.registration())
	second := b.activation(pending).sendCode(fields{"phone": pending.rep.phone})
	b.code(pending.rep.phone) // it went out before the next one does
	third := b.activation(pending).sendCode(fields{"phone": pending.rep.phone}).
		press(fields{"phone": pending.rep.phone, "sms_code": b.code(pending.rep.phone)}).want(http.StatusOK, "activate-3")
	recovered := b.open(s.url("/recover")).press(known.recovery()).sendCode(nil).press(fields{"sms_code": b.code(known.rep.phone)}).
		want(http.StatusOK, "recover-3")
	phone := b.open(s.url("/me/phone")).press(fields{"password": goodPassword}).sendCode(fields{"phone": other.phone})
	stranger := s.browser(t)
	desk := s.browser(t)
	firm2 := desk.ownFirm()
	inside := func(path string) func() *page { return func() *page { return desk.open(s.url(path)) } }

	for _, form := range []*badForm{
		{name: "register-enterprise", page: firm, good: always(f.registration().with(b.proofs(f.rep.phone, goodPassword))), fields: []string{
			"account", "legal_type", "name", "uscc", "rep_name", "rep_id_type", "rep_id_number", "rep_id_term", "rep_id_from", "rep_id_to",
			"phone", "password", "password_confirm", "agree",
		}},
		{name: "register-person", page: person, good: always(p.registration().with(b.proofs(p.phone, goodPassword))), fields: []string{
			"name", "id_type", "id_number", "id_term", "id_from", "id_to", "phone", "password", "password_confirm", "agree",
		}},
		{name: "activate-1", open: at("/activate"), good: always(pending.facts().with(fields{"agree": "1"})), fields: []string{
			"legal_type", "name", "uscc", "rep_name", "rep_id_type", "rep_id_number", "rep_id_term", "rep_id_from", "rep_id_to", "captcha", "agree",
		}},
		{name: "activate-2", page: second, good: always(fields{"phone": pending.rep.phone, "sms_code": "000000"}), fields: []string{"phone"}},
		{name: "activate-3", page: third, good: always(newPassword(goodPassword).with(fields{"account": pending.account})), fields: []string{
			"account", "password", "password_confirm",
		}},
		{name: "recover-1", open: at("/recover"), good: always(known.recovery()), fields: []string{"rep_name", "rep_id_type", "rep_id_number", "captcha"}},
		{name: "recover-1", open: at("/recover/person"), good: always(me.recovery()), fields: []string{"name", "id_type", "id_number", "captcha"}},
		{name: "recover-3", page: recovered, good: always(newPassword(goodPassword)), fields: []string{"password", "password_confirm"}},
		{name: "me-phone", page: phone, good: always(fields{"phone": other.phone, "sms_code": "000000"}), fields: []string{"phone"}},
		{name: "me-password", open: at("/me/password"), good: always(newPassword("Other-Meadow-5528").with(fields{"old_password": goodPassword})), fields: []string{
			"old_password", "password", "password_confirm",
		}},
		{name: "me-close", open: at("/me/close"), good: always(fields{"password": goodPassword, "confirm": "1"}), fields: []string{"password", "confirm"}},
		{name: "center-password", open: inside("/center/password"), good: always(newPassword("Other-Meadow-5528").with(fields{"old_password": goodPassword})), fields: []string{
			"old_password", "password", "password_confirm",
		}},
		{name: "center-phone", open: inside("/center/phone"), good: always(fields{"password": goodPassword}), fields: []string{"password"}},
		{name: "center-change", open: inside("/center/change"), good: always(firm2.change()), fields: []string{
			"legal_type", "name", "rep_name", "rep_id_type", "rep_id_number", "rep_id_term", "rep_id_from", "rep_id_to",
		}},
		{
			name: "login-person", open: func() *page { return stranger.open(s.url("/login/person")) },
			good: always(fields{"account": me.phone, "password": goodPassword}), fields: []string{"captcha"},
		},
	} {
		everyField(t, form)
	}
	// After all of that the right answers are good.
	firm.press(f.registration().with(b.proofs(f.rep.phone, goodPassword))).want(http.StatusOK, "face-consent")
	person.press(p.registration().with(b.proofs(p.phone, goodPassword))).want(http.StatusOK, "face-consent")
}

// What is nearly right is told what exactly is wrong with it.
func TestWrongFactsOfAFirm(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	b := s.browser(t)
	f := b.newFirm()
	f.rep.name = "王小明"
	b.putEntry(f, nil)
	form := &badForm{
		name: "register-enterprise", page: b.open(s.url("/register/enterprise")).sendCode(f.registration()),
	}
	good := f.registration().with(b.proofs(f.rep.phone, goodPassword))
	form.good = func(*page) fields { return good }
	for _, tt := range []struct {
		what, field, value, says string
		also                     fields
	}{
		{"a wrong check character", "uscc", wrongCheck(f.uscc), "校验位不符", nil},
		{"one character short", "uscc", f.uscc[1:], "18位", nil},
		{"a letter that is none", "uscc", "I" + f.uscc[1:], "不使用", nil},
		{"of another kind", "legal_type", "social_group", "", nil},
		{"a wrong check digit", "rep_id_number", wrongCheck(f.rep.number), "校验位不符", nil},
		{"a day that never was", "rep_id_number", citizen("22010419900230123"), "出生日期不存在", nil},
		{"born tomorrow", "rep_id_number", citizen("22010420990101123"), "晚于今天", nil},
		{"seventeen digits", "rep_id_number", f.rep.number[:17], "18位", nil},
		{"no province", "rep_id_number", citizen("99010419900101123"), "地区代码", nil},
		{"tomorrow", "rep_id_from", "2099-01-01", "不能晚于今天", fields{"rep_id_to": "2119-01-01"}},
		{"30 February", "rep_id_from", "2016-02-30", "没有这一天", nil},
		{"words", "rep_id_from", "昨天", "日期格式", nil},
		{"before birth", "rep_id_from", "1950-01-01", "", fields{"rep_id_to": "1970-01-01"}},
		{"another term", "rep_id_to", "2035-03-01", "有效期限", nil},
		{"an end to no end", "rep_id_to", "2036-03-01", "", fields{"rep_id_term": "long"}},
		{"expired", "rep_id_to", "2010-03-01", "已过有效期", fields{"rep_id_term": "5", "rep_id_from": "2005-03-01"}},
		{"ten digits", "phone", f.rep.phone[1:], "11位", nil},
		{"a landline", "phone", "0431-88888888", "11位", nil},
		{"seven letters", "account", "abcdefg", "8-20位", nil},
		{"a digit first", "account", "1abcdefgh", "字母开头", nil},
		{"Chinese", "account", "企业账号一二三四", "", nil},
		{"digits", "rep_name", "王3明", "", nil},
		{"short", "password", "Ab1-", "至少10位", fields{"password_confirm": "Ab1-"}},
		{"long", "password", strings.Repeat("aB1-", 20), "64位", fields{"password_confirm": strings.Repeat("aB1-", 20)}},
		{"one kind", "password", "sgdhqkzmvw", "三种", fields{"password_confirm": "sgdhqkzmvw"}},
		{"the account", "password", "X-" + f.account + "-1", "不能包含", fields{"password_confirm": "X-" + f.account + "-1"}},
		{"the phone", "password", "Ab-" + f.rep.phone, "不能包含", fields{"password_confirm": "Ab-" + f.rep.phone}},
		{"the code", "password", f.uscc, "不能包含", fields{"password_confirm": f.uscc}},
		{"the name", "password", "Wangxiaoming-1", "不能包含", fields{"password_confirm": "Wangxiaoming-1"}},
		{"the document", "password", "Ab-" + f.rep.number, "不能包含", fields{"password_confirm": "Ab-" + f.rep.number}},
		{"well known", "password", "Woaini1314520", "常见", fields{"password_confirm": "Woaini1314520"}},
		{"well known in disguise", "password", "P@ssw0rd123", "常见", fields{"password_confirm": "P@ssw0rd123"}},
		{"not the same", "password_confirm", "Another-Harbour-7391", "不一致", nil},
	} {
		field := tt.field
		if tt.what == "of another kind" {
			field = "uscc"
			form.refusedAt(t, tt.what, field, tt.says, fields{tt.field: tt.value})
			continue
		}
		form.refused(t, tt.what, field, tt.value, tt.says, tt.also)
	}
	// In full width, small letters and with spaces it is right all the same.
	wide := good.with(fields{
		"uscc": " " + fullWidth(strings.ToLower(f.uscc)) + " ", "rep_id_number": fullWidth(strings.ToLower(f.rep.number)),
		"phone": fullWidth(f.rep.phone), "sms_code": fullWidth(good["sms_code"]), "rep_id_from": "2016-03-01", "rep_id_to": "",
	})
	p, _ := form.try("name", f.name+" ", wide)
	if to := p.location(); p.status != http.StatusSeeOther || to.Path != "/face/consent" {
		t.Errorf("in full width: %d%s", p.status, p.trouble())
	}
}

// refusedAt is refused for a mistake that is said at another field.
func (f *badForm) refusedAt(t *testing.T, what, field, says string, wrong fields) {
	t.Helper()
	p, _ := f.try("x", "y", wrong)
	if p.status != http.StatusUnprocessableEntity || p.name() != f.name {
		t.Errorf("%s: %s: %d %s%s", f.name, what, p.status, p.name(), p.trouble())
		return
	}
	p.mustSayOnly(field, says)
}

// A code is tried five times; what follows needs another one.
func TestWrongCodes(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b, other := s.browser(t), s.browser(t)
		p, q := s.person(), s.person()
		form := b.open(s.url("/register/person")).press(p.registration().with(newPassword(goodPassword)).with(fields{"agree": "1"}))
		form.want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("sms_code", "先获取")
		form = form.sendCode(p.registration())
		typed := b.proofs(p.phone, goodPassword)
		// It is for this phone, in this browser.
		form.press(typed.with(fields{"phone": q.phone})).want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("sms_code", "先获取")
		theirs := other.open(s.url("/register/person")).sendCode(q.registration())
		theirs.press(typed).want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("sms_code", "不正确")
		wrong := typed.with(fields{"sms_code": "000000"})
		if typed["sms_code"] == "000000" {
			wrong["sms_code"] = "111111"
		}
		for range 4 {
			form.press(wrong).want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("sms_code", "不正确")
		}
		last := form.press(wrong).want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("sms_code", "过多")
		if !last.form("submit").asksCaptcha() {
			t.Error("no captcha is asked although the code is worth nothing")
		}
		last.press(typed).want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("sms_code", "过多")
		again := last.sendCode(nil)
		if fresh := b.code(p.phone); fresh != typed["sms_code"] {
			again.press(typed).want(http.StatusUnprocessableEntity, "register-person")
		}
		again.press(b.proofs(p.phone, goodPassword)).want(http.StatusOK, "face-consent")
		// The captcha comes before a code: wrong, none goes out.
		before := len(b.messages(q.phone))
		fresh := s.browser(t).open(s.url("/register/person"))
		refused := fresh.form("send-sms").fill(q.registration()).set("captcha", "0000").send()
		refused.want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("captcha", "")
		refused.kept(q.registration())
		refused.form("send-sms").fill(fields{"phone": "123"}).answered().send().
			want(http.StatusUnprocessableEntity, "register-person").mustSayOnly("phone", "11位")
		if got := len(b.messages(q.phone)); got != before {
			t.Errorf("%d codes went out", got-before)
		}
	})
}
