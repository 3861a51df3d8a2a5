package client

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// ampleSecret is the length below which a given secret gets a remark. Secrets
// are kept under a fast hash, which is right for random ones only.
const ampleSecret = 32

// NewSecret returns a client secret of 256 random bits.
func NewSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails, crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// HashSecret returns what is kept of a secret: its SHA-256.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// newID returns a client id of 130 random bits, in letters and digits: it can
// stand in a command line and in a URL as it is.
func newID() string { return strings.ToLower(rand.Text()) }
