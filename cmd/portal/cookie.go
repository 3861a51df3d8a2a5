package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// Cookies do not know ports: two portals on localhost share one jar. So their names carry the
// client's identifier.

// cookieName makes a cookie name (RFC 6265 §4.1.1: a token) of the client's identifier. One that
// had to be changed gets a fingerprint, so that two clients never meet under one name.
func cookieName(clientID string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '-'
	}, clientID)
	if plain != clientID {
		sum := sha256.Sum256([]byte(clientID))
		plain += "-" + hex.EncodeToString(sum[:4])
	}
	return "portal_" + plain
}

// sessionCookie names the cookie that says who is signed in.
func (h *hall) sessionCookie() string { return cookieName(h.cfg.ClientID) }

// flowCookie names the cookie that ties requests under way to the browser that began them. It is
// apart from the session's, which changes at every sign-in while other tabs are still under way.
func (h *hall) flowCookie() string { return cookieName(h.cfg.ClientID) + "_flow" }

// setCookie sets a cookie until the browser closes.
func (h *hall) setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, h.cookie(name, value, 0))
}

// clearCookie removes a cookie.
func (h *hall) clearCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, h.cookie(name, "", -1))
}

// cookie gives every cookie of the portal its attributes. Lax, because the provider's redirect
// back to the callback is a cross-site navigation that must carry them.
func (h *hall) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // G124: Secure goes by the scheme; the demonstration is plain http
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(h.cfg.BaseURL, "https://"),
	}
}

// readCookie returns a cookie's value, or nothing.
func readCookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// browser returns the identifier that ties requests under way to this browser, and sets one when
// there is none.
func (h *hall) browser(w http.ResponseWriter, r *http.Request) string {
	if id := readCookie(r, h.flowCookie()); id != "" {
		return id
	}
	id := rand.Text()
	h.setCookie(w, h.flowCookie(), id)
	return id
}
