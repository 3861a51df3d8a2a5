package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

const (
	accessLife  = 10 * time.Minute
	refreshIdle = 8 * time.Hour
	refreshLife = 30 * 24 * time.Hour
)

type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope"`
}

func (s *server) authenticate(c echo.Context) *relyingParty {
	id, secret, ok := c.Request().BasicAuth()
	rp := s.clients[id]
	if !ok || rp == nil {
		return nil
	}
	if sum := sha256.Sum256([]byte(secret)); subtle.ConstantTimeCompare(sum[:], rp.secretHash[:]) != 1 {
		return nil
	}
	return rp
}

func (s *server) token(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return fail(c, http.StatusBadRequest, "invalid_request")
	}
	rp := s.authenticate(c)
	if rp == nil {
		return fail(c, http.StatusUnauthorized, "invalid_client")
	}
	switch form := c.Request().PostForm; form.Get("grant_type") {
	case "client_credentials":
		return s.answer(c, tokenAnswer{AccessToken: s.seal(kindService, uuid.New(), time.Now().Add(accessLife).UnixMilli()), Scope: form.Get("scope")})
	case "authorization_code":
		return s.redeem(c, rp)
	case "refresh_token":
		return s.refresh(c, rp)
	default:
		return fail(c, http.StatusBadRequest, "unsupported_grant_type")
	}
}

func (s *server) answer(c echo.Context, a tokenAnswer) error {
	a.TokenType, a.ExpiresIn = "Bearer", int64(accessLife/time.Second)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, &a)
}

// redeem takes the code and inserts the grant: one round trip to each store.
func (s *server) redeem(c echo.Context, rp *relyingParty) error {
	ctx, form := c.Request().Context(), c.Request().PostForm
	id, ok := s.openLive(kindCode, form.Get("code"))
	if !ok {
		return fail(c, http.StatusBadRequest, "invalid_grant")
	}
	raw, err := s.alive.take(ctx, "code:"+id.String())
	if errors.Is(err, errGone) {
		return fail(c, http.StatusBadRequest, "invalid_grant")
	}
	if err != nil {
		return err
	}
	var code authorization
	if err := json.Unmarshal(raw, &code); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if code.Client != rp.id || code.Redirect != form.Get("redirect_uri") || code.Challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return fail(c, http.StatusBadRequest, "invalid_grant")
	}
	now := time.Now()
	f := &family{
		id: id, client: rp.id, subject: code.Subject, session: code.Session, scopes: code.Scopes,
		authTime: code.AuthTime, offline: slices.Contains(strings.Fields(code.Scopes), "offline_access"), generation: 1,
		rotated: now.UnixMilli(), created: now.UnixMilli(),
		idle: now.Add(refreshIdle).UnixMilli(), expires: now.Add(refreshLife).UnixMilli(),
	}
	if err := s.sql.createGrant(ctx, f, code.Epoch); err != nil {
		return err
	}
	return s.grantAnswer(c, f, code.Nonce)
}

// refresh moves the family on: one committed statement.
func (s *server) refresh(c echo.Context, rp *relyingParty) error {
	id, generation, ok := s.open(kindRefresh, c.Request().PostForm.Get("refresh_token"))
	if !ok {
		return fail(c, http.StatusBadRequest, "invalid_grant")
	}
	now := time.Now()
	f, err := s.sql.rotate(c.Request().Context(), id, rp.id, generation, now.UnixMilli(), now.Add(refreshIdle).UnixMilli())
	if errors.Is(err, sql.ErrNoRows) {
		return fail(c, http.StatusBadRequest, "invalid_grant")
	}
	if err != nil {
		return err
	}
	return s.grantAnswer(c, f, "")
}

func (s *server) grantAnswer(c echo.Context, f *family, nonce string) error {
	now := time.Now()
	a := tokenAnswer{AccessToken: s.seal(kindAccess, f.id, now.Add(accessLife).UnixMilli()), Scope: f.scopes}
	if f.offline {
		a.RefreshToken = s.seal(kindRefresh, f.id, f.generation)
	}
	var err error
	if a.IDToken, err = s.idToken(f, nonce, a.AccessToken, now); err != nil {
		return err
	}
	return s.answer(c, a)
}

type idTokenClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  string   `json:"aud"`
	Party     string   `json:"azp"`
	Expires   int64    `json:"exp"`
	Issued    int64    `json:"iat"`
	AuthTime  int64    `json:"auth_time"`
	Nonce     string   `json:"nonce,omitempty"`
	ACR       string   `json:"acr"`
	AMR       []string `json:"amr"`
	Session   string   `json:"sid"`
	TokenHash string   `json:"at_hash"`
}

func (s *server) idToken(f *family, nonce, access string, now time.Time) (string, error) {
	hash := sha256.Sum256([]byte(access))
	payload, err := json.Marshal(idTokenClaims{
		Issuer: s.issuer, Subject: f.subject, Audience: f.client, Party: f.client,
		Expires: now.Add(accessLife).Unix(), Issued: now.Unix(), AuthTime: f.authTime / 1000, Nonce: nonce,
		ACR: "urn:tongid:loa:2", AMR: []string{"pwd"}, Session: f.session,
		TokenHash: base64.RawURLEncoding.EncodeToString(hash[:16]),
	})
	if err != nil {
		return "", err
	}
	signed, err := s.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
