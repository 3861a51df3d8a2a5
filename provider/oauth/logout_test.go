package oauth

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const bye = "http://127.0.0.1:9/bye"

// leave asks to be signed out and returns where the browser ended.
func (w *world) leave(b *http.Client, fields ...string) string {
	w.t.Helper()
	q := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		q.Set(fields[i], fields[i+1])
	}
	response, err := b.Get(w.issuer + pathLogout + "?" + q.Encode())
	w.must(err)
	_, _, end := w.landing(response)
	return end
}

func (w *world) signedIn(b *http.Client) bool {
	w.t.Helper()
	request, _ := w.ask("hall", "prompt", "none")
	answer, _, _ := w.visit(b, request)
	return answer.Has("code")
}

// OpenID Connect RP-Initiated Logout 1.0 §2, §3.
func TestLogoutWithHint(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	r := w.signIn(b, "hall")
	hint := r.text("id_token")
	online := r.text("access_token")
	offlineToken, refresh := w.family(b)
	w.forward(11 * time.Minute) // the hint has expired, and still is a hint
	fresh := w.refresh(0, "hall", refresh)
	end := w.leave(b, "id_token_hint", hint, "post_logout_redirect_uri", bye, "state", "a b")
	if end != bye+"?state=a+b" {
		t.Errorf("ended at %s", end)
	}
	if w.signedIn(b) {
		t.Error("still signed in")
	}
	response, err := b.Get(w.issuer + pathLogout + "?client_id=hall&state=a;b&post_logout_redirect_uri=" + bye)
	w.must(err)
	if _, _, end := w.landing(response); end != bye+"?state=a%3Bb" {
		t.Errorf("state with a semicolon ended at %s", end)
	}
	for _, token := range []string{online, offlineToken, fresh.text("access_token")} {
		if w.active(token) {
			t.Error("an access token of the session outlived the logout")
		}
	}
	// contract: offline families survive the logout.
	w.forward(time.Second)
	again := w.refresh(0, "hall", fresh.text("refresh_token"))
	if again.Status != http.StatusOK || !w.active(again.text("access_token")) {
		t.Errorf("the offline family did not survive: %d %v", again.Status, again.Body)
	}
}

func TestLogoutAsksWhenNotCertain(t *testing.T) {
	w := newWorld(t, 0)
	b, other := w.browse(), w.browse()
	own := w.signIn(b, "hall").text("id_token")
	foreign := w.signIn(other, "hall").text("id_token") // same account, another session
	for name, fields := range map[string][]string{
		"nothing":                nil,
		"client only":            {"client_id", "hall", "post_logout_redirect_uri", bye},
		"hint of other session":  {"id_token_hint", foreign, "post_logout_redirect_uri", bye},
		"hint spelled otherwise": {"id_token_hint", stray(own), "client_id", "hall", "post_logout_redirect_uri", bye},
		"hint that is not ours":  {"id_token_hint", foreign[:len(foreign)-8] + "AAAAAAAA", "client_id", "hall", "post_logout_redirect_uri", bye},
	} {
		if end := w.leave(b, fields...); end != "page /logout" {
			t.Errorf("%s: ended at %s, want the page that asks", name, end)
		}
		if !w.signedIn(b) {
			t.Fatalf("%s: signed out without being asked", name)
		}
	}
	if end := w.leave(w.browse(), "client_id", "hall", "post_logout_redirect_uri", bye); end != bye {
		t.Errorf("nobody signed in: ended at %s", end)
	}
	if end := w.leave(w.browse()); end != "page /logged-out" {
		t.Errorf("nobody signed in, nowhere to go: ended at %s", end)
	}
}

func TestLogoutNeverRedirectsToStrangers(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	hint := w.signIn(b, "hall").text("id_token")
	for name, fields := range map[string][]string{
		"foreign URI":        {"id_token_hint", hint, "post_logout_redirect_uri", "https://evil.test/"},
		"nearly the URI":     {"id_token_hint", hint, "post_logout_redirect_uri", bye + "/"},
		"URI of nobody":      {"post_logout_redirect_uri", bye},
		"unknown client":     {"client_id", "nobody", "post_logout_redirect_uri", bye},
		"client not in hint": {"client_id", "other", "id_token_hint", hint, "post_logout_redirect_uri", bye},
		"forged hint":        {"id_token_hint", hint[:len(hint)-8] + "AAAAAAAA", "post_logout_redirect_uri", bye},
	} {
		if end := w.leave(b, fields...); !strings.HasPrefix(end, "problem ") {
			t.Errorf("%s: ended at %s", name, end)
		}
	}
	if !w.signedIn(b) {
		t.Error("a bad request signed somebody out")
	}
}

// §2: GET and POST, cross-site.
func TestLogoutByPost(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	hint := w.signIn(b, "hall").text("id_token")
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := plain.PostForm(w.issuer+pathLogout, url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}})
	w.must(err)
	_, status, to := w.landing(response)
	if status != http.StatusSeeOther {
		t.Fatalf("got %d %s", status, to)
	}
	response, err = b.Get(w.issuer + to)
	w.must(err)
	if _, _, end := w.landing(response); end != bye || w.signedIn(b) {
		t.Errorf("ended at %s, signed in %v", end, w.signedIn(b))
	}
	response, err = b.Get(w.issuer + to)
	w.must(err)
	if _, status, page := w.landing(response); status != http.StatusBadRequest {
		t.Errorf("the stored request was used twice: %d %s", status, page)
	}
}
