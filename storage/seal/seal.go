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
	"strconv"

	"golang.org/x/crypto/chacha20poly1305"
)

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// ErrOpen says that a sealed value was altered, moved to another place, or
// sealed under another master key.
var ErrOpen = errors.New("seal: cannot open")

// version names the data key that new values are sealed under. It is the first
// byte of a sealed value, so that a later key can stand beside it.
const version = 1

// Box seals and opens values, and derives every other key of the process.
//
// The cipher is XChaCha20-Poly1305: its nonce of 192 bits may be drawn at
// random for ever, where AES-GCM's 96 bits want the messages under one key to
// be counted (NIST SP 800-38D §8.3), over years and over replicas.
type Box struct {
	master []byte
	aeads  map[byte]cipher.AEAD // by data key version
}

// New returns a box under a master key of MasterKeySize bytes.
func New(master []byte) (*Box, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("seal: the master key has %d bytes, want %d", len(master), MasterKeySize)
	}
	b := &Box{master: append([]byte(nil), master...), aeads: map[byte]cipher.AEAD{}}
	aead, err := chacha20poly1305.NewX(b.derive("data", strconv.Itoa(version), chacha20poly1305.KeySize))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	b.aeads[version] = aead
	return b, nil
}

// Seal encrypts plaintext and ties it to aad, which says where the value lives.
func (b *Box) Seal(aad, plaintext []byte) []byte {
	aead := b.aeads[version]
	sealed := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plaintext)+aead.Overhead())
	sealed[0] = version
	nonce := sealed[1:]
	_, _ = rand.Read(nonce)                                             // never fails, by its contract
	return aead.Seal(sealed, nonce, plaintext, versioned(version, aad)) //nolint:gosec // G407: the nonce is drawn at random above
}

// Open decrypts what Seal made for the same aad.
func (b *Box) Open(aad, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, ErrOpen
	}
	aead, ok := b.aeads[sealed[0]]
	if !ok {
		return nil, fmt.Errorf("%w: no data key %d", ErrOpen, sealed[0])
	}
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
