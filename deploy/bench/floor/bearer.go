package main

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

type introspection struct {
	Active   bool   `json:"active"`
	Scope    string `json:"scope,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Username string `json:"username,omitempty"`
	Type     string `json:"token_type,omitempty"`
	Expires  int64  `json:"exp,omitempty"`
	Subject  string `json:"sub,omitempty"`
	Issuer   string `json:"iss,omitempty"`
	Account  string `json:"account_type,omitempty"`
	AuthTime int64  `json:"auth_time,omitempty"`
	ACR      string `json:"acr,omitempty"`
	Session  string `json:"sid,omitempty"`
}

// introspect costs a token of ours one SELECT, a forged one nothing.
func (s *server) introspect(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return fail(c, http.StatusBadRequest, "invalid_request")
	}
	if s.authenticate(c) == nil {
		return fail(c, http.StatusUnauthorized, "invalid_client")
	}
	f, a, err := s.check(c, c.Request().PostForm.Get("token"))
	if err != nil {
		return err
	}
	if f == nil {
		return c.JSON(http.StatusOK, &introspection{})
	}
	return c.JSON(http.StatusOK, &introspection{
		Active: true, Scope: f.scopes, ClientID: f.client, Username: a.account, Type: "Bearer",
		Expires: f.expires / 1000, Subject: f.subject, Issuer: s.issuer, Account: "enterprise",
		AuthTime: f.authTime / 1000, ACR: "urn:tongid:loa:2", Session: f.session,
	})
}

type enterpriseClaim struct {
	USCC   string `json:"uscc"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Status string `json:"status"`
}

type userinfoAnswer struct {
	Subject    string          `json:"sub"`
	Account    string          `json:"account_type"`
	Name       string          `json:"name"`
	Username   string          `json:"preferred_username"`
	Locale     string          `json:"locale"`
	Zone       string          `json:"zoneinfo"`
	Phone      string          `json:"phone_number"`
	Verified   bool            `json:"phone_number_verified"`
	Enterprise enterpriseClaim `json:"enterprise"`
}

func (s *server) userinfo(c echo.Context) error {
	token, ok := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	if !ok {
		return fail(c, http.StatusUnauthorized, "invalid_token")
	}
	f, a, err := s.check(c, token)
	if err != nil {
		return err
	}
	if f == nil {
		return fail(c, http.StatusUnauthorized, "invalid_token")
	}
	return c.JSON(http.StatusOK, &userinfoAnswer{
		Subject: f.subject, Account: "enterprise", Name: a.name, Username: a.account, Locale: "zh-CN", Zone: "Asia/Shanghai",
		Phone: "+8613800000001", Verified: true,
		Enterprise: enterpriseClaim{USCC: a.uscc, Name: a.name, Type: a.legalType, Status: a.status},
	})
}

// check returns nil for a token that is not in force.
func (s *server) check(c echo.Context, token string) (*family, *account, error) {
	id, ok := s.openLive(kindAccess, token)
	if !ok {
		return nil, nil, nil
	}
	f, a, err := s.sql.checkGrant(c.Request().Context(), id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if f.revoked != 0 || f.expires < time.Now().UnixMilli() || !a.stands(f.epoch) {
		return nil, nil, nil
	}
	return f, a, nil
}
