package cookie

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// contract: cookies on https and on plain http.
func TestAttributes(t *testing.T) {
	for jar, want := range map[Jar]string{
		{Secure: true}:  "__Host-tongid_session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
		{Secure: false}: "tongid_session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
	} {
		w := httptest.NewRecorder()
		jar.Set(w, Session, "v", time.Minute)
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("secure %v: %q, want %q", jar.Secure, got, want)
		}
	}
}

func TestGetRefusesTwoOfAName(t *testing.T) {
	jar := Jar{}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	if jar.Any(r) || jar.Get(r, Session) != "" {
		t.Error("a cookie of nowhere")
	}
	r.AddCookie(&http.Cookie{Name: Session, Value: "a"})
	if jar.Get(r, Session) != "a" || !jar.Any(r) {
		t.Error("the cookie is not read")
	}
	r.AddCookie(&http.Cookie{Name: Session, Value: "b"})
	if got := jar.Get(r, Session); got != "" {
		t.Errorf("of two values %q was believed", got)
	}
	if (Jar{Secure: true}).Get(r, Session) != "" {
		t.Error("on https a cookie without __Host- was believed")
	}
}
