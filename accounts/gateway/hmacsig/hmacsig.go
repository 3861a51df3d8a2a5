// Package hmacsig signs the requests of the generic gateways and verifies them
// for their simulators (docs/gateways.md): an HMAC-SHA256 in a header, over
// everything that says what is asked. It is pure.
package hmacsig

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of the scheme.
const (
	HeaderKey       = "X-Tongid-Key"
	HeaderTimestamp = "X-Tongid-Timestamp" // Unix seconds
	HeaderNonce     = "X-Tongid-Nonce"
	HeaderSignature = "X-Tongid-Signature" // lower-case hex
)

// Why a request is not taken for genuine, matched with errors.Is.
var (
	ErrIncomplete = errors.New("hmacsig: the request is not signed, or not wholly")
	ErrExpired    = errors.New("hmacsig: the timestamp is too far from now")
	ErrKey        = errors.New("hmacsig: no such key")
	ErrSignature  = errors.New("hmacsig: the signature does not match")
)

// Key is a shared secret and its name.
type Key struct {
	ID     string
	Secret string
}

// Signed is what a genuine request says of itself.
type Signed struct {
	KeyID string
	Nonce string
	Date  time.Time
}

// Sign adds the headers of the scheme to r, which carries body. The nonce must
// never be used again.
func Sign(r *http.Request, body []byte, key Key, at time.Time, nonce string) {
	r.Header.Set(HeaderKey, key.ID)
	r.Header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(HeaderNonce, nonce)
	r.Header.Set(HeaderSignature, hex.EncodeToString(signature(r, body, key.Secret)))
}

// Verify tells whether r is genuine and within skew of now. Whether its nonce
// was used before is for the caller to find out.
func Verify(r *http.Request, body []byte, secret func(keyID string) (string, bool), now time.Time, skew time.Duration) (*Signed, error) {
	seconds, err := strconv.ParseInt(r.Header.Get(HeaderTimestamp), 10, 64)
	nonce, keyID := r.Header.Get(HeaderNonce), r.Header.Get(HeaderKey)
	if err != nil || nonce == "" || keyID == "" {
		return nil, ErrIncomplete
	}
	at := time.Unix(seconds, 0)
	if at.Before(now.Add(-skew)) || at.After(now.Add(skew)) {
		return nil, ErrExpired
	}
	s, ok := secret(keyID)
	if !ok {
		return nil, ErrKey
	}
	given, err := hex.DecodeString(r.Header.Get(HeaderSignature))
	if err != nil || !hmac.Equal(given, signature(r, body, s)) {
		return nil, ErrSignature
	}
	return &Signed{KeyID: keyID, Nonce: nonce, Date: at}, nil
}

func signature(r *http.Request, body []byte, secret string) []byte {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join([]string{
		r.Method,
		r.URL.RequestURI(),
		r.Header.Get(HeaderKey),
		r.Header.Get(HeaderTimestamp),
		r.Header.Get(HeaderNonce),
		hex.EncodeToString(sum[:]),
	}, "\n")))
	return mac.Sum(nil)
}
