package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tongid/tongid/provider/client"
)

// discovered is the discovery document as a relying party reads it.
func (w *world) discovered() (doc metadata) {
	w.t.Helper()
	response, err := http.Get(w.issuer + "/.well-known/openid-configuration")
	w.must(err)
	defer response.Body.Close()
	w.must(json.NewDecoder(response.Body).Decode(&doc))
	return doc
}

// OpenID Connect Discovery 1.0 §3: what the authorization endpoint is said to take it
// takes, and nothing else.
func TestDiscoveryOfTheAuthorizationEndpoint(t *testing.T) {
	w := newWorld(t, 0)
	doc := w.discovered()
	b := w.browse()
	ask := func(name, value string) url.Values {
		t.Helper()
		request, _ := w.ask("hall", name, value)
		answer, _, page := w.visit(b, request)
		if answer == nil && strings.Contains(page, `"action"`) { // a form to post
			answer = url.Values{"code": {page}, "iss": {w.issuer}}
		}
		if (answer.Get("iss") != "") != doc.IssParameter {
			t.Errorf("%s=%s: iss %q", name, value, answer.Get("iss"))
		}
		return answer
	}
	for name, said := range map[string][]string{
		"response_type": doc.ResponseTypes, "response_mode": doc.ResponseModes, "prompt": doc.Prompts,
		"code_challenge_method": doc.ChallengeMethods, "acr_values": doc.ACR, "ui_locales": doc.UILocales,
	} {
		if len(said) == 0 {
			t.Errorf("%s: nothing is said", name)
		}
		for _, value := range said {
			if answer := ask(name, value); !answer.Has("code") && answer.Get("error") != codeLoginRequired {
				t.Errorf("%s=%s is said to work: %v", name, value, answer)
			}
		}
	}
	for name, values := range map[string][]string{
		"response_type": {"token", "id_token", "code token", "none"}, "response_mode": {"fragment", "jwt", "web_message"},
		"prompt": {"create"}, "code_challenge_method": {"plain", "s256"},
	} {
		for _, value := range values {
			if answer := ask(name, value); answer.Has("code") || !answer.Has("error") {
				t.Errorf("%s=%s is not said to work: %v", name, value, answer)
			}
		}
	}
	for name, said := range map[string]bool{"request": doc.RequestParameter, "request_uri": doc.RequestURI, "claims": doc.ClaimsParameter} {
		if answer := ask(name, "{}"); answer.Has("code") != said {
			t.Errorf("%s: said %v, is %v", name, said, answer)
		}
	}
}

// What is said of scopes and claims: every scope can be had by a client that is
// registered for it, and no claim comes that is not said.
func TestDiscoveryOfScopesAndClaims(t *testing.T) {
	w := newWorld(t, 0)
	doc := w.discovered()
	w.with("everything", func(c *client.Client) {
		c.Scope, c.IDTokenClaims = strings.Join(doc.Scopes, " "), []string{"profile", "phone", "enterprise"}
	})
	r := w.signIn(w.browse(), "everything", "scope", strings.Join(doc.Scopes, " "))
	if r.text("scope") != strings.Join(doc.Scopes, " ") {
		t.Errorf("granted %q of %v", r.text("scope"), doc.Scopes)
	}
	claims := tokenClaims(t, r.text("id_token"))
	if acr, _ := claims["acr"].(string); !slices.Contains(doc.ACR, acr) {
		t.Errorf("acr %q is not said", acr)
	}
	for name, value := range w.userinfo(r.text("access_token")).Body {
		claims[name] = value
	}
	for name := range claims {
		if !slices.Contains(doc.Claims, name) {
			t.Errorf("claim %s is not said", name)
		}
	}
}

// What is said of grant types and client authentication holds at the three endpoints.
func TestDiscoveryOfClientAuthentication(t *testing.T) {
	w := newWorld(t, 0)
	doc := w.discovered()
	grants := append([]string{"password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"}, doc.GrantTypes...)
	for _, kind := range grants {
		r := w.post(0, pathToken, "hall", "grant_type", kind)
		if slices.Contains(doc.GrantTypes, kind) == (r.text("error") == codeUnsupportedGrant) {
			t.Errorf("grant type %s: %v", kind, r.Body)
		}
	}
	m := w.machine("machine", jose.ES256, nil)
	for _, endpoint := range []struct {
		path, field, value string
		said               []string
	}{
		{pathToken, "grant_type", grantService, doc.AuthMethods},
		{pathIntrospect, "token", "x", doc.IntrospectMethods},
		{pathRevoke, "token", "x", doc.RevokeMethods},
	} {
		assertion, err := jwt.Signed(m.signer).Claims(m.claims()).Serialize()
		w.must(err)
		for method, fields := range map[string][]string{
			client.AuthBasic: {"service"}, client.AuthNone: {"spa"},
			client.AuthPost:       {"", "client_id", "service", "client_secret", "service-secret"},
			client.AuthPrivateKey: {"", "client_assertion_type", assertionType, "client_assertion", assertion},
		} {
			r := w.post(0, endpoint.path, fields[0], append(fields[1:], endpoint.field, endpoint.value)...)
			if slices.Contains(endpoint.said, method) == (r.text("error") == codeInvalidClient) {
				t.Errorf("%s at %s: said %v, got %d %v", method, endpoint.path, endpoint.said, r.Status, r.Body)
			}
		}
	}
}

// Every algorithm that is said to work for assertions does, and can be registered.
func TestDiscoveryOfAssertionAlgorithms(t *testing.T) {
	w := newWorld(t, 0)
	doc := w.discovered()
	if !slices.Equal(doc.AuthAlgs, doc.IntrospectAlgs) || !slices.Equal(doc.AuthAlgs, doc.RevokeAlgs) {
		t.Error("the endpoints differ")
	}
	for _, alg := range append([]string{"ES384", "RS512"}, doc.AuthAlgs...) {
		said := slices.Contains(doc.AuthAlgs, alg)
		key := assertionKey(t, alg)
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: key}, nil)
		w.must(err)
		set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public()}}})
		w.must(err)
		m := w.machine("by-"+strings.ToLower(alg), jose.ES256, func(c *client.Client) { c.JWKS = set })
		m.signer = signer
		if r := m.send(0, m.claims()); (r.Status == http.StatusOK) != said {
			t.Errorf("%s: said %v, got %d %v", alg, said, r.Status, r.Body)
		}
		record, err := json.Marshal(map[string]any{
			"grant_types": []string{grantService}, "token_endpoint_auth_method": client.AuthPrivateKey,
			"token_endpoint_auth_signing_alg": alg, "jwks": json.RawMessage(set),
		})
		w.must(err)
		if _, err := (client.Policy{}).Register(record, w.now()); (err == nil) != said {
			t.Errorf("%s: said %v, registration: %v", alg, said, err)
		}
	}
}

func assertionKey(t *testing.T, alg string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}
