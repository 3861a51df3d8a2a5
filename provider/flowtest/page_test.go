package flowtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// page is an answer in a browser.
type page struct {
	browser *browser
	url     *url.URL
	status  int
	header  http.Header
	body    []byte
	root    *html.Node // parsed when first asked for
}

// location is where a redirect leads, nil if it is none.
func (p *page) location() *url.URL {
	p.browser.t.Helper()
	to := p.header.Get("Location")
	if p.status < 300 || p.status > 399 || to == "" {
		return nil
	}
	u, err := p.url.Parse(to)
	if err != nil {
		p.browser.t.Fatalf("Location %q: %v", to, err)
	}
	return u
}

func (p *page) wantRedirectTo(prefix string) *url.URL {
	p.browser.t.Helper()
	to := p.location()
	if to == nil || !strings.HasPrefix(to.String(), prefix) {
		p.browser.t.Fatalf("%s: %d %s to %v, want a redirect to %s", p.url.Path, p.status, p.name(), to, prefix)
	}
	return to
}

func (p *page) all(match func(*html.Node) bool) []*html.Node {
	p.browser.t.Helper()
	if p.root == nil {
		root, err := html.Parse(bytes.NewReader(p.body))
		if err != nil {
			p.browser.t.Fatal(err)
		}
		p.root = root
	}
	var found []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

// find returns the element with the id, nil if there is none.
func (p *page) find(id string) *html.Node {
	p.browser.t.Helper()
	found := p.all(func(n *html.Node) bool { return attr(n, "id") == id })
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

func (p *page) must(id string) *html.Node {
	p.browser.t.Helper()
	n := p.find(id)
	if n == nil {
		p.browser.t.Fatalf("%s: %d %s has no #%s", p.url.Path, p.status, p.name(), id)
	}
	return n
}

// name is the page's, as the contract has it: <main id="page-<name>">.
func (p *page) name() string {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "main" }) {
		return strings.TrimPrefix(attr(n, "id"), "page-")
	}
	return "(no page)"
}

// want checks status and name.
func (p *page) want(status int, name string) *page {
	p.browser.t.Helper()
	if p.status != status || p.name() != name {
		p.browser.t.Fatalf("%s: got %d %s%s, want %d %s", p.url.Path, p.status, p.name(), p.trouble(), status, name)
	}
	return p
}

// trouble is what a page says went wrong.
func (p *page) trouble() string {
	var said []string
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "main" || attr(n, "role") == "alert" }) {
		for _, name := range []string{"data-error", "data-problem"} {
			if code := attr(n, name); code != "" {
				said = append(said, code)
			}
		}
		if n.Data != "main" {
			said = append(said, textOf(n))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, "; ") + ")"
}

// wantProblem checks that this is the error page about that. Its trace must stand
// in a log, which is looked up at the end.
func (p *page) wantProblem(status int, code string) *page {
	p.browser.t.Helper()
	p.want(status, "error")
	main := p.must("page-error")
	if got := attr(main, "data-error"); got != code {
		p.browser.t.Errorf("%s: the page says %q, want %q", p.url.Path, got, code)
	}
	p.browser.site.ledger.expect(attr(main, "data-trace"), status)
	return p
}

// alert is the summary of a refused form.
func (p *page) alert() string {
	p.browser.t.Helper()
	found := p.all(func(n *html.Node) bool { return attr(n, "role") == "alert" })
	if len(found) != 1 {
		p.browser.t.Fatalf("%s: %d %s has %d alerts", p.url.Path, p.status, p.name(), len(found))
	}
	return textOf(found[0])
}

// text is all of the page's, without spaces that nobody sees.
func (p *page) text() string {
	p.browser.t.Helper()
	return textOf(p.all(func(n *html.Node) bool { return n.Data == "body" })[0])
}

// click follows the link, or presses the button, with that id.
func (p *page) click(id string) *page {
	p.browser.t.Helper()
	n := p.must(id)
	if n.Data == "a" {
		return p.followLink(n)
	}
	return p.form(id).submit()
}

func (p *page) followLink(n *html.Node) *page {
	p.browser.t.Helper()
	to, err := p.url.Parse(attr(n, "href"))
	if err != nil {
		p.browser.t.Fatal(err)
	}
	return p.browser.follow(request{method: http.MethodGet, url: to, from: p}, "")
}

// link follows the first link whose address begins like prefix.
func (p *page) link(prefix string) *page {
	p.browser.t.Helper()
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), prefix) }) {
		return p.followLink(n)
	}
	p.browser.t.Fatalf("%s has no link to %s", p.name(), prefix)
	return nil
}

// form is a form of a page as a person finds it.
type form struct {
	page   *page
	method string
	action *url.URL
	values url.Values
	named  []string // fields that can be typed into
}

// form returns the form of the button with that id, as if that button were pressed.
func (p *page) form(button string) *form {
	p.browser.t.Helper()
	n := p.must(button)
	return p.formOf(n)
}

