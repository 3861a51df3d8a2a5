package provider

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/mandateapi"
	"github.com/tongid/tongid/templates"
)

// problemPage shows the error page.
type problemPage interface {
	Problem(c echo.Context, status int, p templates.Problem) error
}

// faults is where every error that a handler returns ends: an answer to the
// person, or a fault that is logged, here and once, and answered with a fixed
// page that names its trace id.
type faults struct {
	log   *slog.Logger
	pages problemPage
}

// retryAfter is how long to wait for a store that does not answer.
const retryAfter = 5 * time.Second

// statusGone is nginx's code for a client that went away before the answer; it
// reaches nobody but the access log.
const statusGone = 499

// answer is the echo.HTTPErrorHandler.
func (f faults) answer(err error, c echo.Context) {
	ctx := c.Request().Context()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		if !c.Response().Committed {
			c.Response().WriteHeader(statusGone)
		}
		return
	}
	problem, known := problemOf(err)
	if !known {
		f.logOnce(c, err)
	}
	if c.Response().Committed {
		return
	}
	page := templates.Problem{Code: problem.Code, WaitSeconds: int(math.Ceil(problem.Wait.Seconds()))}
	if page.WaitSeconds > 0 {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(page.WaitSeconds))
	}
	path := c.Request().URL.Path
	switch {
	case strings.HasPrefix(path, mandateapi.Prefix):
		err = mandateapi.WriteProblem(c, problem.Status, problem.Wait)
	case !forPeople(path):
		err = c.JSON(problem.Status, map[string]string{"error": registered(problem.Status)})
	default:
		err = f.pages.Problem(c, problem.Status, page)
	}
	if err != nil {
		f.logOnce(c, err)
		if !c.Response().Committed {
			c.Response().WriteHeader(http.StatusInternalServerError)
		}
	}
}

// left reports whether an answer under way failed because there is nobody any
// more to take it, which is no fault of ours.
func left(c echo.Context, err error) bool {
	if _, panicked := errors.AsType[*guard.PanicError](err); panicked || !c.Response().Committed {
		return false
	}
	return c.Request().Context().Err() != nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

func (f faults) logOnce(c echo.Context, err error) {
	if left(c, err) {
		return
	}
	ctx := c.Request().Context()
	attrs := []slog.Attr{
		slog.String("error", err.Error()), slog.String("route", c.Path()), slog.String("trace_id", guard.TraceID(ctx)),
	}
	if p, ok := errors.AsType[*guard.PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	level := slog.LevelError
	if errors.Is(err, accounts.ErrBusy) {
		level = slog.LevelWarn // more is asked than this machine does: nothing is broken
	}
	f.log.LogAttrs(ctx, level, "request failed", attrs...)
}

// problemOf says what a person is told of an error, and whether it is an answer
// (known) or a fault of ours.
func problemOf(err error) (p interaction.ProblemError, known bool) {
	if problem, ok := errors.AsType[*interaction.ProblemError](err); ok {
		return *problem, true
	}
	for _, known := range []struct {
		err     error
		problem interaction.ProblemError
	}{
		{interaction.ErrExpired, interaction.ProblemError{Status: http.StatusGone, Code: "flow_expired"}},
		{interaction.ErrElsewhere, interaction.ProblemError{Status: http.StatusForbidden, Code: "flow_elsewhere"}},
		{interaction.ErrCookiesOff, interaction.ProblemError{Status: http.StatusBadRequest, Code: "cookies_off"}},
		{interaction.ErrState, interaction.ProblemError{Status: http.StatusConflict, Code: "invalid_request"}},
	} {
		if errors.Is(err, known.err) {
			return known.problem, true
		}
	}
	if errors.Is(err, accounts.ErrUnavailable) || errors.Is(err, accounts.ErrBusy) || errors.Is(err, context.DeadlineExceeded) {
		return interaction.ProblemError{Status: http.StatusServiceUnavailable, Code: "unavailable", Wait: retryAfter}, false
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok && e.Code >= 400 && e.Code < 500 {
		return interaction.ProblemError{Status: e.Code, Code: codeOf(e.Code)}, true
	}
	return interaction.ProblemError{Status: http.StatusInternalServerError, Code: "internal"}, false
}

// codeOf names the error page of a status.
func codeOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "not_found"
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusTooManyRequests:
		return "rate_limited"
	default:
		return "invalid_request"
	}
}

// forPeople reports whether a browser with a person before it asks for that
// path, and not a program.
func forPeople(path string) bool {
	if strings.HasPrefix(path, "/.well-known/") || strings.HasPrefix(path, mandateapi.Prefix) {
		return false
	}
	endpoint, protocol := strings.CutPrefix(path, "/oauth2/")
	return !protocol || strings.HasPrefix(endpoint, "authorize") || endpoint == "logout"
}

// registered is the OAuth error code (RFC 6749 §5.2) that a program reads where
// its endpoint did not answer itself.
func registered(status int) string {
	switch {
	case status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	case status >= http.StatusInternalServerError:
		return "server_error"
	default:
		return "invalid_request"
	}
}
