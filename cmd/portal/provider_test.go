package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// testProvider is a small OpenID Provider that signs everybody in at once and checks what a
// client sends. Its knobs make it misbehave; they are set while nobody asks.
type testProvider struct {
	*httptest.Server
	now func() time.Time

	mu     sync.Mutex
	signer jose.Signer
	public jose.JSONWebKeySet
	codes  map[string]url.Values // by living code: the authorization request
	spent  map[string]url.Values // by living refresh token: the same
	access map[string]string     // by living access token: the account type
	issued int

	authorized, tokenForms, ended, revoked []url.Values // requests seen, in order

	secret      string
	iss         *string              // the iss of responses, when not the right one; empty: none
	refusal     url.Values           // answers authorization requests
	mangle      func(map[string]any) // changes the claims of ID tokens
	userSubject string               // what userinfo says instead of the right subject
	tokenError  string               // answers token requests
	noRotation  bool                 // refresh answers bring no refresh token
	broken      bool                 // userinfo answers 500
	services    []string             // of an agent's mandate
}

// newTestProvider starts a provider for client hall-test.
func newTestProvider(t *testing.T, now func() time.Time) *testProvider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &testProvider{
		now: now, signer: signer,
		public: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}},
		codes:  map[string]url.Values{}, spent: map[string]url.Values{}, access: map[string]string{},
		secret: testSecret, services: []string{allServices},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) { answer200(w, p.public) })
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.user)
	mux.HandleFunc("POST /revoke", p.revoke)
	mux.HandleFunc("GET /logout", p.logout)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *testProvider) discovery(w http.ResponseWriter, _ *http.Request) {
	answer200(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"userinfo_endpoint": p.URL + "/userinfo", "jwks_uri": p.URL + "/jwks",
		"revocation_endpoint": p.URL + "/revoke", "end_session_endpoint": p.URL + "/logout",
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (p *testProvider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	request := r.URL.Query()
	p.authorized = append(p.authorized, request)
	response := url.Values{"state": {request.Get("state")}, "iss": {p.URL}}
	if p.iss != nil {
		response.Set("iss", *p.iss)
		if *p.iss == "" {
			response.Del("iss")
		}
	}
	if p.refusal == nil {
		code := p.next("code")
		p.codes[code] = request
		response.Set("code", code)
	}
	for name, values := range p.refusal {
		response[name] = values
	}
	http.Redirect(w, r, request.Get("redirect_uri")+"?"+response.Encode(), http.StatusSeeOther)
}

func (p *testProvider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		refuse(w, "invalid_request")
		return
	}
	p.tokenForms = append(p.tokenForms, r.PostForm)
	id, secret, ok := r.BasicAuth()
	if !ok || id != testClient || secret != p.secret {
		refuse(w, "invalid_client")
		return
	}
	if p.tokenError != "" {
		refuse(w, p.tokenError)
		return
	}
	request, known := p.grantOf(r.PostForm)
	if !known {
		refuse(w, "invalid_grant")
		return
	}
	p.answerTokens(w, request, r.PostForm.Get("grant_type") == "refresh_token")
}

// grantOf spends a code, checking the PKCE verifier (RFC 7636 §4.6), or a refresh token.
func (p *testProvider) grantOf(form url.Values) (url.Values, bool) {
	if form.Get("grant_type") == "refresh_token" {
		old := form.Get("refresh_token")
		request, ok := p.spent[old]
		if !p.noRotation {
			delete(p.spent, old)
		}
		return request, ok
	}
	request, ok := p.codes[form.Get("code")]
	delete(p.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	return request, ok && request.Get("code_challenge_method") == "S256" &&
		request.Get("code_challenge") == base64.RawURLEncoding.EncodeToString(sum[:]) &&
		request.Get("redirect_uri") == form.Get("redirect_uri")
}

func (p *testProvider) answerTokens(w http.ResponseWriter, request url.Values, refreshed bool) {
	access := p.next("access-token-long-enough-to-be-masked")
	p.access[access] = request.Get("account_type")
	hash := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.URL, "sub": testSubject, "aud": testClient, "iat": p.now().Unix(), "exp": p.now().Add(10 * time.Minute).Unix(),
		"auth_time": p.now().Unix(), "acr": "urn:tongid:loa:2", "amr": []string{"pwd"},
		"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
	}
	if nonce := request.Get("nonce"); nonce != "" && !refreshed {
		claims["nonce"] = nonce
	}
	if p.mangle != nil {
		p.mangle(claims)
	}
	tokens := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 600, "id_token": p.sign(claims)}
	if !refreshed || !p.noRotation {
		refresh := p.next("refresh-token-long-enough-to-be-masked")
		p.spent[refresh] = request
		tokens["refresh_token"] = refresh
	}
	answer200(w, tokens)
}

func (p *testProvider) sign(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // the tests' own claims
	}
	signed, err := p.signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

func (p *testProvider) user(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var token string
	_, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer %s", &token)
	kind, ok := p.access[token]
	switch {
	case err != nil || !ok:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	case p.broken:
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	claims := map[string]any{"sub": testSubject, "account_type": kind, "updated_at": 1772413200}
	if p.userSubject != "" {
		claims["sub"] = p.userSubject
	}
	enterprise := map[string]any{
		"uscc": "91220102MA0TE5T169", "name": "吉林省示例软件有限公司", "type": "enterprise", "status": "active", "as_of": "2026-03-01",
	}
	switch kind {
	case "person":
		claims["name"], claims["phone_number"] = "李四", "+8613800000002"
	case "agent":
		claims["name"], claims["phone_number"], claims["enterprise"] = "李四", "+8613800000002", enterprise
		claims["agent"] = map[string]any{
			"id": "m-1", "name": "李四", "manager": true, "services": p.services, "valid_from": "2026-01-01", "valid_until": "2026-12-31",
		}
	default:
		claims["name"], claims["phone_number"], claims["enterprise"] = enterprise["name"], "+8613800000001", enterprise
	}
	answer200(w, claims)
}

func (p *testProvider) revoke(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		refuse(w, "invalid_request")
		return
	}
	if id, secret, ok := r.BasicAuth(); !ok || id != testClient || secret != p.secret {
		refuse(w, "invalid_client")
		return
	}
	p.revoked = append(p.revoked, r.PostForm)
	delete(p.spent, r.PostForm.Get("token"))
}

func (p *testProvider) logout(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	query := r.URL.Query()
	p.ended = append(p.ended, query)
	clear(p.access)
	http.Redirect(w, r, query.Get("post_logout_redirect_uri")+"?"+url.Values{"state": query["state"]}.Encode(), http.StatusSeeOther)
}

// endSessions ends every access token, as a logout at another portal does.
func (p *testProvider) endSessions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.access)
}

// next makes a value never given before. The lock is held.
func (p *testProvider) next(kind string) string {
	p.issued++
	return fmt.Sprintf("%s-%06d", kind, p.issued)
}

func answer200(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":"refused by the test"}`, code)
}
