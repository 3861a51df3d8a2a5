package main

import (
	"net/http"
	"net/url"
)

// problemCode names what went wrong; templates/words.json has its sentences.
type problemCode string

const (
	problemNotFound      problemCode = "not_found"
	problemForeignForm   problemCode = "foreign_form"
	problemInternal      problemCode = "internal"
	problemIssuerDown    problemCode = "issuer_down"
	problemBadAnswer     problemCode = "bad_answer"
	problemUnknownState  problemCode = "unknown_state"
	problemForeignIssuer problemCode = "foreign_issuer"
	problemBadToken      problemCode = "bad_token"
	problemNoUserinfo    problemCode = "no_userinfo"
	problemCodeRefused   problemCode = "code_refused"
	problemClientRefused problemCode = "client_refused"
	problemDenied        problemCode = "denied"
	problemLoginNeeded   problemCode = "login_needed"
	problemLevelNeeded   problemCode = "level_needed"
	problemProviderBusy  problemCode = "provider_busy"
	problemRequest       problemCode = "request_refused"
)

// problem is a failure as the visitor sees it: a page with a way on.
type problem struct {
	code    problemCode
	kind    string // what the visitor was signing in as, for trying again
	service string // the service that was being opened
	failure string // the provider's error code, if it sent one
	detail  string // and its description
	cause   error  // for the log, not for the page
}

// Error says what went wrong, for the log.
func (p *problem) Error() string {
	text := string(p.code)
	if p.failure != "" {
		text += ": " + p.failure
	}
	if p.cause != nil {
		text += ": " + p.cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.cause }

// problemStatuses gives the HTTP status of each problem, and so lists them all.
func problemStatuses() map[problemCode]int {
	return map[problemCode]int{
		problemNotFound:      http.StatusNotFound,
		problemForeignForm:   http.StatusForbidden,
		problemInternal:      http.StatusInternalServerError,
		problemIssuerDown:    http.StatusBadGateway,
		problemBadAnswer:     http.StatusBadRequest,
		problemUnknownState:  http.StatusBadRequest,
		problemForeignIssuer: http.StatusBadRequest,
		problemBadToken:      http.StatusBadGateway,
		problemNoUserinfo:    http.StatusBadGateway,
		problemCodeRefused:   http.StatusBadRequest,
		problemClientRefused: http.StatusBadGateway,
		problemDenied:        http.StatusBadRequest,
		problemLoginNeeded:   http.StatusBadRequest,
		problemLevelNeeded:   http.StatusBadRequest,
		problemProviderBusy:  http.StatusBadGateway,
		problemRequest:       http.StatusBadRequest,
	}
}

// problemOfError sorts the errors of an authorization response (RFC 6749 §4.1.2.1, OpenID Connect
// Core §3.1.2.6, OpenID Connect Unmet Authentication Requirements 1.0).
func problemOfError(code string) problemCode {
	switch code {
	case "access_denied":
		return problemDenied
	case "login_required", "interaction_required", "consent_required", "account_selection_required":
		return problemLoginNeeded
	case "unmet_authentication_requirements":
		return problemLevelNeeded
	case "server_error", "temporarily_unavailable":
		return problemProviderBusy
	}
	return problemRequest
}

// problemPage is a failure, kindly told.
type problemPage struct {
	frame
	Code    problemCode
	Words   sentence
	Failure string
	Detail  string
	Retry   string // where trying again starts; empty when that makes no sense
}

func (problemPage) name() string { return "problem" }

// showProblem logs what needs an operator and answers with the page.
func (h *hall) showProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	status := problemStatuses()[p.code]
	if status >= http.StatusInternalServerError {
		h.log.WarnContext(r.Context(), "request failed", "path", r.URL.Path, "code", string(p.code), "error", p)
	}
	err := h.show(w, status, problemPage{
		frame:   h.frame(r),
		Code:    p.code,
		Words:   h.pages.words.Problems[p.code],
		Failure: p.failure,
		Detail:  p.detail,
		Retry:   retryOf(p),
	})
	if err != nil {
		h.log.ErrorContext(r.Context(), "problem page failed", "error", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// retryOf is where to try again: the same sign-in without the parameters that were only tried out.
func retryOf(p *problem) string {
	if p.code == problemNotFound || p.code == problemForeignForm || p.code == problemInternal {
		return ""
	}
	query := url.Values{}
	if p.kind != "" {
		query.Set("kind", p.kind)
	}
	if p.service != "" {
		query.Set("service", p.service)
	}
	if len(query) == 0 {
		return "/login"
	}
	return "/login?" + query.Encode()
}
