package templates

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// filled returns a copy of the page with every string replaced, lists kept.
func filled(p Page, with string) Page {
	v := reflect.New(reflect.TypeOf(p)).Elem()
	v.Set(reflect.ValueOf(p))
	fillStrings(v, with)
	page, _ := v.Interface().(Page)
	return page
}

func fillStrings(v reflect.Value, with string) {
	kind := v.Kind()
	if kind == reflect.String && v.String() != "" {
		v.SetString(with)
	}
	if kind == reflect.Struct && v.Type().PkgPath() != "time" {
		for _, field := range v.Fields() {
			fillStrings(field, with)
		}
	}
	if kind == reflect.Slice {
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		v.Set(fresh)
		for i := range v.Len() {
			fillStrings(v.Index(i), with)
		}
	}
}

// shape is the tree of a page without its values: what a hostile value must not
// change.
func shape(d doc) []string {
	var out []string
	for _, n := range d.all(func(*html.Node) bool { return true }) {
		parts := []string{n.Data}
		for _, a := range n.Attr {
			parts = append(parts, a.Key)
		}
		slices.Sort(parts[1:])
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

// dangerous lists addresses that run something.
func dangerous(d doc) []string {
	var found []string
	for _, n := range d.all(func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			if !slices.Contains([]string{"href", "src", "action", "formaction", "data-src"}, a.Key) {
				continue
			}
			scheme, _, ok := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":")
			if ok && !strings.ContainsAny(scheme, "/?#") && scheme != "http" && scheme != "https" {
				found = append(found, n.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return found
}

func hostile(s string) View {
	return View{Lang: Chinese, Trace: s, Simulated: true, Messages: true, Proving: true, SignedInAs: s, Path: s, CSRF: s}
}

// target is a page and the shape that it must keep.
type target struct {
	sample

	shape []string
}

// targets are the fullest sample of each page, and a refused form.
func targets(t testing.TB, r *Renderer) []target {
	t.Helper()
	var all []target
	for _, s := range pages() {
		if !slices.Contains([]string{
			"login-whole", "login-refused", "login-pending", "wrong-account", "consent", "home", "sessions", "logout-asked",
			"logged-out", "form-post", "simulator", "styleguide", "error-flow_expired", "simulator-looked", "login-person",
			"register-enterprise-sent", "register-enterprise-refused", "register-person", "register-done", "face-consent", "face",
			"face-failed", "face-phone", "face-phone-done", "simulator-face-done", "recover-1", "recover-2-sent", "recover-3",
			"recover-done", "activate-1", "activate-2", "activate-3", "activate-4", "agreement-face", "me-account", "me-mandates", "me-mandate",
			"me-password", "me-phone-2", "me-sessions", "me-portals", "me-close",
			"appeal", "login-agent", "login-agent-refused", "choose", "agent-account", "agent-enterprise", "agent-password", "agent-phone-2", "agent-sessions", "center-agents", "center-agents-one",
			"center-agents-refused", "agent-agents", "invite", "me-mandates-offered",
			"center-enterprise", "center-representative", "center-extension", "center-password", "center-phone-2", "center-change", "center-portals", "center-activity", "center-import-dry", "agent-import", "letter", "verify-good", "verify-ended",
		}, s.label) {
			continue
		}
		plain := parsed(t, rendered(t, r, hostile("x"), filled(s.page, "x")))
		all = append(all, target{s, shape(plain)})
	}
	seen := map[string]bool{}
	for _, s := range all {
		seen[s.page.name()] = true
	}
	for _, name := range pageNames() {
		if !seen[name] {
			t.Errorf("page %s is not tried", name)
		}
	}
	return all
}

func checkEscaping(t *testing.T, r *Renderer, all []target, s string) {
	t.Helper()
	for _, sample := range all {
		body := rendered(t, r, hostile(s), filled(sample.page, s))
		d := parsed(t, body)
		if !slices.Equal(sample.shape, shape(d)) {
			t.Errorf("%s: %q changes the page", sample.label, s)
		}
		if bad := dangerous(d); len(bad) > 0 {
			t.Errorf("%s: %q makes %q", sample.label, s, bad)
		}
		if bytes.IndexByte(body, 0) >= 0 {
			t.Errorf("%s: %q leaves a NUL", sample.label, s)
		}
	}
}

func hostileValues() []string {
	return []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>x</script>`,
		"javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,<script>x</script>", "vbscript:x", "//evil.example/",
		"a\x00b", "\u202egnp.exe", "\u2066\u2069", "{{.View.CSRF}}", "{0}", "%s%d", "--><b>", "]]>", "&lt;b&gt;", "\xff\xfe", "😀",
		strings.Repeat("九", 5000),
	}
}

func FuzzHostileValuesStayText(f *testing.F) {
	for _, s := range hostileValues() {
		f.Add(s)
	}
	r := newRenderer(f, DemoBrand())
	all := targets(f, r)
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return // absent, not hostile: other parts are shown
		}
		checkEscaping(t, r, all, s)
	})
}

// A value comes back exactly as it went in: state and nonce are byte-exact
// (OpenID Connect Core §3.1.2.5).
func TestFormPostCarriesValuesExactly(t *testing.T) {
	r := newRenderer(t, Brand{})
	for _, value := range []string{`a"b'c<d>&amp;e`, "a b+c%20", "ü\u202e九", "line\nbreak", "\t"} {
		page := FormPost{Action: "https://rp.example/cb?a=1&b=%2F", Params: []Param{{"state", value}}}
		d := parsed(t, rendered(t, r, View{}, page))
		form := d.byID("form-post")[0]
		if got := attr(form, "action"); got != page.Action {
			t.Errorf("action %q, want %q", got, page.Action)
		}
		inputs := doc{form}.tags("input")
		if len(inputs) != 1 || attr(inputs[0], "name") != "state" || attr(inputs[0], "value") != value {
			t.Errorf("%q came back as %v", value, inputs[0].Attr)
		}
	}
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	one, two := newRenderer(t, DemoBrand()), newRenderer(t, DemoBrand())
	for _, s := range pages() {
		v := hostile("x")
		first := rendered(t, one, v, s.page)
		if !bytes.Equal(first, rendered(t, one, v, s.page)) || !bytes.Equal(first, rendered(t, two, v, s.page)) {
			t.Errorf("%s differs from one time to the next", s.label)
		}
	}
}
