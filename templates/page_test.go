package templates

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// doc is a parsed page.
type doc struct {
	root *html.Node
}

func parsed(t testing.TB, body []byte) doc {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc{root}
}

// all lists the elements that match.
func (d doc) all(match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

func (d doc) tags(names ...string) []*html.Node {
	return d.all(func(n *html.Node) bool { return slices.Contains(names, n.Data) })
}

func (d doc) byID(id string) []*html.Node {
	return d.all(func(n *html.Node) bool { return attr(n, "id") == id })
}

func attr(n *html.Node, name string) string {
	value, _ := lookup(n, name)
	return value
}

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// eachPage runs a test for every sample in every language.
func eachPage(t *testing.T, test func(t *testing.T, s sample, d doc)) {
	t.Helper()
	all, err := everyPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		t.Run(p.lang+"/"+p.label, func(t *testing.T) { test(t, p.sample, p.doc) })
	}
}

type parsedPage struct {
	sample

	lang string
	doc  doc
}

// everyPage renders all samples once for all tests, which only read.
var everyPage = sync.OnceValues(func() ([]parsedPage, error) {
	r, err := New(DemoBrand())
	if err != nil {
		return nil, err
	}
	var all []parsedPage
	for _, lang := range Languages() {
		for _, s := range pages() {
			v := View{Lang: lang, Simulated: true, Messages: true, Proving: true, SignedInAs: "somebody", Path: "/x?y=1", CSRF: "csrf-token", Trace: "trace-id"}
			var out bytes.Buffer
			if err := r.Render(&out, v, s.page); err != nil {
				return nil, err
			}
			root, err := html.Parse(&out)
			if err != nil {
				return nil, err
			}
			all = append(all, parsedPage{s, lang, doc{root}})
		}
	}
	return all, nil
})

func TestSamplesAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range pages() {
		if seen[s.label] {
			t.Errorf("two samples named %q", s.label)
		}
		seen[s.label] = true
	}
}

func TestOneMainWithThePagesName(t *testing.T) {
	eachPage(t, func(t *testing.T, s sample, d doc) {
		mains := d.tags("main")
		if len(mains) != 1 {
			t.Fatalf("%d main elements", len(mains))
		}
		if got, want := attr(mains[0], "id"), "page-"+s.page.name(); got != want {
			t.Errorf("main id %q, want %q", got, want)
		}
		if len(d.tags("h1")) != 1 {
			t.Errorf("%d h1 elements", len(d.tags("h1")))
		}
		if title := textOf(d.tags("title")[0]); strings.HasPrefix(title, "-") {
			t.Errorf("title %q", title)
		}
	})
}

func TestNothingInline(t *testing.T) {
	eachPage(t, func(t *testing.T, _ sample, d doc) {
		for _, n := range d.tags("style") {
			t.Errorf("inline style %q", textOf(n))
		}
		for _, n := range d.tags("script") {
			if !strings.HasPrefix(attr(n, "src"), StaticPath) || n.FirstChild != nil {
				t.Errorf("script that is not a file of ours: src=%q", attr(n, "src"))
			}
		}
		for _, n := range d.all(func(*html.Node) bool { return true }) {
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
				}
			}
		}
	})
}

func TestEveryInputIsLabelled(t *testing.T) {
	eachPage(t, func(t *testing.T, _ sample, d doc) {
		labelled := map[string]bool{}
		for _, n := range d.tags("label") {
			if textOf(n) == "" {
				t.Error("an empty label")
			}
			labelled[attr(n, "for")] = true
		}
		for _, n := range d.tags("input", "select", "textarea") {
			if kind := attr(n, "type"); kind == "hidden" || kind == "submit" {
				continue
			}
			if !labelled[attr(n, "id")] {
				t.Errorf("%s %q has no label", n.Data, attr(n, "name"))
			}
		}
		for _, n := range d.tags("button", "a", "summary") {
			if textOf(n) == "" && attr(n, "aria-label") == "" {
				t.Errorf("%s without a name: %v", n.Data, n.Attr)
			}
		}
		for _, n := range d.tags("img") {
			if _, ok := lookup(n, "alt"); !ok {
				t.Errorf("img %s without alt", attr(n, "src"))
			}
		}
	})
}

