package main

import (
	"net/http"
	"strings"
)

// secure sets the headers every answer carries. Only the portal's own styles and pictures load;
// there is no script at all.
func (h *hall) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; "+
			"form-action 'self' "+strings.Join(h.issuer.logoutOrigins(), " ")+"; frame-ancestors 'none'; base-uri 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: that would blank the Origin of the portal's own forms, by which
		// browsers without Sec-Fetch-Site (and plain http addresses) are told from strangers.
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		head.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
