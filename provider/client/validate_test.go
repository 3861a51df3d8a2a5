package client

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

func TestRules(t *testing.T) {
	for _, tt := range []struct{ record, want string }{
		{`{"grant_types":[],` + portal + `}`, "grant_types: want authorization_code or client_credentials"},
		{`{"grant_types":["refresh_token","client_credentials"]}`, "grant_types: refresh_token needs authorization_code"},
		{`{"grant_types":["client_credentials"],"response_types":["code"]}`, "response_types: code goes with the grant type authorization_code"},
		{`{"response_types":[],` + portal + `}`, "response_types: code goes with the grant type authorization_code"},
		{`{"grant_types":["client_credentials"],"token_endpoint_auth_method":"none"}`, "grant_types: client_credentials needs a client that authenticates"},
		{`{"token_endpoint_auth_method":"none","pkce_required":false,` + portal + `}`, "pkce_required: is required of public clients"},
		{`{"token_endpoint_auth_method":"none","introspect":true,` + portal + `}`, "introspect: needs a client that authenticates"},
		{`{"token_endpoint_auth_method":"none","client_secret":"x",` + portal + `}`, "client_secret: a client that authenticates by none has none"},
		{`{"client_secret":"",` + portal + `}`, "client_secret: want 1 to 256 printable ASCII characters"},
		{`{"client_secret":"é",` + portal + `}`, "client_secret: want 1 to 256 printable ASCII characters"},
		{`{"client_id":"",` + portal + `}`, "client_id: is empty"},
		{`{"client_name":"a\u0000b",` + portal + `}`, "client_name: want at most 200 printable characters"},
		{`{"contacts":[""],` + portal + `}`, "contacts: want at most 100 printable texts"},
		{`{"default_max_age":-1,` + portal + `}`, "default_max_age: is negative"},
		{`{"scope":"openid a\"b",` + portal + `}`, `scope: "a\"b" is no scope`},
		{`{"client_uri":"javascript:alert(1)",` + portal + `}`, `client_uri: "javascript:alert(1)": want an https or http URL`},
		{`{"token_endpoint_auth_signing_alg":"HS256",` + portal + `}`, `token_endpoint_auth_signing_alg: "HS256" is none of ES256, EdDSA, PS256, RS256`},
		{`{"token_endpoint_auth_method":"private_key_jwt",` + portal + `}`, "jwks: private_key_jwt needs jwks or jwks_uri"},
		{`{}`, "redirect_uris: authorization_code needs at least one"},
	} {
		_, err := Policy{}.Register([]byte(tt.record), testTime)
		if !slices.Contains(faults(t, err), tt.want) {
			t.Errorf("%s: faults %q, want %q", tt.record, faults(t, err), tt.want)
		}
	}
}

func TestUnknownScopesAreASlipOfClientsThatPeopleUse(t *testing.T) {
	reg := register(t, `{`+portal+`,"scope":"openid profil"}`)
	if diff := cmp.Diff([]string{`scope: "profil" is none of ours and gives nothing`}, reg.Notes); diff != "" {
		t.Error(diff)
	}
	if reg := register(t, `{"grant_types":["client_credentials"],"scope":"stock.read"}`); reg.Notes != nil {
		t.Errorf("a service's own scope is remarked on: %q", reg.Notes)
	}
}

