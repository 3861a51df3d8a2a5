package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

const (
	codeLife    = time.Minute
	flowLife    = 15 * time.Minute
	sessionLife = 30 * time.Minute

	cookieName = "floor_session"
)

// session is a signed-in browser.
type session struct {
	ID       string `json:"id"`
	Subject  string `json:"s"`
	Epoch    int64  `json:"e"`
	AuthTime int64  `json:"at"` // milliseconds
}

// authorization is what a code stands for.
type authorization struct {
	Client    string `json:"c"`
	Subject   string `json:"s"`
	Epoch     int64  `json:"e"`
	Session   string `json:"sid"`
	Redirect  string `json:"r"`
	Scopes    string `json:"sc"`
	Nonce     string `json:"n"`
	Challenge string `json:"cc"`
	AuthTime  int64  `json:"at"`
}

var errNoSession = errors.New("nobody is signed in")

func (s *server) authorize(c echo.Context) error {
	query, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return fail(c, http.StatusBadRequest, "invalid_request")
	}
	current, err := s.current(c)
	if errors.Is(err, errNoSession) {
		flow := newSecret(16)
		if err := s.alive.put(c.Request().Context(), "flow:"+flow, []byte(c.Request().URL.RawQuery), flowLife); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/login/enterprise?flow="+flow)
	}
	if err != nil {
		return err
	}
	return s.issue(c, query, current)
}

func (s *server) resume(c echo.Context) error {
	raw, err := s.alive.get(c.Request().Context(), "flow:"+c.QueryParam("flow"))
	if errors.Is(err, errGone) {
		return fail(c, http.StatusGone, "flow_expired")
	}
	if err != nil {
		return err
	}
	query, err := url.ParseQuery(string(raw))
	if err != nil {
		return err
	}
	current, err := s.current(c)
	if err != nil {
		return err
	}
	return s.issue(c, query, current)
}

// current reads the session and the account it stands on: one round trip to
// each store.
func (s *server) current(c echo.Context) (*session, error) {
	cookie, err := c.Cookie(cookieName)
	if err != nil {
		return nil, errNoSession
	}
	ctx := c.Request().Context()
	raw, err := s.alive.get(ctx, sessionKey(cookie.Value))
	if errors.Is(err, errGone) {
		return nil, errNoSession
	}
	if err != nil {
		return nil, err
	}
	var in session
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	a, err := s.sql.standing(ctx, in.Subject)
	if err != nil {
		return nil, err
	}
	if !a.stands(in.Epoch) {
		return nil, errNoSession
	}
	return &in, nil
}

func sessionKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "session:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// issue writes the code.
func (s *server) issue(c echo.Context, query url.Values, current *session) error {
	rp := s.clients[query.Get("client_id")]
	if rp == nil || query.Get("redirect_uri") != rp.redirect || query.Get("response_type") != "code" ||
		query.Get("code_challenge_method") != "S256" || !strings.Contains(query.Get("scope"), "openid") {
		return fail(c, http.StatusBadRequest, "invalid_request")
	}
	id := uuid.New()
	err := s.putCode(c.Request().Context(), id, &authorization{
		Client: rp.id, Subject: current.Subject, Epoch: current.Epoch, Session: current.ID,
		Redirect: rp.redirect, Scopes: query.Get("scope"), Nonce: query.Get("nonce"),
		Challenge: query.Get("code_challenge"), AuthTime: current.AuthTime,
	})
	if err != nil {
		return err
	}
	answer := url.Values{
		"code":  {s.seal(kindCode, id, time.Now().Add(codeLife).UnixMilli())},
		"state": {query.Get("state")}, "iss": {s.issuer},
	}
	return c.Redirect(http.StatusSeeOther, rp.redirect+"?"+answer.Encode())
}

func (s *server) putCode(ctx context.Context, id uuid.UUID, a *authorization) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return s.alive.put(ctx, "code:"+id.String(), raw, codeLife)
}
