package flowtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// route is a path and the methods it takes.
type route struct {
	path  string
	allow []string
}

// routes are what the contract and the discovery document name.
func routes() []route {
	read := []string{"GET", "HEAD"}
	form := []string{"GET", "HEAD", "POST"}
	return []route{
		{"/livez", read},
		{"/readyz", read},
		{"/.well-known/openid-configuration", read},
		{"/oauth2/jwks", read},
		{"/oauth2/authorize", form},
		{"/oauth2/token", []string{"POST"}},
		{"/oauth2/userinfo", form},
		{"/oauth2/introspect", []string{"POST"}},
		{"/oauth2/revoke", []string{"POST"}},
		{"/oauth2/logout", form},
		{"/", read},
		{"/login/enterprise", form},
		{"/consent", form},
		{"/logout", form},
		{"/logged-out", read},
		{"/center/sessions", form},
		{"/preferences", read},
		{"/favicon.ico", read},
		{"/simulator/", read},
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	b := s.browser(t)
	for _, r := range routes() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"} {
			p := b.send(request{method: method, url: b.parse(s.url(r.path)), kind: "application/x-www-form-urlencoded"})
			if allowed := slices.Contains(r.allow, method); allowed == (p.status == http.StatusMethodNotAllowed) {
				t.Errorf("%s %s: %d", method, r.path, p.status)
				continue
			} else if allowed {
				continue
			}
			allow := strings.Split(strings.ReplaceAll(p.header.Get("Allow"), " ", ""), ",")
			for _, want := range r.allow {
				if !slices.Contains(allow, want) {
					t.Errorf("%s %s: Allow %q, want %s in it", method, r.path, p.header.Get("Allow"), want)
				}
			}
			if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
				p.wantProblem(http.StatusMethodNotAllowed, "method_not_allowed")
			}
		}
	}
}

// HEAD is GET without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	b := s.browser(t)
	b.signInDirectly(software)
	asset := ""
	for _, n := range b.open(s.url("/")).all(func(n *html.Node) bool { return n.Data == "link" && attr(n, "rel") == "stylesheet" }) {
		asset = attr(n, "href")
	}
	paths := []string{asset, "/captcha/none.png", "/no-such-page"}
	for _, r := range routes() {
		if slices.Contains(r.allow, "HEAD") {
			paths = append(paths, r.path)
		}
	}
	for _, path := range paths {
		get, head := b.get(s.url(path)), b.send(request{method: http.MethodHead, url: b.parse(s.url(path))})
		if get.status != head.status || len(head.body) != 0 {
			t.Errorf("%s: GET %d, HEAD %d with %d bytes", path, get.status, head.status, len(head.body))
		}
		for _, name := range []string{"Content-Type", "Cache-Control", "Content-Security-Policy"} {
			if get.header.Get(name) != head.header.Get(name) {
				t.Errorf("%s: %s: GET %q, HEAD %q", path, name, get.header.Get(name), head.header.Get(name))
			}
		}
	}
}

// Where a form belongs, nothing else is taken.
func TestOtherBodies(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	b := s.browser(t)
	login := b.open(s.url("/login/enterprise"))
	f := login.credentials(software.account, demoPassword)
	multipart := "--x\r\nContent-Disposition: form-data; name=\"account\"\r\n\r\njlshili01\r\n--x--\r\n"
	for kind, body := range map[string]string{
		"application/json":                `{"account":"jlshili01"}`,
		"multipart/form-data; boundary=x": multipart,
		"text/plain":                      f.values.Encode(),
		"":                                f.values.Encode(),
		"application/xml":                 "<a/>",
		"garbage/;;;":                     f.values.Encode(),
	} {
		for path, wants := range map[string][]int{
			"/login/enterprise":  {http.StatusUnsupportedMediaType},
			"/oauth2/authorize":  {http.StatusUnsupportedMediaType, http.StatusBadRequest},
			"/oauth2/logout":     {http.StatusUnsupportedMediaType, http.StatusBadRequest},
			"/oauth2/token":      {http.StatusUnsupportedMediaType, http.StatusBadRequest},
			"/oauth2/revoke":     {http.StatusUnsupportedMediaType, http.StatusBadRequest},
			"/oauth2/introspect": {http.StatusUnsupportedMediaType, http.StatusBadRequest},
			"/logout":            {http.StatusUnsupportedMediaType},
		} {
			r := request{method: http.MethodPost, url: b.parse(s.url(path)), from: login, body: body, kind: kind}
			if p := b.send(r); !slices.Contains(wants, p.status) {
				t.Errorf("%q to %s: %d, want one of %v", kind, path, p.status, wants)
			} else if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
				p.want(p.status, "error")
			}
		}
	}
	// Fields count in the body alone, each once.
	r := f.request()
	r.url = b.parse(r.url.String() + "?" + r.body)
	r.body = ""
	b.careless = true
	if p := b.send(r); p.status < 400 {
		t.Errorf("fields in the address: %d", p.status)
	}
	b.careless = false
	for _, name := range []string{"account", "password", "csrf", "captcha", "captcha_id", "x"} {
		f := b.open(s.url("/login/enterprise")).credentials(software.account, demoPassword)
		f.forge(name, f.values.Get(name), f.values.Get(name))
		f.send().wantProblem(http.StatusBadRequest, "invalid_request")
	}
}
