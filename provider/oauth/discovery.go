package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

// metadata is the discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414
// §2). Every list in it is one of the tables that the handlers go by.
type metadata struct {
	Issuer            string   `json:"issuer"`
	Authorize         string   `json:"authorization_endpoint"`
	Token             string   `json:"token_endpoint"`
	UserInfo          string   `json:"userinfo_endpoint"`
	JWKS              string   `json:"jwks_uri"`
	Introspect        string   `json:"introspection_endpoint"`
	Revoke            string   `json:"revocation_endpoint"`
	EndSession        string   `json:"end_session_endpoint"`
	Scopes            []string `json:"scopes_supported"`
	ResponseTypes     []string `json:"response_types_supported"`
	ResponseModes     []string `json:"response_modes_supported"`
	GrantTypes        []string `json:"grant_types_supported"`
	ACR               []string `json:"acr_values_supported"`
	SubjectTypes      []string `json:"subject_types_supported"`
	IDTokenAlgs       []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods       []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgs          []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectAlgs    []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevokeMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	RevokeAlgs        []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	ClaimTypes        []string `json:"claim_types_supported"`
	Claims            []string `json:"claims_supported"`
	UILocales         []string `json:"ui_locales_supported"`
	Prompts           []string `json:"prompt_values_supported"`
	ChallengeMethods  []string `json:"code_challenge_methods_supported"`
	ClaimsParameter   bool     `json:"claims_parameter_supported"`
	RequestParameter  bool     `json:"request_parameter_supported"`
	RequestURI        bool     `json:"request_uri_parameter_supported"`
	IssParameter      bool     `json:"authorization_response_iss_parameter_supported"`
	VerifiedClaims    bool     `json:"verified_claims_supported"`
	TrustFrameworks   []string `json:"trust_frameworks_supported"`
	Verified          []string `json:"claims_in_verified_claims_supported"`
}

// document is a published JSON text, and what its answers say of it: made once,
// since every relying party asks for it.
type document struct {
	body   []byte
	etag   string
	header http.Header
}

// documentLife is how long relying parties may cache the public documents. Next
// keys are published much longer ahead than that.
const documentLife = "public, max-age=3600"

func newDocument(body []byte, etag string) *document {
	return &document{body: body, etag: etag, header: http.Header{
		"Access-Control-Allow-Origin": {"*"},
		"Cache-Control":               {documentLife},
		"Content-Length":              {strconv.Itoa(len(body))}, // known, so it goes out in one piece
		"Content-Type":                {echo.MIMEApplicationJSON},
		"Etag":                        {etag},
	}}
}

func (s *Server) discovery() (*document, error) {
	claims := []string{"iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
	for _, c := range claimTable {
		claims = append(claims, c.name)
	}
	claims = append(claims, claimVerified)
	confidential := slices.DeleteFunc(authMethods(), func(m string) bool { return m == client.AuthNone })
	var levels []string
	for l := accounts.LOA(2); l <= 5; l++ {
		levels = append(levels, acrOf(l))
	}
	body, err := json.Marshal(metadata{
		Issuer: s.Issuer, Authorize: s.Issuer + pathAuthorize, Token: s.Issuer + pathToken,
		UserInfo: s.Issuer + pathUserInfo, JWKS: s.Issuer + pathJWKS, Introspect: s.Issuer + pathIntrospect,
		Revoke: s.Issuer + pathRevoke, EndSession: s.Issuer + pathLogout,
		Scopes: userScopes(), ResponseTypes: []string{"code"}, ResponseModes: []string{modeQuery, modeFormPost},
		GrantTypes: grantTypes(), ACR: levels, SubjectTypes: []string{"public"}, IDTokenAlgs: keys.Algorithms(),
		AuthMethods: authMethods(), AuthAlgs: client.AssertionAlgorithms(),
		IntrospectMethods: confidential, IntrospectAlgs: client.AssertionAlgorithms(),
		RevokeMethods: authMethods(), RevokeAlgs: client.AssertionAlgorithms(),
		ClaimTypes: []string{"normal"}, Claims: claims, UILocales: s.Locales,
		Prompts: promptValues(), ChallengeMethods: []string{methodS256}, ClaimsParameter: true, IssParameter: true,
		VerifiedClaims: true, TrustFrameworks: []string{trustFramework}, Verified: verifiedNames(),
	})
	if err != nil {
		return nil, fmt.Errorf("oauth: discovery: %w", err)
	}
	sum := sha256.Sum256(body)
	return newDocument(body, `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`), nil
}

func (s *Server) getDiscovery(c echo.Context) error { return s.disco.serve(c) }

func (s *Server) getJWKS(c echo.Context) error {
	body, etag := s.Keys.JWKS()
	doc := s.jwks.Load()
	if doc == nil || doc.etag != etag {
		doc = newDocument(body, etag)
		s.jwks.Store(doc)
	}
	return doc.serve(c)
}

func (d *document) serve(c echo.Context) error {
	h := c.Response().Header()
	maps.Copy(h, d.header)
	if c.Request().Header.Get("If-None-Match") == d.etag {
		h.Del("Content-Length")
		h.Del("Content-Type")
		return c.NoContent(http.StatusNotModified)
	}
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write(d.body)
	return err
}