func (p *page) formOf(button *html.Node) *form {
	p.browser.t.Helper()
	node := button
	for node.Data != "form" {
		if node = node.Parent; node == nil {
			p.browser.t.Fatalf("button %v is in no form", button.Attr)
		}
	}
	action, err := p.url.Parse(attr(node, "action"))
	if err != nil {
		p.browser.t.Fatal(err)
	}
	f := &form{page: p, method: strings.ToUpper(attr(node, "method")), action: action, values: url.Values{}}
	for n := range node.Descendants() {
		f.take(n)
	}
	if name := attr(button, "name"); name != "" {
		f.values.Set(name, attr(button, "value"))
	}
	return f
}

// take adds what a field sends by itself.
func (f *form) take(n *html.Node) {
	name := attr(n, "name")
	if n.Type != html.ElementNode || name == "" {
		return
	}
	switch n.Data {
	case "input":
		f.takeInput(n, name)
	case "select":
		f.named = append(f.named, name)
		f.values.Set(name, selected(n))
	}
}

func (f *form) takeInput(n *html.Node, name string) {
	kind := attr(n, "type")
	if kind != "hidden" {
		f.named = append(f.named, name)
	}
	if _, checked := lookup(n, "checked"); (kind == "checkbox" || kind == "radio") && !checked {
		return
	}
	f.values.Set(name, attr(n, "value"))
	if name == "csrf" {
		f.page.browser.site.ledger.keep("csrf token", attr(n, "value"))
	}
}

// selected is the value of a select as a browser sends it.
func selected(n *html.Node) string {
	value, first := "", true
	for o := range n.Descendants() {
		if o.Type != html.ElementNode || o.Data != "option" {
			continue
		}
		if _, chosen := lookup(o, "selected"); chosen || first {
			value, first = attr(o, "value"), false
		}
	}
	return value
}

// set types into a field. One that is not there cannot be typed into.
func (f *form) set(name, value string) *form {
	f.page.browser.t.Helper()
	if !slices.Contains(f.named, name) {
		f.page.browser.t.Fatalf("%s: no field %s in the form", f.page.name(), name)
	}
	f.values.Set(name, value)
	return f
}

// forge sets any field, hidden ones too, as no honest browser does.
func (f *form) forge(name string, values ...string) *form {
	if len(values) == 0 {
		f.values.Del(name)
		return f
	}
	f.values[name] = values
	return f
}

func (f *form) request() request {
	if f.method == http.MethodPost {
		return request{
			method: http.MethodPost, url: f.action, from: f.page,
			body: f.values.Encode(), kind: "application/x-www-form-urlencoded",
		}
	}
	to := *f.action
	to.RawQuery = f.values.Encode()
	return request{method: http.MethodGet, url: &to, from: f.page}
}

// submit sends the form and follows redirects.
func (f *form) submit() *page {
	f.page.browser.t.Helper()
	return f.page.browser.follow(f.request(), "")
}

// send sends the form and follows nothing.
func (f *form) send() *page {
	f.page.browser.t.Helper()
	return f.page.browser.send(f.request())
}

// until sends the form, follows redirects and stops before that address.
func (f *form) until(prefix string) *url.URL {
	f.page.browser.t.Helper()
	return f.page.browser.follow(f.request(), prefix).wantRedirectTo(prefix)
}

func htmlEscaped(s string) string { return html.EscapeString(s) }

func isCaptchaID(n *html.Node) bool { return attr(n, "name") == "captcha_id" }

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
		if d.Type == html.TextNode && (d.Parent == nil || d.Parent.Data != "script" && d.Parent.Data != "style") {
			out.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// claims are what a page of the sample portal shows of a set of claims.
func (p *page) claims() map[string]string {
	p.browser.t.Helper()
	shown := map[string]string{}
	for _, row := range p.all(func(n *html.Node) bool { return n.Data == "tr" && attr(n, "data-claim") != "" }) {
		for n := range row.Descendants() {
			if strings.Contains(attr(n, "class"), "raw") {
				shown[attr(row, "data-claim")] = textOf(n)
				break
			}
		}
	}
	return shown
}

func (p *page) json(into any) {
	p.browser.t.Helper()
	if err := json.Unmarshal(p.body, into); err != nil {
		p.browser.t.Fatalf("%s: %d %q: %v", p.url.Path, p.status, p.body, err)
	}
}

func isCaptchaImage(n *html.Node) bool { return attr(n, "class") == "captcha-image" }

func isQR(n *html.Node) bool { return n.Data == "img" && strings.HasPrefix(attr(n, "src"), "/face/qr") }

func isLinkTo(prefix string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), prefix) }
}

// buttonIn is the button in the row of a client.
func buttonIn(p *page, client string) *html.Node {
	p.browser.t.Helper()
	for _, row := range p.all(func(n *html.Node) bool { return attr(n, "data-client") == client }) {
		for n := range row.Descendants() {
			if n.Data == "button" {
				return n
			}
		}
	}
	p.browser.t.Fatalf("%s has no row of %s", p.name(), client)
	return nil
}

func isInputNamed(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == name }
}

func isButtonNamed(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == "button" && attr(n, "name") == name }
}