func TestRedirectURIs(t *testing.T) {
	const (
		always = "always"
		local  = "beside a local issuer"
		public = "for public clients"
		never  = "never"
	)
	for uri, want := range map[string]string{
		"https://rp.example/cb":                           always,
		"https://rp.example:8443/cb?a=b&c":                always,
		"https://rp.example":                              always,
		"https://203.0.113.7/cb":                          always,
		"http://localhost:8090/callback":                  always,
		"http://app.localhost/callback":                   always,
		"http://127.0.0.2:8090/callback":                  always,
		"http://[::1]:8090/callback":                      always,
		"http://rp.test/cb":                               local,
		"http://192.168.1.7/cb":                           local,
		"http://[fd00::1]/cb":                             local,
		"com.example.app:/cb":                             public,
		"http://rp.example/cb":                            never,
		"http://127.0.0.1.rp.example/cb":                  never,
		"http://localhost.rp.example/cb":                  never,
		"http://203.0.113.7/cb":                           never,
		"https://rp.example/cb#":                          never,
		"https://rp.example/cb#x":                         never,
		"https://user@rp.example/cb":                      never,
		"https://rp.example@evil.example/cb":              never,
		"https://*.rp.example/cb":                         never,
		"https://rp.example/*":                            never,
		`https://rp.example\@evil.example/`:               never,
		"https://rp.example/a/../cb":                      never,
		"https://rp.example/%2e%2e/cb":                    never,
		"https://rp.example:0/cb":                         never,
		"https://rp.example:99999/cb":                     never,
		"https://rp.example:/cb":                          never,
		"https:///cb":                                     never,
		"https:rp.example/cb":                             never,
		"//rp.example/cb":                                 never,
		"/cb":                                             never,
		"rp.example/cb":                                   never,
		"":                                                never,
		" https://rp.example/cb":                          never,
		"https://rp.example/c b":                          never,
		"https://rp.example/\ncb":                         never,
		"https://例子.example/cb":                           never,
		"javascript:alert(1)":                             never,
		"data:text/html,x":                                never,
		"file:///etc/passwd":                              never,
		"myapp:/cb":                                       never,
		"com.example.app://host/cb":                       never,
		"com.example.app:cb":                              never,
		"https://rp.example/" + strings.Repeat("a", 2048): never,
	} {
		for _, isLocal := range []bool{false, true} {
			for _, method := range []string{AuthNone, AuthBasic} {
				record, err := json.Marshal(map[string]any{
					"redirect_uris": []string{uri}, "post_logout_redirect_uris": []string{uri}, "token_endpoint_auth_method": method,
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = Policy{LocalIssuer: isLocal}.Register(record, testTime)
				ok := want == always || want == local && isLocal || want == public && method == AuthNone
				if found := len(faults(t, err)); ok && found != 0 || !ok && found != 2 {
					t.Errorf("%q, local issuer %v, %s: %v, want it accepted %s", uri, isLocal, method, err, want)
				}
			}
		}
	}
}

func TestAllowedOrigins(t *testing.T) {
	for origin, ok := range map[string]bool{
		"https://rp.example": true, "https://rp.example:8443": true, "http://localhost:8091": true,
		"https://rp.example/": false, "https://RP.example": false, "https://rp.example:443": false, "http://localhost:80": false,
		"http://rp.example": false, "null": false, "*": false, "https://rp.example?": false, "com.example.app:/": false,
	} {
		_, err := Policy{}.Register(fmt.Appendf(nil, `{%s,"allowed_origins":[%q]}`, portal, origin), testTime)
		if found := faults(t, err); (len(found) == 0) != ok {
			t.Errorf("%q: %v", origin, found)
		}
	}
}

func TestLocalHost(t *testing.T) {
	for host, want := range map[string]struct{ loopback, local bool }{
		"localhost": {true, true}, "a.localhost": {true, true}, "127.0.0.1": {true, true}, "127.9.9.9": {true, true}, "::1": {true, true},
		"idp.test": {false, true}, "10.0.0.1": {false, true}, "172.16.0.1": {false, true}, "192.168.0.1": {false, true}, "fd00::1": {false, true},
		"172.32.0.1": {}, "8.8.8.8": {}, "id.example": {}, "localhost.example": {}, "test": {}, "": {}, "0.0.0.0": {}, "169.254.1.1": {}, "LOCALHOST": {},
	} {
		if Loopback(host) != want.loopback || LocalHost(host) != want.local {
			t.Errorf("%q: loopback %v, local %v", host, Loopback(host), LocalHost(host))
		}
	}
}

func TestJWKS(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(keys ...jose.JSONWebKey) string {
		out, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	unknown := `{"keys":[{"kty":"OKP","crv":"X448","x":"AAAA"}]}`
	for _, tt := range []struct{ name, jwks, want string }{
		{"EC", set(jose.JSONWebKey{Key: ec.Public(), KeyID: "a"}), ""},
		{"Ed25519", set(jose.JSONWebKey{Key: edPublic, Use: "sig"}), ""},
		{"RSA beside a key of another kind", set(jose.JSONWebKey{Key: p384.Public(), KeyID: "a"}, jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "b"}), ""},
		{"EC private", set(jose.JSONWebKey{Key: ec}), "jwks: key 1: is a private or a shared key; give the public one"},
		{"Ed25519 private", set(jose.JSONWebKey{Key: edPrivate}), "jwks: key 1: is a private or a shared key; give the public one"},
		{"shared", set(jose.JSONWebKey{Key: []byte("secret")}), "jwks: key 1: is a private or a shared key; give the public one"},
		{"same kid", set(jose.JSONWebKey{Key: ec.Public(), KeyID: "a"}, jose.JSONWebKey{Key: edPublic, KeyID: "a"}), "jwks: key 2: another key has the same kid"},
		{"encryption only", set(jose.JSONWebKey{Key: ec.Public(), Use: "enc"}), "jwks: has no key that can verify RS256, PS256, ES256 or EdDSA signatures"},
		{"P-384", set(jose.JSONWebKey{Key: p384.Public()}), "jwks: has no key that can verify RS256, PS256, ES256 or EdDSA signatures"},
		{"unknown only", unknown, "jwks: has no key that can verify RS256, PS256, ES256 or EdDSA signatures"},
		{"empty", `{"keys":[]}`, `jwks: want an object with at least one key in "keys"`},
		{"a list", `[]`, `jwks: want an object with at least one key in "keys"`},
		{"off the curve", `{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}`, "jwks: key 1: is no key"},
		{"short RSA", `{"keys":[{"kty":"RSA","e":"AQAB","n":"u7DAQnUlmkhkj0M4pnCw3w"}]}`, "jwks: key 1: an RSA key has at least 2048 bits"},
	} {
		_, err := Policy{}.Register(fmt.Appendf(nil, `{%s,"token_endpoint_auth_method":"private_key_jwt","jwks":%s}`, portal, tt.jwks), testTime)
		if got := strings.Join(faults(t, err), "\n"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	_, err = Policy{}.Register(fmt.Appendf(nil, `{%s,"jwks_uri":"https://rp.example/jwks","jwks":%s}`, portal, set(jose.JSONWebKey{Key: edPublic})), testTime)
	if diff := cmp.Diff([]string{"jwks_uri: jwks and jwks_uri exclude each other"}, faults(t, err)); diff != "" {
		t.Error(diff)
	}
}

func FuzzRegister(f *testing.F) {
	f.Add([]byte(`{` + portal + `}`))
	f.Add([]byte(`{"client_id":"a","jwks":{"keys":[]},"default_max_age":3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		reg, err := Policy{LocalIssuer: true}.Register(data, testTime)
		if err != nil {
			_ = faults(t, err)
			return
		}
		// What was accepted once is accepted as it prints.
		out, err := json.Marshal(reg.Client)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Policy{LocalIssuer: true}).Replace(reg.Client, out, testTime); err != nil {
			t.Errorf("%s: %v", out, err)
		}
	})
}

// An origin is told as browsers tell it, whatever the redirect URI looks like.
func TestOriginOf(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://hall.test/callback":     "https://hall.test",
		"https://HALL.test:443/callback": "https://hall.test",
		"http://hall.test:80/":           "http://hall.test",
		"https://hall.test:80/":          "https://hall.test:80",
		"http://127.0.0.1:8090/callback": "http://127.0.0.1:8090",
		"http://[::1]:80/callback":       "http://[::1]",
		"com.example.app:/callback":      "",
		"com.example.app://hall.test/":   "",
		"https:///callback":              "",
		"://":                            "",
	} {
		if got := OriginOf(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}
