// Package seal encrypts what must not be readable at rest, under keys derived
// from the master key.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
)

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// ErrOpen says that a sealed value was altered, moved to another place, or
// sealed under another master key.
var ErrOpen = errors.New("seal: cannot open")

// Box seals and opens values, and derives every other key of the process.
//
// The cipher is XChaCha20-Poly1305: its nonce of 192 bits may be drawn at
// random for ever, where AES-GCM's 96 bits want the messages under one key to
// be counted (NIST SP 800-38D §8.3), over years and over replicas.
//
// The first byte of a sealed value is the version of the data key that it is
// sealed under. A new box knows version 1, which is derived from the master key;
// Load teaches it the others.
type Box struct {
	master []byte
	keys   atomic.Pointer[keyset]
}

// New returns a box under a master key of MasterKeySize bytes.
func New(master []byte) (*Box, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("seal: the master key has %d bytes, want %d", len(master), MasterKeySize)
	}
	b := &Box{master: append([]byte(nil), master...)}
	return b, b.Load([]DataKey{{Version: derivedVersion, State: Active}}, derivedVersion)
}

// Seal encrypts plaintext under the current data key and ties it to aad, which
// says where the value lives.
func (b *Box) Seal(aad, plaintext []byte) []byte {
	keys := b.keys.Load()
	return sealUnder(keys.aeads[keys.current], keys.current, aad, plaintext)
}

// Open decrypts what Seal made for the same aad. ErrUnknownKey: under a data key
// that this box was not taught.
func (b *Box) Open(aad, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, ErrOpen
	}
	aead, ok := b.keys.Load().aeads[sealed[0]]
	if !ok {
		return nil, fmt.Errorf("%w: %w %d", ErrOpen, ErrUnknownKey, sealed[0])
	}
	return openUnder(aead, aad, sealed)
}

func sealUnder(aead cipher.AEAD, version byte, aad, plaintext []byte) []byte {
	sealed := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plaintext)+aead.Overhead())
	sealed[0] = version
	nonce := sealed[1:]
	_, _ = rand.Read(nonce)                                             // never fails, by its contract
	return aead.Seal(sealed, nonce, plaintext, versioned(version, aad)) //nolint:gosec // G407: the nonce is drawn at random above
}

func openUnder(aead cipher.AEAD, aad, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+aead.NonceSize() {
		return nil, ErrOpen
	}
	nonce, ciphertext := sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():]
	plaintext, err := aead.Open(nil, nonce, ciphertext, versioned(sealed[0], aad))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// Index returns a keyed hash of value, the same for the same label and value:
// a sealed column can be looked up by it, and who reads the store without the
// master key cannot try values against it.
//
// Its key hangs on the master key alone and is not replaced with the data keys.
// Rows are found by equal hashes: under a new key every row would have to be
// hashed anew at one instant, or every lookup ask twice for as long as that
// takes. And there is no wear to make up for: HMAC has no nonce that could
// repeat, and nothing is gained by many values under one key.
func (b *Box) Index(label string, value []byte) []byte {
	mac := hmac.New(sha256.New, b.derive("index", label, sha256.Size))
	mac.Write(value)
	return mac.Sum(nil)
}

// Key derives n bytes for another use (token MAC, cookies, CSRF), one key per
// label.
func (b *Box) Key(label string, n int) []byte { return b.derive("key", label, n) }

// String keeps the keys out of logs.
func (b *Box) String() string { return "seal.Box" }

// GoString keeps the keys out of logs.
func (b *Box) GoString() string { return b.String() }

// derive is HKDF-SHA256 (RFC 5869). The kind keeps the labels of one use from
// ever meeting those of another.
func (b *Box) derive(kind, label string, n int) []byte {
	key, err := hkdf.Key(sha256.New, b.master, nil, "tongid\x00"+kind+"\x00"+label, n)
	if err != nil {
		panic(fmt.Sprintf("seal: derive %s %s: %v", kind, label, err)) // n beyond 255 × 32: a mistake in the code
	}
	return key
}

func versioned(v byte, aad []byte) []byte {
	return append([]byte{v}, aad...)
}
