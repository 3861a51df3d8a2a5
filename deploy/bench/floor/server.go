package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/labstack/echo/v4"
)

// The relying parties of the bench, as in tongid's demo.
const (
	portalID, portalSecret   = "hrss-hall", "hrss-hall-demo-secret"
	serviceID, serviceSecret = "demo-service", "demo-service-demo-secret"
	readerID, readerSecret   = "demo-rs", "demo-rs-demo-secret"
	portalCallback           = "http://localhost:8090/callback"
)

type relyingParty struct {
	id         string
	secretHash [32]byte
	redirect   string
}

type server struct {
	issuer    string
	sql       *sqlStore
	alive     alive
	clients   map[string]*relyingParty
	key       [32]byte // of the MACs
	signer    jose.Signer
	discovery []byte
	jwks      []byte
	hashing   chan struct{} // argon2id, one per processor
}

func newServer(issuer string, sql *sqlStore, living alive) (*server, error) {
	s := &server{
		issuer: issuer, sql: sql, alive: living, clients: map[string]*relyingParty{},
		hashing: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))),
	}
	rand.Read(s.key[:])
	for _, c := range [][3]string{{portalID, portalSecret, portalCallback}, {serviceID, serviceSecret, ""}, {readerID, readerSecret, ""}} {
		s.clients[c[0]] = &relyingParty{id: c[0], secretHash: sha256.Sum256([]byte(c[1])), redirect: c[2]}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	s.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "es256"}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	if s.jwks, err = publish(key); err != nil {
		return nil, err
	}
	s.discovery, err = json.Marshal(s.metadata())
	return s, err
}

// publish makes a key set of the size that three algorithms with a next key
// each have.
func publish(key *ecdsa.PrivateKey) ([]byte, error) {
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	for _, id := range []string{"current", "next"} {
		set.Keys = append(set.Keys,
			jose.JSONWebKey{Key: key.Public(), KeyID: "es256-" + id, Algorithm: "ES256", Use: "sig"},
			jose.JSONWebKey{Key: long.Public(), KeyID: "rs256-" + id, Algorithm: "RS256", Use: "sig"},
			jose.JSONWebKey{Key: key.Public(), KeyID: "eddsa-" + id, Algorithm: "EdDSA", Use: "sig"})
	}
	return json.Marshal(set)
}

func (s *server) metadata() map[string]any {
	list := strings.Fields
	methods, algorithms := list("client_secret_basic client_secret_post private_key_jwt none"), list("ES256 EdDSA PS256 RS256")
	return map[string]any{
		"issuer":                                                   s.issuer,
		"authorization_endpoint":                                   s.issuer + "/oauth2/authorize",
		"token_endpoint":                                           s.issuer + "/oauth2/token",
		"userinfo_endpoint":                                        s.issuer + "/oauth2/userinfo",
		"introspection_endpoint":                                   s.issuer + "/oauth2/introspect",
		"revocation_endpoint":                                      s.issuer + "/oauth2/revoke",
		"end_session_endpoint":                                     s.issuer + "/oauth2/logout",
		"jwks_uri":                                                 s.issuer + "/oauth2/jwks",
		"scopes_supported":                                         list("openid profile phone email address enterprise agent identity offline_access"),
		"response_types_supported":                                 list("code"),
		"response_modes_supported":                                 list("query form_post"),
		"grant_types_supported":                                    list("authorization_code refresh_token client_credentials"),
		"subject_types_supported":                                  list("public"),
		"acr_values_supported":                                     list("urn:tongid:loa:2 urn:tongid:loa:3 urn:tongid:loa:4 urn:tongid:loa:5"),
		"id_token_signing_alg_values_supported":                    list("RS256 ES256 EdDSA"),
		"token_endpoint_auth_methods_supported":                    methods,
		"introspection_endpoint_auth_methods_supported":            methods,
		"revocation_endpoint_auth_methods_supported":               methods,
		"claim_types_supported":                                    list("normal"),
		"token_endpoint_auth_signing_alg_values_supported":         algorithms,
		"introspection_endpoint_auth_signing_alg_values_supported": algorithms,
		"revocation_endpoint_auth_signing_alg_values_supported":    algorithms,
		"claims_supported":                                         list("iss sub aud azp exp iat auth_time nonce acr amr sid at_hash account_type name preferred_username locale zoneinfo updated_at phone_number phone_number_verified enterprise agent"),
		"ui_locales_supported":                                     list("zh-CN en"),
		"prompt_values_supported":                                  list("none login consent select_account"),
		"code_challenge_methods_supported":                         list("S256"),
		"claims_parameter_supported":                               true,
		"request_parameter_supported":                              false,
		"request_uri_parameter_supported":                          false,
		"authorization_response_iss_parameter_supported":           true,
	}
}

func (s *server) mount(e *echo.Echo) {
	e.GET("/livez", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	e.GET("/.well-known/openid-configuration", document(s.discovery))
	e.GET("/oauth2/jwks", document(s.jwks))
	e.GET("/oauth2/authorize", s.authorize)
	e.GET("/oauth2/authorize/resume", s.resume)
	e.POST("/oauth2/token", s.token)
	e.POST("/oauth2/introspect", s.introspect)
	e.GET("/oauth2/userinfo", s.userinfo)
	e.GET("/login/enterprise", s.loginPage)
	e.POST("/login/enterprise", s.login)
	e.GET("/simulator/captcha/:id", s.captchaAnswer)
}

func document(body []byte) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "public, max-age=3600")
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, body)
	}
}

func fail(c echo.Context, status int, code string) error {
	return c.JSON(status, map[string]string{"error": code})
}