func TestIDsAreUniqueAndReferencesLead(t *testing.T) {
	eachPage(t, func(t *testing.T, _ sample, d doc) {
		seen := map[string]bool{}
		for _, n := range d.all(func(n *html.Node) bool { _, ok := lookup(n, "id"); return ok }) {
			id := attr(n, "id")
			if id == "" || seen[id] {
				t.Errorf("id %q is empty or there twice", id)
			}
			seen[id] = true
		}
		for _, n := range d.all(func(*html.Node) bool { return true }) {
			var ids []string
			for _, name := range []string{"aria-describedby", "aria-labelledby", "for", "data-from", "data-to"} {
				ids = append(ids, strings.Fields(attr(n, name))...)
			}
			if fragment, ok := strings.CutPrefix(attr(n, "href"), "#"); ok {
				ids = append(ids, fragment)
			}
			for _, id := range ids {
				if !seen[id] {
					t.Errorf("<%s> refers to %q, which is not there", n.Data, id)
				}
			}
		}
	})
}

// Pages with buttons of their own name (contract: consent, logout) and pages
// without a form, or with only rows of them, are listed.
func TestMainButtonIsSubmit(t *testing.T) {
	other := map[string]string{"consent": "consent-allow", "logout": "logout-yes"}
	for _, without := range []string{
		"home", "logged-out", "error", "agreement", "register-done", "recover-done", "activate-4", "face-phone-done",
		"face-phone", // its three numbers are equal
		"me-account", "me-portals", "agent-account", "agent-enterprise", "invite", "letter", "appeal",
		"center-enterprise", "center-representative", "center-extension", "center-portals",
	} {
		other[without] = ""
	}
	eachPage(t, func(t *testing.T, s sample, d doc) {
		want := "submit"
		if id, ok := other[s.page.name()]; ok {
			want = id
		}
		if slices.Contains([]string{"center-agents", "center-agents-none", "agent-agents", "agent-phone-own", "center-import-over", "me-mandate-left"}, s.label) {
			want = "" // which share their names with forms
		}
		if want == "" {
			if n := len(d.byID("submit")); n != 0 {
				t.Errorf("%d #submit on a page without a form", n)
			}
			return
		}
		buttons := d.byID(want)
		if len(buttons) != 1 || buttons[0].Data != "button" || attr(buttons[0], "type") != "submit" {
			t.Fatalf("#%s: %d elements", want, len(buttons))
		}
	})
}

// What Enter presses is the first submit button of a form: it must do the same
// as the main one, which has no name, or be it.
func TestEnterPressesTheMainButton(t *testing.T) {
	eachPage(t, func(t *testing.T, _ sample, d doc) {
		for _, f := range d.tags("form") {
			form := doc{f}
			typed := form.all(func(n *html.Node) bool {
				return n.Data == "input" && attr(n, "type") != "hidden" || n.Data == "select"
			})
			buttons := form.all(func(n *html.Node) bool { return n.Data == "button" && attr(n, "type") == "submit" })
			if len(buttons) == 0 {
				t.Errorf("form %s has no button", attr(f, "action"))
				continue
			}
			if len(typed) > 0 && attr(buttons[0], "name") != "" {
				t.Errorf("form %s: Enter presses %s=%s", attr(f, "action"), attr(buttons[0], "name"), attr(buttons[0], "value"))
			}
			for _, b := range buttons {
				if name := attr(b, "name"); !slices.Contains([]string{"", "action", "match", "result"}, name) {
					t.Errorf("button named %q", name)
				}
			}
		}
	})
}

