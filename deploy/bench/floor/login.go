package main

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/crypto/argon2"
)

// The cost of a password, as tongid's.
const (
	argonTime, argonMemory, argonThreads, argonLength = 2, 19 * 1024, 1, 32

	captchaLife = 5 * time.Minute
)

func argon(password, salt []byte) []byte {
	return argon2.IDKey(password, salt, argonTime, argonMemory, argonThreads, argonLength)
}

// loginPage writes a captcha and shows the form.
func (s *server) loginPage(c echo.Context) error {
	flow, ctx := c.QueryParam("flow"), c.Request().Context()
	if _, err := s.alive.get(ctx, "flow:"+flow); err != nil {
		return fail(c, http.StatusGone, "flow_expired")
	}
	captcha := newSecret(16)
	if err := s.alive.put(ctx, "captcha:"+captcha, []byte(newSecret(3)), captchaLife); err != nil {
		return err
	}
	return c.HTML(http.StatusOK, fmt.Sprintf(`<!doctype html><title>login</title><main id="page-login-enterprise">
<form method="post" action="/login/enterprise"><input type="hidden" name="flow" value="%s"><input type="hidden" name="captcha_id" value="%s">
<input name="account"><input name="password" type="password"><input name="captcha"><button id="submit">login</button></form></main>`, flow, captcha))
}

func (s *server) captchaAnswer(c echo.Context) error {
	answer, err := s.alive.get(c.Request().Context(), "captcha:"+c.Param("id"))
	if err != nil {
		return fail(c, http.StatusNotFound, "not_found")
	}
	return c.JSON(http.StatusOK, map[string]string{"answer": string(answer)})
}

// login takes the captcha, counts the try, looks the account up, hashes once,
// writes the session.
func (s *server) login(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return fail(c, http.StatusBadRequest, "invalid_request")
	}
	ctx, form := c.Request().Context(), c.Request().PostForm
	answer, err := s.alive.take(ctx, "captcha:"+form.Get("captcha_id"))
	if errors.Is(err, errGone) || string(answer) != form.Get("captcha") {
		return fail(c, http.StatusUnprocessableEntity, "captcha")
	}
	if err != nil {
		return err
	}
	identifier := strings.ToLower(form.Get("account"))
	// Who signs in from elsewhere is counted elsewhere: no row is everybody's.
	key := c.Request().Header.Get(echo.HeaderXForwardedFor) + " " + identifier
	if err := s.sql.countTry(ctx, key, time.Now().UnixMilli()); err != nil {
		return err
	}
	a, err := s.sql.find(ctx, identifier)
	if err != nil {
		return err
	}
	s.hashing <- struct{}{}
	tag := argon([]byte(form.Get("password")), a.salt)
	<-s.hashing
	if subtle.ConstantTimeCompare(tag, a.tag) != 1 {
		return fail(c, http.StatusUnprocessableEntity, "password")
	}
	secret := newSecret(32)
	raw, err := json.Marshal(session{ID: newSecret(16), Subject: a.id, Epoch: a.epoch, AuthTime: time.Now().UnixMilli()})
	if err != nil {
		return err
	}
	if err := s.alive.put(ctx, sessionKey(secret), raw, sessionLife); err != nil {
		return err
	}
	c.SetCookie(&http.Cookie{Name: cookieName, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // on loopback there is no TLS
	return c.Redirect(http.StatusSeeOther, "/oauth2/authorize/resume?flow="+form.Get("flow"))
}
