package oauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// newBenchWorld is a world for a benchmark; requests go straight to the handler.
func newBenchWorld(b *testing.B) (*world, http.Handler) {
	b.Helper()
	w := newWorld(b, 0)
	return w, w.replica[0].Config.Handler
}

func form(path, auth string, fields url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if auth != "" {
		r.SetBasicAuth(auth, auth+"-secret")
	}
	return r
}

func serve(b *testing.B, h http.Handler, r *http.Request, want int) *httptest.ResponseRecorder {
	b.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if rec.Code != want {
		b.Fatalf("%s: %d %s", r.URL.Path, rec.Code, rec.Body)
	}
	return rec
}

func BenchmarkDiscovery(b *testing.B) {
	_, h := newBenchWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		serve(b, h, httptest.NewRequest(http.MethodGet, "/.well-known/openid-configuration", http.NoBody), 200)
	}
}

func BenchmarkClientCredentials(b *testing.B) {
	_, h := newBenchWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		serve(b, h, form(pathToken, "service", url.Values{"grant_type": {grantService}}), 200)
	}
}

func BenchmarkIntrospection(b *testing.B) {
	w, h := newBenchWorld(b)
	token := w.signIn(w.browse(), "hall").text("access_token")
	b.ReportAllocs()
	for b.Loop() {
		serve(b, h, form(pathIntrospect, "rs", url.Values{"token": {token}}), 200)
	}
}

func BenchmarkIntrospectionForged(b *testing.B) {
	w, h := newBenchWorld(b)
	token := w.signIn(w.browse(), "hall").text("access_token")
	forged := token[:len(token)-6] + "AAAAAA"
	b.ReportAllocs()
	for b.Loop() {
		serve(b, h, form(pathIntrospect, "rs", url.Values{"token": {forged}}), 200)
	}
}

func BenchmarkRefresh(b *testing.B) {
	w, h := newBenchWorld(b)
	_, token := w.family(w.browse())
	b.ReportAllocs()
	for b.Loop() {
		rec := serve(b, h, form(pathToken, "hall", url.Values{"grant_type": {grantRefresh}, "refresh_token": {token}}), 200)
		_, after, _ := strings.Cut(rec.Body.String(), `"refresh_token":"`)
		token, _, _ = strings.Cut(after, `"`)
	}
}

// BenchmarkCodeFlow is authorize with an SSO session, and the token request.
func BenchmarkCodeFlow(b *testing.B) {
	w, h := newBenchWorld(b)
	browser := w.browse()
	w.signIn(browser, "hall")
	home, err := url.Parse(w.issuer)
	w.must(err)
	verifier := oauth2.GenerateVerifier()
	request, _ := w.ask("hall", "code_challenge", oauth2.S256ChallengeFromVerifier(verifier))
	target := pathAuthorize + "?" + request.Encode()
	cookies := browser.Jar.Cookies(home)
	b.ReportAllocs()
	for b.Loop() {
		ask := httptest.NewRequest(http.MethodGet, target, http.NoBody)
		for _, c := range cookies {
			ask.AddCookie(c)
		}
		to, err := url.Parse(serve(b, h, ask, http.StatusSeeOther).Header().Get("Location"))
		w.must(err)
		serve(b, h, form(pathToken, "hall", url.Values{
			"grant_type": {grantCode}, "code": {to.Query().Get("code")},
			"redirect_uri": {redirectURI}, "code_verifier": {verifier},
		}), 200)
		w.offset.Add(int64(time.Microsecond))
	}
}