func TestFormsCarryTheToken(t *testing.T) {
	eachPage(t, func(t *testing.T, s sample, d doc) {
		for _, f := range d.tags("form") {
			tokens := doc{f}.all(func(n *html.Node) bool { return attr(n, "name") == "csrf" })
			switch {
			case s.page.name() == "form-post":
				if len(tokens) != 0 {
					t.Error("our token is sent to a client")
				}
			case attr(f, "method") == "post":
				if len(tokens) != 1 || attr(tokens[0], "value") != "csrf-token" {
					t.Errorf("form %s carries %d tokens", attr(f, "action"), len(tokens))
				}
				if attr(f, "action") == "" {
					t.Error("form without an address")
				}
			default:
				if len(tokens) != 0 {
					t.Errorf("form %s puts the token into an address", attr(f, "action"))
				}
			}
		}
	})
}

func TestFormsCarryFlowAndCase(t *testing.T) {
	eachPage(t, func(t *testing.T, s sample, d doc) {
		for name, want := range map[string]string{"flow": formOf(s.page).Flow, "case": formOf(s.page).Case} {
			for _, f := range d.tags("form") {
				if want == "" || attr(f, "method") != "post" {
					continue
				}
				carried := doc{f}.all(func(n *html.Node) bool { return attr(n, "name") == name })
				if len(carried) != 1 || attr(carried[0], "value") != want {
					t.Errorf("form %s carries %s %d times", attr(f, "action"), name, len(carried))
				}
			}
		}
	})
}

func TestRefusedFieldsSaySo(t *testing.T) {
	eachPage(t, func(t *testing.T, s sample, d doc) {
		refusals := formOf(s.page).Refusals
		alerts := d.all(func(n *html.Node) bool { return attr(n, "role") == "alert" })
		if len(refusals) == 0 && formOf(s.page).WaitSeconds == 0 {
			if len(alerts) != 0 {
				t.Error("an alert although nothing was refused")
			}
			return
		}
		if len(alerts) != 1 {
			t.Fatalf("%d alerts", len(alerts))
		}
		for _, r := range refusals {
			if r.Field == "" {
				continue
			}
			notes := d.byID(r.Field + "-error")
			if len(notes) != 1 || textOf(notes[0]) == "" {
				t.Errorf("field %s: %d notes", r.Field, len(notes))
				continue
			}
			if !strings.Contains(textOf(alerts[0]), textOf(notes[0])) {
				t.Errorf("the summary does not say %q", textOf(notes[0]))
			}
			described := d.all(func(n *html.Node) bool {
				return slices.Contains(strings.Fields(attr(n, "aria-describedby")), r.Field+"-error")
			})
			if len(described) != 1 {
				t.Errorf("field %s: described %d times", r.Field, len(described))
			} else if n := described[0]; n.Data != "fieldset" && attr(n, "aria-invalid") != "true" {
				t.Errorf("field %s is not marked as wrong", r.Field)
			}
		}
	})
}

func TestPageFrame(t *testing.T) {
	eachPage(t, func(t *testing.T, s sample, d doc) {
		root := d.tags("html")[0]
		if lang := attr(root, "lang"); !slices.Contains(Languages(), lang) {
			t.Errorf("lang %q", lang)
		}
		if first := d.tags("a")[0]; attr(first, "href") != "#page-"+s.page.name() {
			t.Errorf("the first link is no skip link: %v", first.Attr)
		}
		if !strings.Contains(textOf(root), Say(attr(root, "lang"), "simulated.title")) {
			t.Error("does not say that it is a simulation")
		}
		for _, n := range d.all(func(*html.Node) bool { return true }) {
			for _, a := range n.Attr {
				if strings.Contains(a.Val, "ZgotmplZ") {
					t.Errorf("<%s %s>: an address was refused", n.Data, a.Key)
				}
			}
		}
	})
}

func TestPasswordsAreNeverKept(t *testing.T) {
	eachPage(t, func(t *testing.T, _ sample, d doc) {
		for _, n := range d.tags("input") {
			if _, ok := lookup(n, "value"); ok && attr(n, "type") == "password" {
				t.Errorf("password field %s with a value", attr(n, "name"))
			}
		}
	})
}

