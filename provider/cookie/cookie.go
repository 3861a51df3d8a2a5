// Package cookie is the one place where a cookie's attributes are set.
//
// On an https issuer every cookie is "__Host-…; Secure; HttpOnly; SameSite=Lax;
// Path=/" (RFC 6265bis §4.1.3.2); on plain http, allowed on local hosts only,
// the same without prefix and Secure.
package cookie

import (
	"net/http"
	"time"
)

// The cookies that tongid sets.
const (
	Session = "tongid_session" // secret of the signed-in browser session
	Browser = "tongid_browser" // secret of the browser, before and after sign-in; binds flows and CSRF tokens
	Device  = "tongid_device"  // accounts that signed in from this browser before, authenticated
	Display = "tongid_display" // language and text size
	Acting  = "tongid_acting"  // for which enterprise a person last acted, by portal
)

// Jar reads and writes cookies.
type Jar struct {
	Secure bool // the issuer is https
}

func (j Jar) name(name string) string {
	if j.Secure {
		return "__Host-" + name
	}
	return name
}

func (j Jar) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // G124: Secure follows the issuer's scheme
		Name: j.name(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: j.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Set sends a cookie. A lifetime of 0 makes it end with the browser.
func (j Jar) Set(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, j.cookie(name, value, int(life/time.Second)))
}

// Clear takes a cookie back.
func (j Jar) Clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, j.cookie(name, "", -1))
}

// Get returns the cookie's value, empty if the browser sent none. If it sent
// the name twice, neither can be trusted and it is as if it sent none.
func (j Jar) Get(r *http.Request, name string) string {
	found := r.CookiesNamed(j.name(name))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// Any reports whether the browser sent any cookie of ours, that is, whether
// cookies are on.
func (j Jar) Any(r *http.Request) bool {
	for _, name := range []string{Session, Browser, Device, Display} {
		if len(r.CookiesNamed(j.name(name))) > 0 {
			return true
		}
	}
	return false
}
