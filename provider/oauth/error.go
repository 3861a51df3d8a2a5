package oauth

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/ory/fosite"

	"github.com/tongid/tongid/accounts"
)

// Registered error codes (RFC 6749 §4.1.2.1, §5.2; OIDC Core §3.1.2.6; RFC 6750
// §3.1; RFC 7009 §2.2.1; the unmet acr code of the registration by OpenID
// Connect Core Error Code unmet_authentication_requirements 1.0).
const (
	codeInvalidRequest       = "invalid_request"
	codeInvalidClient        = "invalid_client"
	codeInvalidGrant         = "invalid_grant"
	codeInvalidScope         = "invalid_scope"
	codeInvalidToken         = "invalid_token"
	codeInsufficientScope    = "insufficient_scope"
	codeUnauthorizedClient   = "unauthorized_client"
	codeUnsupportedGrant     = "unsupported_grant_type"
	codeUnsupportedResponse  = "unsupported_response_type"
	codeUnsupportedTokenType = "unsupported_token_type"
	codeAccessDenied         = "access_denied"
	codeServerError          = "server_error"
	codeUnavailable          = "temporarily_unavailable"
	codeLoginRequired        = "login_required"
	codeConsentRequired      = "consent_required"
	codeInteractionRequired  = "interaction_required"
	codeAccountSelection     = "account_selection_required"
	codeUnmetAuthentication  = "unmet_authentication_requirements"
	codeRequestNotSupported  = "request_not_supported"
	codeRequestURINot        = "request_uri_not_supported"
	codeRegistrationNot      = "registration_not_supported"
)

// protocolError is an answer to a relying party. Description is ASCII English
// and names no value that was sent.
type protocolError struct {
	Code        string
	Description string
}

func (e *protocolError) Error() string { return e.Code + ": " + e.Description }

func refuse(code, description string) *protocolError {
	return &protocolError{Code: code, Description: description}
}

// status is the HTTP status of an error in JSON.
func (e *protocolError) status() int {
	switch e.Code {
	case codeInvalidClient, codeInvalidToken:
		return http.StatusUnauthorized
	case codeInsufficientScope:
		return http.StatusForbidden
	case codeServerError:
		return http.StatusInternalServerError
	case codeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// toProtocol turns any error into what a relying party may read, and reports
// whether it is a fault of ours that has to be logged.
func toProtocol(err error) (answer *protocolError, fault bool) {
	if p, ok := errors.AsType[*protocolError](err); ok {
		return p, false
	}
	if errors.Is(err, accounts.ErrUnavailable) {
		return refuse(codeUnavailable, "a store does not answer, try again later"), true
	}
	if f, ok := errors.AsType[*fosite.RFC6749Error](err); ok {
		return fromFosite(f), f.CodeField >= http.StatusInternalServerError
	}
	return refuse(codeServerError, "the server met an unexpected condition"), true
}

// fromFosite keeps the registered codes of fosite's errors and translates the
// others (fosite.md §4.2: request_unauthorized, token_inactive, invalid_state and
// the like are not registered).
func fromFosite(f *fosite.RFC6749Error) *protocolError {
	switch f.ErrorField {
	case codeInvalidRequest, codeInvalidGrant, codeInvalidScope, codeUnauthorizedClient,
		codeUnsupportedGrant, codeInvalidClient:
		return refuse(f.ErrorField, ascii(f.HintField))
	default:
		if f.CodeField >= http.StatusInternalServerError {
			return refuse(codeServerError, "the server met an unexpected condition")
		}
		return refuse(codeInvalidGrant, ascii(f.HintField))
	}
}

// ascii keeps the characters that RFC 6749 §5.2 allows in error_description.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

type errorJSON struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// fail answers a relying party in JSON (RFC 6749 §5.2).
func (s *Server) fail(c echo.Context, err error) error {
	answer, fault := toProtocol(err)
	if fault {
		s.logFault(c, err)
	}
	h := c.Response().Header()
	if answer.Code == codeInvalidClient {
		h.Set("WWW-Authenticate", `Basic realm="tongid", charset="UTF-8"`)
	}
	if answer.Code == codeUnavailable {
		h.Set("Retry-After", "5")
	}
	noStore(h)
	return c.JSON(answer.status(), errorJSON{Error: answer.Code, Description: answer.Description})
}

func (s *Server) logFault(c echo.Context, err error) {
	ctx := c.Request().Context()
	if ctx.Err() != nil {
		return // the client went away
	}
	s.Log.ErrorContext(ctx, "request failed", "error", err.Error(), "route", c.Path())
}

func noStore(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
}
