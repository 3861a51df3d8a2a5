package mandateapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
)

// Code names a problem. Its type URI (RFC 9457 §3.1.1) is typePrefix and the code.
type Code string

// Codes of problems.
const (
	CodeInvalidRequest   Code = "invalid_request"    // 400: not one JSON object, or too many tokens
	CodeInvalidField     Code = "invalid_field"      // 400: errors says which
	CodeTokenMissing     Code = "token_missing"      // 401
	CodeInvalidToken     Code = "invalid_token"      // 401
	CodeScope            Code = "insufficient_scope" // 403
	CodeNoEvents         Code = "events_not_registered"
	CodeNotFound         Code = "not_found"
	CodeMethod           Code = "method_not_allowed"
	CodeTooLarge         Code = "too_large"          // 413: bytes
	CodeTooManyQuestions Code = "too_many_questions" // 413: of a batch
	CodeMediaType        Code = "unsupported_media_type"
	CodeUnavailable      Code = "unavailable"
	CodeInternal         Code = "internal"
)

const (
	typePrefix  = "urn:tongid:problem:"
	problemType = "application/problem+json"
)

// titles are the sentences of the codes (RFC 9457 §3.1.3).
var titles = map[Code]string{
	CodeInvalidRequest:   "The request cannot be read",
	CodeInvalidField:     "A field is missing or wrong",
	CodeTokenMissing:     "An access token is needed",
	CodeInvalidToken:     "The access token is not valid",
	CodeScope:            "The access token does not allow this",
	CodeNoEvents:         "The client is not registered for events",
	CodeNotFound:         "There is nothing here",
	CodeMethod:           "The method is not allowed here",
	CodeTooLarge:         "The body is too long",
	CodeTooManyQuestions: "The batch has too many questions",
	CodeMediaType:        "The body must be application/json",
	CodeUnavailable:      "A store does not answer, try again later",
	CodeInternal:         "The server met an unexpected condition",
}

// fieldFault is what is wrong with one field: its JSON Pointer in the body
// (RFC 6901 §6), or the name of a parameter.
type fieldFault struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Detail    string `json:"detail"`
}

// problem is an answer to a request that could not be done (RFC 9457 §3).
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Code   Code         `json:"code"`
	Detail string       `json:"detail,omitempty"`
	Errors []fieldFault `json:"errors,omitempty"`
}

func (p *problem) Error() string { return fmt.Sprintf("problem %s: %s", p.Code, p.Detail) }

func newProblem(status int, code Code, detail string) *problem {
	return &problem{Type: typePrefix + string(code), Title: titles[code], Status: status, Code: code, Detail: detail}
}

// asProblem finds the problem in an error.
func asProblem(err error) (*problem, bool) { return errors.AsType[*problem](err) }

func (p *problem) write(c echo.Context) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("mandateapi: problem: %w", err)
	}
	return c.Blob(p.Status, problemType, body)
}

// deny answers a refused token (RFC 6750 §3).
func deny(c echo.Context, d *Denial) error {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, d.Challenge)
	code := CodeInvalidRequest
	switch {
	case d.Code == "":
		code = CodeTokenMissing
	case d.Status == http.StatusUnauthorized:
		code = CodeInvalidToken
	case d.Status == http.StatusForbidden:
		code = CodeScope
	}
	return newProblem(d.Status, code, d.Description).write(c)
}

// WriteProblem answers what no handler here answered: no such path or method, a
// body that is too long, a store that is away, a fault.
func WriteProblem(c echo.Context, status int, wait time.Duration) error {
	code, known := map[int]Code{
		http.StatusBadRequest: CodeInvalidRequest, http.StatusNotFound: CodeNotFound, http.StatusMethodNotAllowed: CodeMethod,
		http.StatusRequestEntityTooLarge: CodeTooLarge, http.StatusUnsupportedMediaType: CodeMediaType,
		http.StatusServiceUnavailable: CodeUnavailable,
	}[status]
	switch {
	case known:
	case status >= http.StatusInternalServerError:
		code = CodeInternal
	default:
		code = CodeInvalidRequest
	}
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "no-store")
	if wait > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	return newProblem(status, code, "").write(c)
}
