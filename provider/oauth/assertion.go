package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife bounds how far ahead an assertion may expire: for so long
	// its id has to be remembered.
	assertionLife = 10 * time.Minute
	// assertionSkew is how far the client's clock may be off.
	assertionSkew = 30 * time.Second
)

// assertionAlgs are accepted for private_key_jwt: those that a client may be
// registered with. Symmetric ones never are.
func assertionAlgs() []jose.SignatureAlgorithm {
	names := client.AssertionAlgorithms()
	algs := make([]jose.SignatureAlgorithm, len(names))
	for i, name := range names {
		algs[i] = jose.SignatureAlgorithm(name)
	}
	return algs
}

// KeySets fetches clients' key sets from their jwks_uri.
type KeySets interface {
	// KeySet returns the set at uri, from a cache. When it holds no key kid, it
	// is fetched anew, though not more often than once a minute.
	KeySet(ctx context.Context, uri, kid string) (*jose.JSONWebKeySet, error)
}

// authenticateAssertion is private_key_jwt (RFC 7523 §2.2, §3; OIDC Core §9).
// The signature is checked before the assertion's id is spent, so nobody can
// burn a client's id for it; ids are per client.
func (s *Server) authenticateAssertion(ctx context.Context, cred credentials) (*client.Client, error) {
	if !keys.Canonical(cred.assertion) {
		return nil, errClient()
	}
	token, err := jwt.ParseSigned(cred.assertion, assertionAlgs())
	if err != nil || len(token.Headers) != 1 {
		return nil, errClient()
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return nil, errClient()
	}
	if cred.id != "" && cred.id != claims.Subject {
		return nil, errClient()
	}
	cl, err := s.Clients.Get(claims.Subject)
	if err != nil || cl.AuthMethod != client.AuthPrivateKey {
		return nil, errClient()
	}
	if cl.AuthAlg != "" && cl.AuthAlg != token.Headers[0].Algorithm {
		return nil, errClient()
	}
	if !s.assertionSigned(ctx, cl, token) || !s.assertionFits(cl, &claims) {
		return nil, errClient()
	}
	sum := sha256.Sum256([]byte(claims.ID))
	id := "assertion:" + cl.ID + ":" + base64.RawURLEncoding.EncodeToString(sum[:])
	err = s.Tokens.Spend(ctx, id, claims.Expiry.Time().Add(assertionSkew))
	if errors.Is(err, accounts.ErrConflict) {
		return nil, errClient()
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: spend assertion: %w", err)
	}
	return cl, nil
}

// assertionFits checks the claims: issuer and subject are the client, the one
// audience is us, the id is there, the times are right.
func (s *Server) assertionFits(cl *client.Client, claims *jwt.Claims) bool {
	now := s.Now()
	switch {
	case claims.Issuer != cl.ID || claims.Subject != cl.ID || claims.ID == "":
		return false
	case len(claims.Audience) != 1:
		return false
	case claims.Audience[0] != s.Issuer && (!cl.TokenEndpointAudience || claims.Audience[0] != s.Issuer+pathToken):
		return false
	case claims.Expiry == nil || !now.Add(-assertionSkew).Before(claims.Expiry.Time()):
		return false
	case claims.Expiry.Time().After(now.Add(assertionLife)):
		return false
	case claims.NotBefore != nil && claims.NotBefore.Time().After(now.Add(assertionSkew)):
		return false
	case claims.IssuedAt != nil && claims.IssuedAt.Time().After(now.Add(assertionSkew)):
		return false
	}
	return true
}

// assertionSigned checks the signature against the client's registered keys.
func (s *Server) assertionSigned(ctx context.Context, cl *client.Client, token *jwt.JSONWebToken) bool {
	kid := token.Headers[0].KeyID
	set, err := cl.KeySet()
	if err == nil && cl.JWKSURI != "" {
		set, err = s.KeySets.KeySet(ctx, cl.JWKSURI, kid)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "client key set not readable", "client_id", cl.ID, "error", err.Error())
		return false
	}
	if set == nil {
		return false
	}
	for _, key := range set.Keys {
		if (kid != "" && key.KeyID != kid) || (key.Use != "" && key.Use != "sig") {
			continue
		}
		var claims jwt.Claims
		if token.Claims(key.Key, &claims) == nil {
			return true
		}
	}
	return false
}
