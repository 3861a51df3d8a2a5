package oauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tongid/tongid/provider/client"
)

// machine is a client that authenticates by private_key_jwt.
type machine struct {
	w      *world
	id     string
	key    *ecdsa.PrivateKey
	signer jose.Signer
}

func (w *world) machine(id string, alg jose.SignatureAlgorithm, change func(*client.Client)) *machine {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	m := &machine{w: w, id: id, key: key}
	m.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	w.must(err)
	c := &client.Client{ID: id, Scope: "mandates", AuthMethod: client.AuthPrivateKey, GrantTypes: []string{grantService}}
	c.JWKS, err = json.Marshal(m.public())
	w.must(err)
	if change != nil {
		change(c)
	}
	w.addClient(c)
	return m
}

func (m *machine) public() jose.JSONWebKeySet {
	// Without "use": fosite refuses such keys.
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: m.key.Public(), KeyID: "k1", Algorithm: "ES256"}}}
}

func (m *machine) claims() jwt.Claims {
	return jwt.Claims{
		Issuer: m.id, Subject: m.id, Audience: jwt.Audience{m.w.issuer}, ID: rand.Text(),
		Expiry: jwt.NewNumericDate(m.w.now().Add(time.Minute)), IssuedAt: jwt.NewNumericDate(m.w.now()),
	}
}

func (m *machine) signed(claims any) string {
	m.w.t.Helper()
	token, err := jwt.Signed(m.signer).Claims(claims).Serialize()
	m.w.must(err)
	return token
}

func (m *machine) send(replica int, claims any) reply {
	m.w.t.Helper()
	return m.present(replica, m.signed(claims))
}

func (m *machine) present(replica int, token string) reply {
	m.w.t.Helper()
	return m.w.post(replica, pathToken, "", "grant_type", grantService,
		"client_assertion_type", assertionType, "client_assertion", token)
}

// RFC 7523 §3, OIDC Core §9: one use, within its time, for us alone.
func TestPrivateKeyJWT(t *testing.T) {
	w := newWorld(t, 0)
	m := w.machine("machine", jose.ES256, nil)
	good := m.claims()
	if r := m.send(0, good); r.Status != http.StatusOK {
		t.Fatalf("refused: %d %v", r.Status, r.Body)
	}
	if r := m.send(1, good); r.text("error") != codeInvalidClient {
		t.Errorf("replay got %d %v", r.Status, r.Body)
	}
	for name, spoil := range map[string]func(*jwt.Claims){
		"other issuer":     func(c *jwt.Claims) { c.Issuer = "other" },
		"other subject":    func(c *jwt.Claims) { c.Subject = "hall" },
		"no id":            func(c *jwt.Claims) { c.ID = "" },
		"no expiry":        func(c *jwt.Claims) { c.Expiry = nil },
		"expired":          func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(w.now().Add(-time.Minute)) },
		"too far ahead":    func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(w.now().Add(time.Hour)) },
		"not yet":          func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(w.now().Add(5 * time.Minute)) },
		"no audience":      func(c *jwt.Claims) { c.Audience = nil },
		"another audience": func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://other.test"} },
		"two audiences":    func(c *jwt.Claims) { c.Audience = jwt.Audience{w.issuer, "https://other.test"} },
		"token endpoint":   func(c *jwt.Claims) { c.Audience = jwt.Audience{w.issuer + pathToken} },
	} {
		claims := m.claims()
		spoil(&claims)
		if r := m.send(0, claims); r.Status != http.StatusUnauthorized || r.text("error") != codeInvalidClient {
			t.Errorf("%s got %d %v", name, r.Status, r.Body)
		}
	}
	stranger := w.machine("stranger", jose.ES256, nil)
	stranger.id = "machine" // signs as another with its own key
	if r := stranger.send(0, stranger.claims()); r.text("error") != codeInvalidClient {
		t.Errorf("another's key got %d %v", r.Status, r.Body)
	}
	wide := w.machine("wide", jose.ES256, func(c *client.Client) { c.TokenEndpointAudience = true })
	claims := wide.claims()
	claims.Audience = jwt.Audience{w.issuer + pathToken}
	if r := wide.send(0, claims); r.Status != http.StatusOK {
		t.Errorf("token endpoint of a client registered so: %d %v", r.Status, r.Body)
	}
}

