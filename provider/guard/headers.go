package guard

import (
	"maps"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// policy is the content security policy of every page. media-src is for the
// spoken captcha; connect-src for the script, which asks how a face check stands
// and sends forms without losing what was typed.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

// Names of headers that net/http and echo have no constant for.
const (
	headerCSP      = "Content-Security-Policy"
	headerHSTS     = "Strict-Transport-Security"
	headerReferrer = "Referrer-Policy"
	headerCOOP     = "Cross-Origin-Opener-Policy"
)

// Headers sets the security headers of every answer. formTargets are the
// origins, besides our own, that forms on our pages send to (the header's
// search). What is not forPeople, a program reads: of the headers it gets those
// that keep a browser from showing or guessing at what it should not have opened.
//
// Referrer-Policy is same-origin, not no-referrer: under the latter a browser
// sends "Origin: null" with our own forms (Fetch §3.2), which a browser without
// Sec-Fetch-Site could then not be told from another site's. To other sites
// neither sends anything.
func Headers(https bool, formTargets []string, forPeople func(path string) bool) echo.MiddlewareFunc {
	// Made once and shared by every answer: a handler that sets one of them anew
	// replaces the slice, it does not write into it.
	programs := http.Header{
		headerCSP:                      {"default-src 'none'; frame-ancestors 'none'"},
		echo.HeaderXContentTypeOptions: {"nosniff"},
	}
	if https {
		programs[headerHSTS] = []string{"max-age=31536000"}
	}
	people := programs.Clone()
	maps.Copy(people, http.Header{
		headerCSP:                {policy + "; form-action " + strings.Join(append([]string{"'self'"}, formTargets...), " ")},
		headerReferrer:           {"same-origin"},
		headerCOOP:               {"same-origin"},
		echo.HeaderXFrameOptions: {"DENY"}, // for browsers without frame-ancestors
	})
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			fixed := people
			if !forPeople(c.Request().URL.Path) {
				fixed = programs
			}
			maps.Copy(c.Response().Header(), fixed)
			return next(c)
		}
	}
}

// InAuthorization loosens the headers of a page that stands inside an
// authorization. Chromium applies form-action to every redirect that follows a
// form, so it would stop portals whose callback redirects on; and a portal that
// opened us in a window must find that window again.
func InAuthorization(h http.Header) {
	h.Set(headerCSP, policy)
	h.Del(headerCOOP)
}

// NoStore keeps an answer out of every cache.
func NoStore(h http.Header) { h.Set(echo.HeaderCacheControl, "no-store") }
