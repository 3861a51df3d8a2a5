package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// answer is the provider's authorization response (RFC 6749 §4.1.2, RFC 9207 §2).
type answer struct {
	state, code, iss   string
	hasIss             bool
	failure, explained string
}

// callback takes the provider's answer. The state is spent first, whatever the answer then turns
// out to be: it is good for one.
func (h *hall) callback(w http.ResponseWriter, r *http.Request) error {
	a, err := readAnswer(r.URL)
	if err != nil {
		return &problem{code: problemBadAnswer, cause: err}
	}
	p, ok := h.pending.take(pendingKey(readCookie(r, h.flowCookie()), a.state))
	if !ok {
		return &problem{code: problemUnknownState}
	}
	md, err := h.issuer.metadata(r.Context())
	if err != nil {
		return &problem{code: problemIssuerDown, kind: p.kind, service: p.service, cause: err}
	}
	if trouble := h.judge(a, md); trouble != nil {
		trouble.kind, trouble.service = p.kind, p.service
		return trouble
	}
	held, trouble := h.redeem(r.Context(), md, a.code, p)
	if trouble != nil {
		trouble.kind, trouble.service = p.kind, p.service
		return trouble
	}
	h.open(w, r, p.kind, held)
	http.Redirect(w, r, h.afterLogin(p), http.StatusSeeOther) //nolint:gosec // G710: a path of ours or the operator's address
	return nil
}

// readAnswer reads the response; a parameter that comes twice makes it void (RFC 6749 §3.1).
func readAnswer(u *url.URL) (answer, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return answer{}, fmt.Errorf("parse query: %w", err)
	}
	for _, name := range []string{"state", "code", "iss", "error", "error_description"} {
		if len(query[name]) > 1 {
			return answer{}, fmt.Errorf("parameter %s given more than once", name)
		}
	}
	return answer{
		state: query.Get("state"), code: query.Get("code"),
		iss: query.Get("iss"), hasIss: query.Has("iss"),
		failure: query.Get("error"), explained: query.Get("error_description"),
	}, nil
}

// judge decides whether an answer carries a code to redeem. Who sent it is settled first, for
// errors too (RFC 9207 §2.4).
func (h *hall) judge(a answer, md *metadata) *problem {
	if (a.hasIss || md.IssInResponse) && a.iss != h.cfg.Issuer {
		return &problem{code: problemForeignIssuer, cause: fmt.Errorf("response says iss %q", clip(a.iss))}
	}
	if a.failure != "" {
		return &problem{code: problemOfError(a.failure), failure: clip(a.failure), detail: clip(a.explained)}
	}
	if a.code == "" {
		return &problem{code: problemBadAnswer, cause: errors.New("response has neither code nor error")}
	}
	return nil
}

// redeem turns the code into tokens and learns who signed in.
func (h *hall) redeem(ctx context.Context, md *metadata, code string, p pending) (holding, *problem) {
	ctx = oidc.ClientContext(ctx, h.http)
	token, err := h.oauthConfig(md).Exchange(ctx, code, oauth2.VerifierOption(p.verifier))
	if err != nil {
		return holding{}, problemOfTokenError(err)
	}
	held := holding{}.receive(token, h.now())
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return holding{}, &problem{code: problemBadToken, cause: errors.New("token response has no id_token")}
	}
	id, err := h.verifyIDToken(ctx, md, raw, expectation{nonce: p.nonce, accessToken: token.AccessToken, maxAge: p.maxAge})
	if err != nil {
		return holding{}, &problem{code: problemBadToken, cause: err}
	}
	held.idToken, held.idClaims, held.subject = raw, id.raw, id.Subject
	held.userinfo, held.who, err = h.fetchUserinfo(ctx, md, token.AccessToken, held.subject)
	if err != nil {
		return holding{}, &problem{code: problemNoUserinfo, cause: err}
	}
	return held, nil
}

// afterLogin is where a new sign-in goes on to.
func (h *hall) afterLogin(p pending) string {
	switch {
	case h.cfg.CallbackThen != "":
		return h.cfg.CallbackThen
	case p.service != "":
		return "/service/" + url.PathEscape(p.service)
	}
	return "/me"
}

// problemOfTokenError sorts what can go wrong at the token endpoint (RFC 6749 §5.2): the code was
// not taken, the provider does not know this client, or it did not answer.
func problemOfTokenError(err error) *problem {
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok || refusal.ErrorCode == "":
		return &problem{code: problemIssuerDown, cause: err}
	case refusal.ErrorCode == "invalid_grant":
		return &problem{code: problemCodeRefused, failure: clip(refusal.ErrorCode), detail: clip(refusal.ErrorDescription)}
	}
	return &problem{code: problemClientRefused, failure: clip(refusal.ErrorCode), detail: clip(refusal.ErrorDescription), cause: err}
}

// clip shortens text from outside to what fits a page and a log line.
func clip(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
