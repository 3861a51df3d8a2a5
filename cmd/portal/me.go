package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// mePage shows a signed-in visitor what the provider said.
type mePage struct {
	frame
	Notice    string
	Identity  identity
	Kind      string // account_type
	KindWord  string
	TypeWord  string
	State     string // of the enterprise
	StateWord string
	Level     string // number of the acr
	Words     sentence
	Methods   []claimValue // amr
	Since     string       // auth_time
	Tokens    tokensView
	IDClaims  []claimRow
	UserInfo  []claimRow
}

func (mePage) name() string { return "me" }

// tokensView is what may be seen of the tokens.
type tokensView struct {
	Access, Refresh  string // masked
	Expires          string
	Expired          bool
	Minutes, Seconds int // left
	Received         string
	Generation       int
	Scope            string
}

// me shows the page of the signed-in.
func (h *hall) me(w http.ResponseWriter, r *http.Request) error {
	s, unchecked := h.signedIn(w, r)
	if s == nil {
		return nil
	}
	page := h.newMePage(r, s)
	page.Notice = h.notice(r)
	if unchecked {
		page.Notice = h.pages.words.Notices[noticeUnchecked]
	}
	return h.show(w, http.StatusOK, page)
}

// newMePage fills the page from what the session holds.
func (h *hall) newMePage(r *http.Request, s *session) mePage {
	held, w := s.holding(), h.pages.words
	page := mePage{
		frame:    h.frame(r),
		Identity: held.who,
		Kind:     kindOf(s, held),
		Tokens:   h.tokensView(held),
		IDClaims: w.rows(held.idClaims),
		UserInfo: w.rows(held.userinfo),
	}
	page.KindWord = w.value("account_type", page.Kind)
	if e := held.who.Enterprise; e != nil {
		page.TypeWord = w.value("enterprise.type", e.Type)
		page.State, page.StateWord = e.Status, w.value("enterprise.status", e.Status)
	}
	for _, row := range page.IDClaims {
		switch {
		case row.Name == "acr" && len(row.Values) == 1:
			page.Level, _ = strings.CutPrefix(row.Values[0].Raw, "urn:tongid:loa:")
			page.Words = w.Levels[page.Level]
		case row.Name == "amr":
			page.Methods = row.Values
		case row.Name == "auth_time" && len(row.Values) == 1:
			page.Since = row.Values[0].Word
		}
	}
	return page
}

// tokensView shows that there are tokens and until when, and not the tokens.
func (h *hall) tokensView(held holding) tokensView {
	v := tokensView{
		Access:     mask(held.token.AccessToken),
		Refresh:    mask(held.token.RefreshToken),
		Received:   beijing(held.received),
		Generation: held.generation,
		Scope:      h.cfg.Scope,
	}
	if scope, ok := held.token.Extra("scope").(string); ok && scope != "" {
		v.Scope = scope // what was granted, where it differs (RFC 6749 §5.1)
	}
	if expiry := held.expires; !expiry.IsZero() {
		left := expiry.Sub(h.now()).Truncate(time.Second)
		v.Expires, v.Expired = beijing(expiry), left <= 0
		if !v.Expired {
			v.Minutes, v.Seconds = int(left.Minutes()), int(left.Seconds())%60
		}
	}
	return v
}

// mask leaves the ends of a token to be recognized by.
func mask(token string) string {
	const ends = 6
	switch {
	case token == "":
		return ""
	case len(token) < 6*ends:
		return "…"
	}
	return token[:ends] + "…" + token[len(token)-ends:]
}

// signedIn returns the session of a request for a page that needs one. Without one it has already
// answered with the way to the front page. The provider is asked each time whether the access
// token still stands, so that a logout elsewhere, or a frozen enterprise, is seen here at once;
// unchecked tells that it did not say.
func (h *hall) signedIn(w http.ResponseWriter, r *http.Request) (s *session, unchecked bool) {
	s = h.current(r)
	if s == nil {
		http.Redirect(w, r, "/?notice="+noticeSignIn, http.StatusSeeOther)
		return nil, false
	}
	err := h.recheck(r.Context(), s)
	if errors.Is(err, errTokenEnded) {
		h.close(w, s)
		http.Redirect(w, r, "/?notice="+noticeEnded, http.StatusSeeOther)
		return nil, false
	}
	return s, err != nil
}

// recheck asks the provider about a session. A token that ran out says nothing about the sign-in,
// so it is not asked with: the page offers a refresh.
func (h *hall) recheck(ctx context.Context, s *session) error {
	held := s.holding()
	if !held.expires.IsZero() && held.expires.Sub(h.now()) < expiryMargin {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, recheckTime)
	defer cancel()
	md, err := h.issuer.metadata(ctx)
	if err != nil {
		return err
	}
	raw, who, err := h.fetchUserinfo(ctx, md, held.token.AccessToken, held.subject)
	if errors.Is(err, errTokenEnded) {
		if s.holding().token.AccessToken != held.token.AccessToken {
			return nil // refreshed meanwhile in another tab
		}
		h.revoke(ctx, md, held)
		return err
	}
	if err != nil {
		h.log.WarnContext(ctx, "sign-in not confirmed", "error", err)
		return err
	}
	s.learn(held.token.AccessToken, raw, who)
	return nil
}
