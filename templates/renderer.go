package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

//go:embed html
var htmlFiles embed.FS

// Page is what one page shows. Each is a struct of this package.
type Page interface {
	// name is the page's name in the contract: <main id="page-<name>">.
	name() string
}

// View is what every page shows, whatever it is about.
type View struct {
	Lang       string // Chinese or English
	LargeText  bool
	Trace      string // the request's trace id, shown on error pages
	Simulated  bool   // outside systems are simulated: a banner says so
	Messages   bool   // short messages can be sent: what needs a code is there
	Proving    bool   // codes can be sent and faces checked: people can prove who they are
	SignedInAs string // name of the signed-in account, empty when signed out
	Path       string // current path and query: where the language and text size links come back to
	CSRF       string // token that every form carries
}

// Renderer renders pages. It is made once, at start, and safe for concurrent use.
type Renderer struct {
	brand  Brand
	search *search // nil without an address to search at
	assets *assets
	pages  map[string]map[string]*template.Template // language → page name

	agreements map[string]map[string]agreementText // language → document
}

// New parses every page in every language and reads the brand's emblem.
func New(brand Brand) (*Renderer, error) {
	if err := brand.Validate(); err != nil {
		return nil, err
	}
	brand = brand.withDefaults()
	files, err := loadAssets(brand.Emblem)
	if err != nil {
		return nil, err
	}
	agreements, err := loadAgreements(brand)
	if err != nil {
		return nil, err
	}
	r := &Renderer{
		brand: brand, search: brand.search(), assets: files, agreements: agreements,
		pages: map[string]map[string]*template.Template{},
	}
	for _, lang := range Languages() {
		if r.pages[lang], err = r.parse(lang); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parse returns the pages of one language, each a layout whose blocks the page
// redefines.
func (r *Renderer) parse(lang string) (map[string]*template.Template, error) {
	funcs := r.funcs(lang)
	empty := func(name string) *template.Template {
		return template.New(name).Option("missingkey=error").Funcs(funcs)
	}
	layout := empty("layout")
	partials, err := fs.Glob(htmlFiles, "html/partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: list partials: %w", err)
	}
	for _, file := range append(partials, "html/layout.html") {
		if err := r.parseFile(layout, lang, file); err != nil {
			return nil, err
		}
	}
	if layout, err = r.settle(layout, "site-top", "site-footer"); err != nil {
		return nil, err
	}
	parsed, all := map[string]*template.Template{}, assembly{set: empty("pages"), shared: layout}
	for _, name := range pageNames() {
		page := empty(name)
		if err := r.parseFile(page, lang, "html/pages/"+name+".html"); err != nil {
			return nil, err
		}
		if parsed[name], err = all.add(name, page); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// settle replaces definitions that depend on the brand alone by what they come
// to: on a sign-in page they would be a third of the work.
func (r *Renderer) settle(set *template.Template, names ...string) (*template.Template, error) {
	settled, err := set.Clone() // what has been executed can be changed no more
	if err != nil {
		return nil, fmt.Errorf("templates: settle: %w", err)
	}
	for _, name := range names {
		var text strings.Builder
		if err := set.ExecuteTemplate(&text, name, screen{Brand: r.brand}); err != nil {
			return nil, fmt.Errorf("templates: settle %s: %w", name, err)
		}
		if _, err := settled.New(name).Parse(strings.ReplaceAll(text.String(), "{{", "&#123;&#123;")); err != nil {
			return nil, fmt.Errorf("templates: settle %s: %w", name, err)
		}
	}
	return settled, nil
}

// parseFile adds a file's definitions to t. What is the same in every answer is
// put in first: it costs a page a third of its time to look it up again.
func (r *Renderer) parseFile(t *template.Template, lang, file string) error {
	raw, err := htmlFiles.ReadFile(file)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	text, err := r.fold(lang, string(raw))
	if err != nil {
		return fmt.Errorf("templates: %s: %w", file, err)
	}
	if _, err := t.Parse(text); err != nil {
		return fmt.Errorf("templates: parse %s: %w", file, err)
	}
	return nil
}

// constant matches {{t "key"}} and {{asset "name"}}.
var constant = regexp.MustCompile(`\{\{(t|asset) "([^"]+)"\}\}`)

// fold replaces the calls that have constant answers by those. The answers are
// escaped for the two places where templates make such calls: text and quoted
// attributes.
func (r *Renderer) fold(lang, text string) (string, error) {
	var fault error
	folded := constant.ReplaceAllStringFunc(text, func(call string) string {
		part := constant.FindStringSubmatch(call)
		answer := vocabulary{lang}.text
		if part[1] == "asset" {
			answer = func(name string, _ ...any) (string, error) { return r.asset(name) }
		}
		value, err := answer(part[2])
		if err != nil {
			fault = errors.Join(fault, err)
		}
		return strings.ReplaceAll(template.HTMLEscapeString(value), "{{", "&#123;&#123;")
	})
	return folded, fault
}

// pageNames lists the names of all pages, once each.
func pageNames() []string {
	var names []string
	for _, s := range pages() {
		if n := s.page.name(); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// screen is the data of the layout.
type screen struct {
	View  View
	Brand Brand
	Page  Page
}

// Render writes the page, all of it or nothing: it is made in memory first, so
// that a fault never leaves half a page behind.
func (r *Renderer) Render(w io.Writer, v View, p Page) error {
	if !slices.Contains(Languages(), v.Lang) {
		v.Lang = Chinese
	}
	t, ok := r.pages[v.Lang][p.name()]
	if !ok {
		return fmt.Errorf("templates: no page %q", p.name())
	}
	var out bytes.Buffer
	out.Grow(16 << 10)
	if err := t.Execute(&out, screen{View: v, Brand: r.brand, Page: p}); err != nil {
		return fmt.Errorf("templates: render %s: %w", p.name(), err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("templates: write %s: %w", p.name(), err)
	}
	return nil
}

// PreferencesPath is where the language and text size links lead: a GET with
// lang, large (0 or 1) and return (a path of ours), answered by the server with
// cookies and a redirect.
const PreferencesPath = "/preferences"

// CaptchaLabel is the key of what a captcha is called. A form that also asks for
// the code of a short message must tell the two apart.
func (s screen) CaptchaLabel() string {
	if strings.HasPrefix(s.Page.name(), "login-") {
		return "captcha.label"
	}
	return "captcha.label.picture"
}

// CaptchaMarked reports whether a captcha carries the star of fields that must be
// filled: on the sign-in pages no field does.
func (s screen) CaptchaMarked() bool { return s.CaptchaLabel() != "captcha.label" }

// PhoneLabel is the key of what a phone number is called: where there is one
// already, it is the new one.
func (s screen) PhoneLabel() string {
	if name := s.Page.name(); name == "me-phone" || name == "center-phone" || name == "agent-phone" {
		return "phone.label.new"
	}
	return "phone.label"
}

// FaceApp is what looks at faces.
func (s screen) FaceApp() string { return s.Brand.faceApp(s.View.Lang) }

// Preferences is the address that switches language or text size and comes back
// to the current page.
func (s screen) Preferences(lang string, large bool) string {
	size := "0"
	if large {
		size = "1"
	}
	back := s.View.Path
	if back == "" {
		back = "/"
	}
	return PreferencesPath + "?" + url.Values{"lang": {lang}, "large": {size}, "return": {back}}.Encode()
}
