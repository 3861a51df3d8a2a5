package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// errorPage notes what it was asked to show.
type errorPage struct {
	shown []templates.Problem
	fails bool
}

func (p *errorPage) Problem(c echo.Context, status int, problem templates.Problem) error {
	if p.fails {
		return errors.New("no page")
	}
	p.shown = append(p.shown, problem)
	return c.HTML(status, "page")
}

func answerTo(ctx context.Context, t *testing.T, err error, path string) (*httptest.ResponseRecorder, *errorPage, string) {
	t.Helper()
	var log bytes.Buffer
	pages := &errorPage{}
	r, w := httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx), httptest.NewRecorder()
	c := echo.New().NewContext(r, w)
	faults{log: slog.New(slog.NewJSONHandler(&log, nil)), pages: pages}.answer(err, c)
	return w, pages, log.String()
}

func TestFaultPages(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
		logged bool
	}{
		"a problem":         {&interaction.ProblemError{Status: 400, Code: "invalid_client"}, 400, "invalid_client", false},
		"a wrapped problem": {fmt.Errorf("x: %w", &interaction.ProblemError{Status: 400, Code: "invalid_client"}), 400, "invalid_client", false},
		"expired":           {fmt.Errorf("x: %w", interaction.ErrExpired), 410, "flow_expired", false},
		"elsewhere":         {interaction.ErrElsewhere, 403, "flow_elsewhere", false},
		"cookies off":       {interaction.ErrCookiesOff, 400, "cookies_off", false},
		"out of order":      {interaction.ErrState, 409, "invalid_request", false},
		"not found":         {echo.ErrNotFound, 404, "not_found", false},
		"wrong method":      {echo.ErrMethodNotAllowed, 405, "method_not_allowed", false},
		"too large":         {echo.ErrStatusRequestEntityTooLarge, 413, "too_large", false},
		"no form":           {echo.ErrUnsupportedMediaType, 415, "invalid_request", false},
		"too many":          {echo.ErrTooManyRequests, 429, "rate_limited", false},
		"store away":        {fmt.Errorf("x: %w", accounts.ErrUnavailable), 503, "unavailable", true},
		"too slow":          {fmt.Errorf("x: %w", context.DeadlineExceeded), 503, "unavailable", true},
		"echo's own fault":  {echo.NewHTTPError(500, "secret"), 500, "internal", true},
		"a store's word":    {fmt.Errorf("x: %w", accounts.ErrNotFound), 500, "internal", true},
		"a lost refusal":    {accounts.Refuse("x"), 500, "internal", true},
		"anything":          {errors.New("secret"), 500, "internal", true},
		"a panic":           {&guard.PanicError{Value: "secret", Stack: []byte("goroutine 1")}, 500, "internal", true},
		"cancelled inside":  {context.Canceled, 500, "internal", true},
	} {
		t.Run(name, func(t *testing.T) {
			w, pages, log := answerTo(t.Context(), t, c.err, "/login/enterprise")
			if w.Code != c.status || len(pages.shown) != 1 || pages.shown[0].Code != c.code {
				t.Errorf("%d %+v, want %d %s", w.Code, pages.shown, c.status, c.code)
			}
			if got := strings.Count(log, `"level":"ERROR"`); (got == 1) != c.logged || got > 1 {
				t.Errorf("logged %d times: %s", got, log)
			}
			if got := w.Header().Get("Retry-After"); (got == "5") != (c.status == 503) {
				t.Errorf("Retry-After %q", got)
			}
			if !templates.Has("problem." + c.code + ".title") {
				t.Errorf("no sentence for %s", c.code)
			}
		})
	}
}

func TestFaultsOfProgramsAreJSON(t *testing.T) {
	for path, people := range map[string]bool{
		"/oauth2/token": false, "/oauth2/jwks": false, "/oauth2/nowhere": false, "/.well-known/openid-configuration": false,
		"/oauth2/authorize": true, "/oauth2/authorize/resume": true, "/oauth2/logout": true, "/": true, "/nowhere": true,
	} {
		for err, code := range map[error]string{
			echo.ErrMethodNotAllowed: "invalid_request", accounts.ErrUnavailable: "temporarily_unavailable", errors.New("secret"): "server_error",
		} {
			w, pages, _ := answerTo(t.Context(), t, err, path)
			if people {
				if len(pages.shown) != 1 {
					t.Errorf("%s: no page", path)
				}
				continue
			}
			var body map[string]string
			if json.Unmarshal(w.Body.Bytes(), &body) != nil || body["error"] != code || len(body) != 1 {
				t.Errorf("%s: %v answered with %s, want %s", path, err, w.Body, code)
			}
		}
	}
}

func TestAClientThatWentAwayIsNoFault(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	w, pages, log := answerTo(gone, t, fmt.Errorf("x: %w", context.Canceled), "/")
	if w.Code != 499 || len(pages.shown) != 0 || log != "" {
		t.Errorf("%d, %d pages, log %s", w.Code, len(pages.shown), log)
	}
}

// The connection breaks while the page is written.
func TestAClientThatLeavesInTheMiddleIsNoFault(t *testing.T) {
	broken := &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}
	for name, c := range map[string]struct {
		begun  bool
		err    error
		logged bool
	}{
		"while writing":   {true, fmt.Errorf("pages: render: %w", broken), false},
		"another fault":   {true, errors.New("late"), true},
		"a panic":         {true, &guard.PanicError{Value: "x"}, true},
		"a store's break": {false, fmt.Errorf("redis: %w", broken), true},
	} {
		var log bytes.Buffer
		ctx := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder())
		if c.begun {
			ctx.Response().WriteHeader(http.StatusOK)
		}
		faults{log: slog.New(slog.NewJSONHandler(&log, nil)), pages: &errorPage{}}.answer(c.err, ctx)
		if (log.Len() > 0) != c.logged {
			t.Errorf("%s: logged %q", name, log.String())
		}
	}
}

func TestAPageThatCannotBeMadeIsStillAnswered(t *testing.T) {
	var log bytes.Buffer
	w := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), w)
	faults{log: slog.New(slog.NewJSONHandler(&log, nil)), pages: &errorPage{fails: true}}.answer(echo.ErrNotFound, c)
	if w.Code != 500 || w.Body.Len() != 0 || strings.Count(log.String(), "no page") != 1 {
		t.Errorf("%d %q %s", w.Code, w.Body, log.String())
	}
}

func TestAnAnswerThatBeganIsLeftAlone(t *testing.T) {
	var log bytes.Buffer
	w := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), w)
	if err := c.String(200, "half"); err != nil {
		t.Fatal(err)
	}
	faults{log: slog.New(slog.NewJSONHandler(&log, nil)), pages: &errorPage{}}.answer(errors.New("late"), c)
	if w.Body.String() != "half" || !strings.Contains(log.String(), "late") {
		t.Errorf("%q %s", w.Body, log.String())
	}
}
