package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
)

// logout ends the sign-in here first and then sends the browser to the provider to end it there
// (OpenID Connect RP-Initiated Logout 1.0 §2).
func (h *hall) logout(w http.ResponseWriter, r *http.Request) error {
	s := h.current(r)
	if s == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	if err := s.checkForm(r); err != nil {
		return err
	}
	h.close(w, s)
	md, err := h.issuer.metadata(r.Context())
	if err != nil {
		h.log.WarnContext(r.Context(), "signed out here only", "error", err)
	}
	if md == nil || md.EndSession == "" {
		http.Redirect(w, r, "/?notice="+noticeLocalOnly, http.StatusSeeOther)
		return nil
	}
	held := s.holding()
	h.revoke(r.Context(), md, held)
	state := rand.Text()
	h.farewells.put(pendingKey(h.browser(w, r), state), struct{}{})
	to, err := h.logoutURL(md.EndSession, held.idToken, state)
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// logoutURL is the logout request. The hint lets the provider see whose logout it is, so that it
// need not ask; client_id stands beside it because an expired hint may not be read.
func (h *hall) logoutURL(endpoint, hint, state string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("end_session_endpoint: %w", err)
	}
	query := u.Query()
	query.Set("id_token_hint", hint)
	query.Set("client_id", h.cfg.ClientID)
	query.Set("post_logout_redirect_uri", h.cfg.postLogoutURI())
	query.Set("state", state)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// returned says whether a visit to the front page is the way back from a logout of this browser.
func (h *hall) returned(r *http.Request) bool {
	state := r.URL.Query().Get("state")
	if state == "" {
		return false
	}
	_, ok := h.farewells.take(pendingKey(readCookie(r, h.flowCookie()), state))
	return ok
}
