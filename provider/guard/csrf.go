package guard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// CSRF makes and checks the tokens of forms. A token belongs to one browser and
// one binding: nothing for forms before sign-in, the sid for those after it.
// Nothing is stored for it.
type CSRF struct {
	Key [32]byte
}

// Token returns the token that a form of that browser carries.
func (c CSRF) Token(browser [32]byte, binding string) string {
	mac := hmac.New(sha256.New, c.Key[:])
	mac.Write(browser[:]) // of fixed length: the binding begins where it ends
	mac.Write([]byte(binding))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Valid reports whether the token is the one of that browser and binding.
func (c CSRF) Valid(token string, browser [32]byte, binding string) bool {
	return hmac.Equal([]byte(token), []byte(c.Token(browser, binding)))
}

// SameOrigin refuses requests that change something and come from another
// site's page, by what browsers say of themselves (Sec-Fetch-Site, or Origin).
// Requests without either pass: they carry the form's token or fail there.
type SameOrigin struct {
	protection http.CrossOriginProtection
}

// NewSameOrigin returns a check for pages whose origin is issuer, whatever name
// the proxy in front uses in the Host header.
func NewSameOrigin(issuer string) (*SameOrigin, error) {
	s := &SameOrigin{}
	return s, s.protection.AddTrustedOrigin(issuer)
}

// Check returns an error for another site's request.
func (s *SameOrigin) Check(r *http.Request) error { return s.protection.Check(r) }
