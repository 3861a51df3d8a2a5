package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// refresh gets new tokens (RFC 6749 §6). When the provider says that the grant is over, so is the
// sign-in here.
func (h *hall) refresh(w http.ResponseWriter, r *http.Request) error {
	s := h.current(r)
	if s == nil {
		http.Redirect(w, r, "/?notice="+noticeEnded, http.StatusSeeOther)
		return nil
	}
	if err := s.checkForm(r); err != nil {
		return err
	}
	trouble := h.renew(r, s)
	switch {
	case trouble == nil:
		http.Redirect(w, r, "/me?notice="+noticeRefreshed, http.StatusSeeOther)
		return nil
	case trouble.code == problemBadToken:
		h.close(w, s)
	case trouble.code == problemCodeRefused:
		h.close(w, s)
		http.Redirect(w, r, "/?notice="+noticeEnded, http.StatusSeeOther)
		return nil
	}
	return trouble
}

// renew spends the refresh token. Its successor is kept before anything else is done with the
// answer, and a visitor who leaves meanwhile changes nothing: losing it would end the grant at
// the next refresh.
func (h *hall) renew(r *http.Request, s *session) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx := oidc.ClientContext(context.WithoutCancel(r.Context()), h.http)
	held := s.holding()
	if held.token.RefreshToken == "" {
		return &problem{code: problemCodeRefused}
	}
	md, err := h.issuer.metadata(ctx)
	if err != nil {
		return &problem{code: problemIssuerDown, kind: s.kind, cause: err}
	}
	// The source is given only the refresh token, so it must use it; where the answer brings no
	// new one it hands back the old.
	token, err := h.oauthConfig(md).TokenSource(ctx, &oauth2.Token{RefreshToken: held.token.RefreshToken}).Token()
	if err != nil {
		return problemOfTokenError(err)
	}
	held = held.receive(token, h.now())
	s.hold(held)

	if raw, ok := token.Extra("id_token").(string); ok {
		id, err := h.verifyIDToken(ctx, md, raw, expectation{subject: held.subject, accessToken: token.AccessToken, maxAge: -1})
		if err != nil {
			return &problem{code: problemBadToken, kind: s.kind, cause: err}
		}
		held.idToken, held.idClaims = raw, id.raw
	}
	held.userinfo, held.who, err = h.fetchUserinfo(ctx, md, token.AccessToken, held.subject)
	if errors.Is(err, errTokenEnded) {
		return &problem{code: problemCodeRefused, kind: s.kind, cause: err}
	}
	if err != nil {
		return &problem{code: problemNoUserinfo, kind: s.kind, cause: err}
	}
	s.hold(held)
	return nil
}
