package pages_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser visits the house as a person does, without following redirects.
type browser struct {
	house  *house
	client *http.Client
	header http.Header // sent with every request
}

func (h *house) browser() *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	h.must(err)
	return &browser{
		house: h, header: http.Header{},
		client: &http.Client{
			Jar: jar, Transport: newTransport(h.t),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// page is one answer.
type page struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	path   string // of the request
	doc    *html.Node
}

func (b *browser) do(method, target string, body io.Reader, header ...string) *page {
	t := b.house.t
	t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.house.server.URL + target
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = b.header.Clone()
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, status: answer.StatusCode, header: answer.Header, body: string(raw), path: r.URL.RequestURI()}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		if p.doc, err = html.Parse(strings.NewReader(p.body)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (b *browser) get(target string, header ...string) *page {
	b.house.t.Helper()
	return b.do(http.MethodGet, target, nil, header...)
}

func (b *browser) post(target string, form url.Values, header ...string) *page {
	b.house.t.Helper()
	header = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)
	return b.do(http.MethodPost, target, strings.NewReader(form.Encode()), header...)
}

// is checks status and page.
func (p *page) is(status int, id string) *page {
	p.t.Helper()
	if p.status != status || p.id() != id {
		p.t.Fatalf("%s: %d %s %s, want %d %s\n%s", p.path, p.status, p.id(), p.header.Get("Location"), status, id, p.summary())
	}
	return p
}

// leads checks a redirect and returns where it goes.
func (p *page) leads(to string) string {
	p.t.Helper()
	got := p.header.Get("Location")
	if p.status != http.StatusSeeOther || !strings.HasPrefix(got, to) {
		p.t.Fatalf("%s: %d %s %q, want 303 to %q…\n%s", p.path, p.status, p.id(), got, to, p.summary())
	}
	return got
}

// problem checks that it is the error page of that code.
func (p *page) problem(status int, code string) *page {
	p.t.Helper()
	p.is(status, "page-error")
	if got := attr(p.main(), "data-error"); got != code {
		p.t.Fatalf("%s: error page %q, want %q", p.path, got, code)
	}
	return p
}

func (p *page) find(match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	if p.doc != nil {
		for n := range p.doc.Descendants() {
			if n.Type == html.ElementNode && match(n) {
				found = append(found, n)
			}
		}
	}
	return found
}

func (p *page) main() *html.Node {
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "main" }) {
		return n
	}
	return &html.Node{}
}

func (p *page) id() string { return attr(p.main(), "id") }

func (p *page) byID(id string) *html.Node {
	for _, n := range p.find(func(n *html.Node) bool { return attr(n, "id") == id }) {
		return n
	}
	return nil
}

// summary is the text of what is announced (role=alert).
func (p *page) summary() string {
	var out []string
	for _, n := range p.find(func(n *html.Node) bool { return attr(n, "role") == "alert" }) {
		out = append(out, text(n))
	}
	return strings.Join(out, "\n")
}

// field is the value that a field shows.
func (p *page) field(name string) string {
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == name }) {
		return attr(n, "value")
	}
	return ""
}

// form is what the first posting form that has such a button would send.
func (p *page) form(button string) url.Values {
	p.t.Helper()
	for _, f := range p.find(func(n *html.Node) bool { return n.Data == "form" && attr(n, "method") == "post" }) {
		values, has := url.Values{}, false
		for n := range f.Descendants() {
			name := attr(n, "name")
			switch {
			case n.Type != html.ElementNode:
			case n.Data == "input":
				values.Set(name, attr(n, "value"))
			case n.Data == "button" && attr(n, "id") == button:
				has = true
				if name != "" {
					values.Set(name, attr(n, "value"))
				}
			}
		}
		if has {
			return values
		}
	}
	p.t.Fatalf("%s: no form with the button %q", p.path, button)
	return nil
}

func attr(n *html.Node, name string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

func text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// answer is a captcha's.
func (h *house) answer(id string) string {
	h.t.Helper()
	c, err := h.alive.Challenge(h.t.Context(), "captcha", id)
	h.must(err)
	return string(c.Data)
}

// fill fills the sign-in form in, captcha included.
func (b *browser) fill(p *page, account, pass string) url.Values {
	b.house.t.Helper()
	form := p.form("submit")
	form.Set("account", account)
	form.Set("password", pass)
	form.Set("captcha", b.house.answer(form.Get("captcha_id")))
	return form
}

const loginPath = "/login/enterprise"

// try opens the sign-in page and sends one try.
func (b *browser) try(account, pass string) *page {
	b.house.t.Helper()
	return b.post(loginPath, b.fill(b.get(loginPath).is(200, "page-login-enterprise"), account, pass))
}

// signIn signs in without a portal.
func (b *browser) signIn(account string) {
	b.house.t.Helper()
	b.try(account, password).leads("/")
	b.get("/").is(200, "page-home")
}

// authorize asks as a portal does and returns what follows.
func (b *browser) authorize(clientID string, more ...string) *page {
	b.house.t.Helper()
	query := url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid profile"},
		"state": {"state-of-" + clientID}, "nonce": {"n"},
	}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return b.get("/oauth2/authorize?" + query.Encode())
}

// arrive follows a resume path to the portal and returns what it got.
func (b *browser) arrive(resume string) url.Values {
	b.house.t.Helper()
	got, err := url.Parse(b.get(resume).leads(callback))
	b.house.must(err)
	return got.Query()
}