func TestProblemPageNamesCodeAndTrace(t *testing.T) {
	r := newRenderer(t, Brand{})
	for _, code := range append(ProblemCodes(), "something_new") {
		d := parsed(t, rendered(t, r, View{Lang: Chinese, Trace: "abc"}, Problem{Code: code}))
		main := d.tags("main")[0]
		if attr(main, "id") != "page-error" || attr(main, "data-error") != code || attr(main, "data-trace") != "abc" {
			t.Errorf("%s: main %v", code, main.Attr)
		}
	}
}

func TestWaitIsTrueWithoutScript(t *testing.T) {
	r := newRenderer(t, Brand{})
	for seconds, want := range map[int]string{7: "请在 7 秒 后再试。", 60: "请在 1 分钟 后再试。", 83: "请在 1 分 23 秒 后再试。"} {
		d := parsed(t, rendered(t, r, View{Lang: Chinese}, LoginEnterprise{Login: Login{Form: Form{WaitSeconds: seconds}}}))
		wait := d.all(func(n *html.Node) bool { return attr(n, "data-wait") != "" })
		if len(wait) != 1 || textOf(wait[0]) != want {
			t.Errorf("%d s: %d notices, want %q", seconds, len(wait), want)
		}
	}
}

// The manual's words stay as they are.
func TestManualWording(t *testing.T) {
	r := newRenderer(t, Brand{})
	var whole Page
	for _, s := range loginSamples() {
		if s.label == "login-whole" {
			whole = s.page
		}
	}
	body := rendered(t, r, View{Lang: Chinese}, whole)
	text := textOf(parsed(t, body).root)
	for _, want := range []string{
		"个人登录", "法人登录", "经办人登录", "扫码登录在这里", "账号申诉", "忘记密码?", "账号激活", "登录",
		"没有账号? 立即注册", "国家政务服务平台账号登录", "电子营业执照登录", "经办人账号登录", "换一张", "账号/统一社会信用代码",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, want := range []string{"请输入账号/统一社会信用代码", "请输入密码", "请输入验证码"} {
		if !bytes.Contains(body, []byte(`placeholder="`+want+`"`)) {
			t.Errorf("no placeholder %q", want)
		}
	}
}

func TestWhatDoesNotExistIsNotShown(t *testing.T) {
	r := newRenderer(t, Brand{})
	page := LoginEnterprise{Login: Login{Doors: []Door{{Key: "enterprise", URL: "/login/enterprise", Current: true}}, Captcha: Captcha{Off: true}}}
	d := parsed(t, rendered(t, r, View{Lang: Chinese}, page))
	if n := len((doc{d.tags("main")[0]}).tags("a")); n != 1 {
		t.Errorf("%d links, want the one door", n)
	}
	if len(d.byID("captcha")) != 0 {
		t.Error("a captcha is asked although it is off")
	}
	if len(d.tags("footer")) != 0 {
		t.Error("an unset brand has a footer")
	}
	if len(d.tags("aside")) != 0 {
		t.Error("says simulation where there is none")
	}
}

func TestPreferencesComeBack(t *testing.T) {
	r := newRenderer(t, Brand{})
	v := View{Lang: English, LargeText: true, Path: "/login/enterprise?flow=a&x=1"}
	d := parsed(t, rendered(t, r, v, LoginEnterprise{}))
	var links []string
	for _, n := range d.tags("a") {
		if strings.HasPrefix(attr(n, "href"), PreferencesPath) {
			links = append(links, attr(n, "href"))
		}
	}
	want := []string{
		"/preferences?lang=en&large=0&return=%2Flogin%2Fenterprise%3Fflow%3Da%26x%3D1",
		"/preferences?lang=zh-CN&large=1&return=%2Flogin%2Fenterprise%3Fflow%3Da%26x%3D1",
	}
	if !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	if attr(d.tags("html")[0], "class") != "large" {
		t.Error("large text is not large")
	}
}
