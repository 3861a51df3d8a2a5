package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The algorithms that tokens are signed with, most preferred first. RS256 is
// there because OpenID Connect Core §15.1 demands it; it costs twenty times what
// ES256 does.
var algorithms = [...]jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256}

// Algorithms returns the signing algorithms by name, most preferred first.
func Algorithms() []string {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = string(a)
	}
	return names
}

// Supported reports whether tokens can be signed with alg.
func Supported(alg string) bool {
	return slices.Contains(algorithms[:], jose.SignatureAlgorithm(alg))
}

// generate makes a new key for alg in state Next.
func generate(alg string, now time.Time) (Record, error) {
	var private crypto.Signer
	var err error
	switch jose.SignatureAlgorithm(alg) {
	case jose.RS256:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case jose.ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return Record{}, fmt.Errorf("keys: no algorithm %q", alg)
	}
	if err != nil {
		return Record{}, fmt.Errorf("keys: generate %s: %w", alg, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Record{}, fmt.Errorf("keys: encode %s: %w", alg, err)
	}
	thumb, err := (&jose.JSONWebKey{Key: private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return Record{}, fmt.Errorf("keys: thumbprint: %w", err)
	}
	return Record{
		ID: base64.RawURLEncoding.EncodeToString(thumb), Algorithm: alg, State: Next,
		Private: der, CreatedAt: now,
	}, nil
}

// key is a record made ready for use.
type key struct {
	Record
	public jose.JSONWebKey
	signer crypto.Signer
}

func open(rec Record) (*key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(rec.Private)
	if err != nil {
		return nil, fmt.Errorf("keys: decode %s: %w", rec.ID, err)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("keys: %s cannot sign", rec.ID)
	}
	return &key{
		Record: rec, signer: signer,
		public: jose.JSONWebKey{Key: signer.Public(), KeyID: rec.ID, Algorithm: rec.Algorithm, Use: "sig"},
	}, nil
}

// tokenSigner prepares a go-jose signer for one JOSE typ header.
func (k *key) tokenSigner(typ string) (jose.Signer, error) {
	opts := &jose.SignerOptions{}
	opts.WithType(jose.ContentType(typ))
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(k.Algorithm),
		Key:       jose.JSONWebKey{Key: k.signer, KeyID: k.ID, Algorithm: k.Algorithm},
	}, opts)
	if err != nil {
		return nil, fmt.Errorf("keys: signer %s: %w", k.ID, err)
	}
	return signer, nil
}

// etagOf returns a strong entity tag for a published document.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
