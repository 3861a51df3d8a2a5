package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

func TestTraceparent(t *testing.T) {
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for header, taken := range map[string]bool{
		"00-" + trace + "-" + parent + "-01":                         true,
		"00-" + trace + "-" + parent + "-00":                         true,
		"cc-" + trace + "-" + parent + "-01-what-comes":              true,
		"00-" + trace + "-" + parent + "-01-more":                    false,
		"cc-" + trace + "-" + parent + "-01.more":                    false,
		"ff-" + trace + "-" + parent + "-01":                         false,
		"00-" + strings.ToUpper(trace) + "-" + parent + "-01":        false,
		"00-" + strings.Repeat("0", 32) + "-" + parent + "-01":       false,
		"00-" + trace + "-0000000000000000-01":                       false,
		"00-" + trace[:31] + "-" + parent + "-01":                    false,
		"00_" + trace + "-" + parent + "-01":                         false,
		"":                                                           false,
		"00-" + strings.Repeat("\n", 32) + "-" + parent + "-01":      false,
		"00-" + trace + "-" + parent + "-0g":                         false,
		"00-<script>alert(1)</script>aaaaaaa" + "-" + parent + "-01": false,
	} {
		got := traceOf(http.Header{"Traceparent": {header}})
		if taken != (got == trace) {
			t.Errorf("%q: trace id %q, taken over: want %v", header, got, taken)
		}
		if len(got) != 32 || !hexadecimal(got) {
			t.Errorf("%q: trace id %q is not 32 hexadecimal digits", header, got)
		}
	}
	good := "00-" + trace + "-" + parent + "-01"
	if got := traceOf(http.Header{"Traceparent": {good, good}}); got == trace {
		t.Error("one of two traceparents was believed")
	}
	if one, other := traceOf(http.Header{}), traceOf(http.Header{}); one == other {
		t.Error("two requests have one trace id")
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		remote string
		header []string
		want   string
	}{
		"no proxy":                      {"203.0.113.7:4711", nil, "203.0.113.7"},
		"header of a stranger":          {"203.0.113.7:4711", []string{"198.51.100.1"}, "203.0.113.7"},
		"one proxy":                     {"10.0.0.1:4711", []string{"198.51.100.1"}, "198.51.100.1"},
		"what the client wrote itself":  {"10.0.0.1:4711", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":                   {"10.0.0.1:4711", []string{"1.2.3.4, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		"two headers":                   {"10.0.0.1:4711", []string{"1.2.3.4", "198.51.100.1", "10.9.9.9"}, "198.51.100.1"},
		"proxies alone":                 {"10.0.0.1:4711", []string{"10.2.2.2, 10.9.9.9"}, "10.2.2.2"},
		"proxy without header":          {"10.0.0.1:4711", nil, "10.0.0.1"},
		"junk is believed no further":   {"10.0.0.1:4711", []string{"198.51.100.1, unknown, 10.9.9.9"}, "10.9.9.9"},
		"with port":                     {"10.0.0.1:4711", []string{"198.51.100.1:55"}, "198.51.100.1"},
		"IPv6":                          {"[fd00::1]:4711", []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv6 in brackets, with port":   {"[fd00::1]:4711", []string{"[2001:db8::7]:55"}, "2001:db8::7"},
		"IPv6 in brackets":              {"[fd00::1]:4711", []string{"[2001:db8::7]"}, "2001:db8::7"},
		"IPv4 in IPv6":                  {"[::ffff:10.0.0.1]:4711", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"an address that is none":       {"@", []string{"198.51.100.1"}, "invalid IP"},
		"an IPv6 zone is not an escape": {"[fe80::1%10.0.0.1]:4711", []string{"198.51.100.1"}, "fe80::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		for _, h := range c.header {
			r.Header.Add("X-Forwarded-For", h)
		}
		r.Header.Set("X-Real-Ip", "9.9.9.9")
		r.Header.Set("Forwarded", "for=9.9.9.9")
		if got := clientAddress(r, trusted).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestCSRF(t *testing.T) {
	c := CSRF{Key: [32]byte{1}}
	mine, theirs := [32]byte{2}, [32]byte{3}
	token := c.Token(mine, "sid")
	if !c.Valid(token, mine, "sid") {
		t.Error("the token itself is refused")
	}
	for name, valid := range map[string]bool{
		"another browser": c.Valid(token, theirs, "sid"),
		"another session": c.Valid(token, mine, "sid2"),
		"before sign-in":  c.Valid(token, mine, ""),
		"another key":     CSRF{Key: [32]byte{9}}.Valid(token, mine, "sid"),
		"none":            c.Valid("", mine, "sid"),
		"cut":             c.Valid(token[:len(token)-1], mine, "sid"),
		"line break":      c.Valid(token+"\n", mine, "sid"),
		"padded":          c.Valid(token+"=", mine, "sid"),
	} {
		if valid {
			t.Errorf("%s: valid", name)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	s, err := NewSameOrigin("https://id.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method  string
		header  map[string]string
		refused bool
	}{
		"own form":                 {http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
		"own form, older browser":  {http.MethodPost, map[string]string{"Origin": "https://id.example"}, false},
		"neither":                  {http.MethodPost, nil, false},
		"typed":                    {http.MethodPost, map[string]string{"Sec-Fetch-Site": "none"}, false},
		"link from elsewhere":      {http.MethodGet, map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"another site":             {http.MethodPost, map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
		"a sister site":            {http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-site"}, true},
		"another site, older":      {http.MethodPost, map[string]string{"Origin": "https://evil.example"}, true},
		"hidden origin":            {http.MethodPost, map[string]string{"Origin": "null"}, true},
		"another scheme":           {http.MethodPost, map[string]string{"Origin": "http://id.example"}, true},
		"another site, other verb": {http.MethodPut, map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
	} {
		r := httptest.NewRequest(c.method, "http://internal:8080/login/enterprise", nil)
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		if err := s.Check(r); (err != nil) != c.refused {
			t.Errorf("%s: %v, want refused %v", name, err, c.refused)
		}
	}
}

// serve runs one request through the middleware, as a server has it.
func serve(t *testing.T, r *http.Request, handler echo.HandlerFunc, use ...echo.MiddlewareFunc) *httptest.ResponseRecorder {
	t.Helper()
	e := echo.New()
	e.Use(use...)
	e.Match([]string{http.MethodGet, http.MethodHead, http.MethodPost}, "/page/:id", handler)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	plain := func(c echo.Context) error { return c.NoContent(http.StatusOK) }
	flow := func(c echo.Context) error {
		InAuthorization(c.Response().Header())
		return plain(c)
	}
	people := true
	get := func(h echo.HandlerFunc, https bool) http.Header {
		r := httptest.NewRequest(http.MethodGet, "/page/1", nil)
		forPeople := func(path string) bool { return path == "/page/1" && people }
		return serve(t, r, h, Headers(https, []string{"https://search.example"}, forPeople)).Header()
	}
	const open = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
	want := map[string]string{
		"Content-Security-Policy": open + "; form-action 'self' https://search.example", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Strict-Transport-Security": "max-age=31536000",
	}
	check := func(name string, h http.Header) {
		for k, v := range want {
			if diff := cmp.Diff(v, h.Get(k)); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, k, diff)
			}
		}
	}
	check("page", get(plain, true))
	want["Strict-Transport-Security"] = ""
	check("page on http", get(plain, false))
	want["Content-Security-Policy"], want["Cross-Origin-Opener-Policy"] = open, ""
	check("page in an authorization", get(flow, false))
	people = false
	for https, hsts := range map[bool][]string{true: {"max-age=31536000"}, false: nil} {
		want := http.Header{
			"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"}, "X-Content-Type-Options": {"nosniff"},
		}
		if hsts != nil {
			want["Strict-Transport-Security"] = hsts
		}
		if diff := cmp.Diff(want, get(plain, https)); diff != "" {
			t.Errorf("for a program, https %v (-want +got):\n%s", https, diff)
		}
	}
}

func TestReadForm(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		want       int // 0: read
	}{
		"form":                     {"application/x-www-form-urlencoded", "account=a&password=b", 0},
		"form with charset":        {"application/x-www-form-urlencoded; charset=UTF-8", "account=a", 0},
		"empty":                    {"application/x-www-form-urlencoded", "", 0},
		"JSON":                     {"application/json", `{"account":"a"}`, http.StatusUnsupportedMediaType},
		"multipart":                {"multipart/form-data; boundary=x", "--x--", http.StatusUnsupportedMediaType},
		"no type":                  {"", "account=a", http.StatusUnsupportedMediaType},
		"junk type":                {"; ;", "account=a", http.StatusUnsupportedMediaType},
		"field twice":              {"application/x-www-form-urlencoded", "account=a&account=a", http.StatusBadRequest},
		"unknown field twice":      {"application/x-www-form-urlencoded", "x=a&x=b", http.StatusBadRequest},
		"bad escape":               {"application/x-www-form-urlencoded", "account=%zz", http.StatusBadRequest},
		"semicolon":                {"application/x-www-form-urlencoded", "account=a;password=b", http.StatusBadRequest},
		"at the limit":             {"application/x-www-form-urlencoded", "a=" + strings.Repeat("x", MaxBody-2), 0},
		"over the limit":           {"application/x-www-form-urlencoded", "a=" + strings.Repeat("x", MaxBody-1), http.StatusRequestEntityTooLarge},
		"far over, never read out": {"application/x-www-form-urlencoded", "a=" + strings.Repeat("x", 10*MaxBody), http.StatusRequestEntityTooLarge},
	} {
		for _, announced := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodPost, "/page/1?account=query", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			if !announced {
				r.ContentLength = -1
			}
			w := serve(t, r, func(c echo.Context) error {
				f, err := ReadForm(c.Request())
				if err != nil {
					return err
				}
				if f.Text("account", 10) == "query" {
					t.Error("a field was read from the query")
				}
				return c.NoContent(http.StatusNoContent)
			}, BodyLimit())
			want := c.want
			if want == 0 {
				want = http.StatusNoContent
			}
			if w.Code != want {
				t.Errorf("%s: %d, want %d", name, w.Code, want)
			}
		}
	}
}

func TestFields(t *testing.T) {
	read := func(body string) *Form {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		f, err := ReadForm(r)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for body, c := range map[string]struct {
		want   string
		faulty bool
	}{
		"a=%20abc%20":          {"abc", false},
		"a=":                   {"", false},
		"b=x":                  {"", false},
		"a=%E5%90%89%E6%9E%97": {"吉林", false},
		"a=12345678":           {"12345678", false},
		"a=123456789":          {"12345678", true},
		"a=ab%00c":             {"abc", true},
		"a=ab%0Ac":             {"abc", true},
		"a=ab%FFc":             {"abc", true},
		"a=%C2%80c":            {"c", true},
		"a=%EF%BF%BDc":         {"c", true},
	} {
		f := read(body)
		if got := f.Text("a", 8); got != c.want || f.Faulty("a") != c.faulty {
			t.Errorf("%s: %q, faulty %v, want %q, %v", body, got, f.Faulty("a"), c.want, c.faulty)
		}
	}
	if got := read("p=%20x%20").Secret("p", 10); got != " x " {
		t.Errorf("a secret lost its spaces: %q", got)
	}
	for value, want := range map[string]string{
		"abc-_019": "abc-_019", "a%2Fb": "", "%0A": "", strings.Repeat("a", 129): "", "": "",
	} {
		if got := read("t=" + value).Token("t"); got != want {
			t.Errorf("Token(%q) = %q, want %q", value, got, want)
		}
	}
	for query, want := range map[string]string{"flow=abc": "abc", "flow=a&flow=b": "", "flow=%22%3E": "", "": ""} {
		if got := QueryToken(httptest.NewRequest(http.MethodGet, "/?"+query, nil), "flow"); got != want {
			t.Errorf("QueryToken(%q) = %q, want %q", query, got, want)
		}
	}
}

func TestRecover(t *testing.T) {
	var got error
	catch := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			got = next(c)
			return nil
		}
	}
	serve(t, httptest.NewRequest(http.MethodGet, "/page/1", nil), func(echo.Context) error { panic("secret 4711") }, catch, Recover)
	p, ok := errors.AsType[*PanicError](got)
	if !ok || p.Value != "secret 4711" || !bytes.Contains(p.Stack, []byte("TestRecover")) {
		t.Errorf("got %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("http.ErrAbortHandler was swallowed")
		}
	}()
	serve(t, httptest.NewRequest(http.MethodGet, "/page/1", nil), func(echo.Context) error { panic(http.ErrAbortHandler) }, Recover)
}

func TestObserverWritesOneLineWithoutSecrets(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	registry := prometheus.NewRegistry()
	o, err := NewObserver(slog.New(slog.NewJSONHandler(&out, nil)), registry, func() time.Time {
		now = now.Add(5 * time.Millisecond)
		return now
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/page/secret-1?code=secret-2", nil)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	r.Header.Set("Cookie", "tongid_session=secret-3")
	serve(t, r, func(c echo.Context) error {
		if TraceID(c.Request().Context()) == "" || !Address(c.Request().Context()).IsValid() {
			t.Error("a handler cannot read trace id and address")
		}
		return c.String(http.StatusTeapot, "tea")
	}, Identify(nil), o.Watch)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("not one line of JSON: %v\n%s", err, out.String())
	}
	delete(line, "time")
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "/page/:id", "status": 418.0, "duration_ms": 5.0,
		"bytes": 3.0, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "client_ip": "192.0.2.1",
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	if series, requests := counted(t, registry); series != 1 || requests != 1 {
		t.Errorf("%d requests in %d series", requests, series)
	}
}

func counted(t *testing.T, registry *prometheus.Registry) (series, requests int) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "tongid_http_requests_total" {
			for _, m := range f.GetMetric() {
				series, requests = series+1, requests+int(m.GetCounter().GetValue())
			}
		}
	}
	return series, requests
}

func TestObserverAnswersErrorsAndBoundsLabels(t *testing.T) {
	var out bytes.Buffer
	registry := prometheus.NewRegistry()
	o, err := NewObserver(slog.New(slog.NewJSONHandler(&out, nil)), registry, func() time.Time { return time.Time{} })
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/nowhere/1", "/nowhere/2"} {
		if w := serve(t, httptest.NewRequest(http.MethodGet, target, nil), nil, Identify(nil), o.Watch); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	w := serve(t, httptest.NewRequest("BREW", "/page/1", nil), nil, Identify(nil), o.Watch)
	if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Header().Get("Allow"), "HEAD") {
		t.Errorf("%d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if series, requests := counted(t, registry); series != 2 || requests != 3 {
		t.Errorf("%d requests in %d series, want one of what is not there and one of the odd method", requests, series)
	}
	if strings.Contains(out.String(), "BREW") || strings.Contains(out.String(), "nowhere") {
		t.Errorf("the log repeats what was sent:\n%s", out.String())
	}
}

func FuzzForm(f *testing.F) {
	f.Add("account=a&password=%00")
	f.Add("a=%FF&b=%E5%90%89")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, err := ReadForm(r)
		if err != nil {
			return
		}
		for name := range form.values {
			text := form.Text(name, 20)
			if strings.ContainsFunc(text, func(r rune) bool { return typed(r) < 0 }) || len([]rune(text)) > 20 {
				t.Errorf("Text gave %q", text)
			}
			if form.values.Get(name) != form.Secret(name, 1<<20) && !form.Faulty(name) {
				t.Errorf("%q was changed silently", form.values.Get(name))
			}
		}
	})
}

func FuzzTraceparent(f *testing.F) {
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := parseTraceparent(s); ok && (len(id) != 32 || !hexadecimal(id)) {
			t.Errorf("%q gave %q", s, id)
		}
	})
}

func TestChain(t *testing.T) {
	var seen []string
	note := func(name string) echo.MiddlewareFunc {
		return func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				seen = append(seen, name)
				return next(c)
			}
		}
	}
	chain := Chain(note("outer"), note("inner"))
	for target, want := range map[string]struct {
		status int
		seen   []string
	}{
		"/page/1":    {http.StatusTeapot, []string{"outer", "inner", "handler"}},
		"/nowhere/1": {http.StatusNotFound, []string{"outer", "inner"}},
	} {
		seen = nil
		w := serve(t, httptest.NewRequest(http.MethodGet, target, nil), func(c echo.Context) error {
			seen = append(seen, "handler")
			return c.NoContent(http.StatusTeapot)
		}, chain)
		if w.Code != want.status || !slices.Equal(seen, want.seen) {
			t.Errorf("%s: %d %v, want %d %v", target, w.Code, seen, want.status, want.seen)
		}
	}
}