// Another spelling of an assertion is refused, and spends nothing.
func TestPrivateKeyJWTSpelling(t *testing.T) {
	w := newWorld(t, 0)
	m := w.machine("machine", jose.ES256, nil)
	token := m.signed(m.claims())
	for _, other := range []string{token + "\n", " " + token, token[:50] + "\r\n" + token[50:], stray(token)} {
		if r := m.present(0, other); r.Status != http.StatusUnauthorized || r.text("error") != codeInvalidClient {
			t.Errorf("%q got %d %v", other, r.Status, r.Body)
		}
	}
	if r := m.present(1, token); r.Status != http.StatusOK {
		t.Errorf("the assertion itself got %d %v", r.Status, r.Body)
	}
}

// stray spells a token otherwise: the last character of an ES256 signature has
// four bits that are not used.
func stray(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + string(alphabet[strings.IndexByte(alphabet, token[last])+1])
}

// An assertion's id is spent once, however many send it at once.
func TestPrivateKeyJWTRace(t *testing.T) {
	w := newWorld(t, time.Millisecond)
	m := w.machine("machine", jose.ES256, nil)
	claims := m.claims()
	var won atomic.Int64
	race(100, func(i int) {
		if m.send(i%2, claims).Status == http.StatusOK {
			won.Add(1)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d assertions passed, want 1", won.Load())
	}
}

// An assertion of no algorithm, or of a symmetric one with a public value as
// key, proves nothing.
func TestPrivateKeyJWTAlgorithms(t *testing.T) {
	w := newWorld(t, 0)
	m := w.machine("machine", jose.ES256, nil)
	body := `{"iss":"machine","sub":"machine","aud":"` + w.issuer + `","jti":"1","exp":4102444800}`
	none := "eyJhbGciOiJub25lIn0." + encodeSegment(body) + "."
	hmacSigner, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(w.issuer + w.issuer)}, nil)
	w.must(err)
	symmetric, err := jwt.Signed(hmacSigner).Claims(m.claims()).Serialize()
	w.must(err)
	for _, token := range []string{none, symmetric, "", "a.b.c", strings.Repeat("a", 7000)} {
		r := w.post(0, pathToken, "", "grant_type", grantService, "client_assertion_type", assertionType, "client_assertion", token)
		if r.Status != http.StatusUnauthorized || r.text("error") != codeInvalidClient {
			t.Errorf("%.20q got %d %v", token, r.Status, r.Body)
		}
	}
}

// fosite.md §8 no. 12, 13: unknown keys do not make us fetch again and again,
// and a broken key set does not hold the request.
func TestKeySetByURI(t *testing.T) {
	w := newWorld(t, 0)
	var hits atomic.Int64
	var broken atomic.Bool
	var m *machine
	host := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if broken.Load() {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		json.NewEncoder(rw).Encode(m.public()) //nolint:errcheck // a test server
	}))
	defer host.Close()
	m = w.machine("machine", jose.ES256, func(c *client.Client) { c.JWKS, c.JWKSURI = nil, host.URL })
	for range 3 {
		if r := m.send(0, m.claims()); r.Status != http.StatusOK {
			t.Fatalf("refused: %d %v", r.Status, r.Body)
		}
	}
	before := hits.Load()
	var err error
	m.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: m.key, KeyID: "unknown"}}, nil)
	w.must(err)
	for range 20 {
		if r := m.send(0, m.claims()); r.text("error") != codeInvalidClient {
			t.Fatalf("unknown kid got %d %v", r.Status, r.Body)
		}
	}
	if got := hits.Load() - before; got > 1 {
		t.Errorf("20 unknown keys made %d fetches", got)
	}
	broken.Store(true)
	w.forward(time.Hour)
	before = hits.Load()
	for range 5 {
		if r := m.send(0, m.claims()); r.text("error") != codeInvalidClient || strings.Contains(r.text("error_description"), "http") {
			t.Errorf("broken key set got %d %v", r.Status, r.Body)
		}
	}
	if got := hits.Load() - before; got != 1 {
		t.Errorf("a broken key set was fetched %d times", got)
	}
}

// Client-given URIs do not reach inside (TONGID_EGRESS_ALLOW).
func TestFetcherReachesPublicAddressesOnly(t *testing.T) {
	host := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached inside") }))
	defer host.Close()
	f := NewFetcher(nil, time.Now)
	for _, uri := range []string{host.URL, strings.Replace(host.URL, "127.0.0.1", "localhost", 1), "file:///etc/passwd", "http://[::1]:1/", "http://169.254.169.254/"} {
		if _, err := f.KeySet(t.Context(), uri, ""); err == nil {
			t.Errorf("%s was fetched", uri)
		}
	}
}
