package client

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// checkKeys looks at where the client's public keys are (RFC 7591 §2: jwks and
// jwks_uri exclude each other).
func (d *decoded) checkKeys(p Policy) {
	c := d.client
	switch {
	case len(c.JWKS) > 0 && c.JWKSURI != "":
		d.fault("jwks_uri", "jwks and jwks_uri exclude each other")
	case c.AuthMethod == AuthPrivateKey && len(c.JWKS) == 0 && c.JWKSURI == "":
		d.fault("jwks", "%s needs jwks or jwks_uri", AuthPrivateKey)
	}
	if len(c.JWKS) > 0 {
		if err := checkJWKS(c.JWKS); err != nil {
			d.fault("jwks", "%v", err)
		}
	}
	if c.JWKSURI == "" {
		return
	}
	u, err := plainURI(c.JWKSURI)
	switch {
	case err != nil:
	case u.Scheme != "https" && u.Scheme != "http":
		err = errors.New("want https")
	default:
		err = p.webHost(u)
	}
	if err != nil {
		d.fault("jwks_uri", "%q: %v", c.JWKSURI, err)
	}
}

// checkJWKS accepts a set of public keys (RFC 7517 §5) with at least one that
// can verify an assertion.
func checkJWKS(raw json.RawMessage) error {
	if len(raw) > maxJWKS {
		return fmt.Errorf("is longer than %d bytes", maxJWKS)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil || len(set.Keys) == 0 {
		return errors.New(`want an object with at least one key in "keys"`)
	}
	kids, usable := map[string]bool{}, false
	for i, rawKey := range set.Keys {
		var key jose.JSONWebKey
		err := json.Unmarshal(rawKey, &key)
		if errors.Is(err, jose.ErrUnsupportedKeyType) {
			continue // RFC 7517 §5: ignored
		}
		if err == nil && !key.IsPublic() {
			return fmt.Errorf("key %d: is a private or a shared key; give the public one", i+1)
		}
		if err != nil || !key.Valid() {
			return fmt.Errorf("key %d: is no key", i+1)
		}
		if key.KeyID != "" && kids[key.KeyID] {
			return fmt.Errorf("key %d: another key has the same kid", i+1)
		}
		kids[key.KeyID] = true
		if rsaKey, ok := key.Key.(*rsa.PublicKey); ok && rsaKey.N.BitLen() < 2048 {
			return fmt.Errorf("key %d: an RSA key has at least 2048 bits", i+1)
		}
		usable = usable || verifiesAssertions(key)
	}
	if !usable {
		return errors.New("has no key that can verify RS256, PS256, ES256 or EdDSA signatures")
	}
	return nil
}

func verifiesAssertions(key jose.JSONWebKey) bool {
	if key.Use != "" && key.Use != "sig" {
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return true
	case *ecdsa.PublicKey:
		return k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return true
	}
	return false
}
