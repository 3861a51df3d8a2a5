package passhash

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// ErrForeign says that a text is no hash of another system that we can check, or
// one that costs too much to check. The text is not named.
var ErrForeign = errors.New("passhash: not a foreign hash that is known, within limits")

const (
	maxForeign     = 512 // bytes of text
	maxForeignSalt = 128 // bytes
	minDigest      = 16
	maxDigest      = 64
)

// Foreign is a password's hash that another system made.
//
// It is never checked as it came. Wrap makes argon2id of its digest, and what is
// stored afterwards is that, with the foreign parameters but without the digest:
//
//	$argon2id-wrapped$v=19$m=…,t=…,p=…$salt$tag$<kdf>,…$<foreign salt>
//
// To check a password the foreign function is computed first and argon2id of its
// result second. So what a thief of the store has to guess against costs an
// argon2id each, whatever the other system used.
//
// How long a check takes. For an unknown account one argon2id is computed; for a
// wrapped hash one, and the foreign function before it. SM3 is below notice;
// PBKDF2 and bcrypt are not: who answers keeps that from showing (adr/0008). It is
// so only until the account's first right password, after which Verify's answer
// "rehash" replaces the hash by a plain one. What a single check may cost is bounded
// (maxBcryptCost, maxPBKDF2), and it holds one of the places of Params.Concurrency
// all the while.
type Foreign struct {
	kdf    kdf
	digest []byte
}

// kdf is what another system makes of a password.
type kdf interface {
	digest(password string) ([]byte, error)
	String() string // name,parameters$salt
}

// ParseForeign reads a hash of another system, or returns ErrForeign. It takes:
//
//	$2a$10$…, $2b$…, $2y$…                    bcrypt, cost up to 12
//	pbkdf2_sha256$600000$salt$base64           Django; also _sha1, _sha512; the salt is text
//	$pbkdf2-sha256$29000$salt$digest           passlib; also -sha512, and $pbkdf2$ for SHA-1
//	$pbkdf2-sha256$i=29000[,l=32]$salt$digest  PHC; also -sha1, -sha512
//	$sm3$s=salt[,o=sp]$digest                  SM3(salt ‖ password)
//	$sm3$s=salt,o=ps$digest                    SM3(password ‖ salt)
//
// where salts are base64, digests of PBKDF2 base64, and those of SM3 hex or
// base64. Padding may be left out; PBKDF2 takes up to 1 000 000 rounds.
//
// Passwords are hashed as UTF-8 in NFC. One that the other system hashed in
// another encoding is refused; its holder gets in by activation.
func ParseForeign(s string) (Foreign, error) {
	if len(s) > maxForeign {
		return Foreign{}, ErrForeign
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(s, "$"), "$")
	phc := strings.HasPrefix(s, "$")
	var (
		f  Foreign
		ok bool
	)
	switch {
	case phc && strings.HasPrefix(name, "2"):
		f, ok = parseBcrypt(name, rest)
	case phc && name == "sm3":
		f, ok = parseSM3(rest)
	case phc && strings.HasPrefix(name, "pbkdf2"):
		f, ok = parsePBKDF2(strings.TrimPrefix(strings.TrimPrefix(name, "pbkdf2"), "-"), rest)
	case !phc && strings.HasPrefix(name, "pbkdf2_"):
		f, ok = parseDjango(strings.TrimPrefix(name, "pbkdf2_"), rest)
	}
	if !ok {
		return Foreign{}, ErrForeign
	}
	return f, nil
}

// Wrap returns what is stored of a foreign hash.
func (h *Hasher) Wrap(ctx context.Context, f Foreign) (string, error) {
	if f.kdf == nil {
		return "", ErrForeign
	}
	made := h.fresh()
	made.foreign = f.kdf
	tag, err := h.derive(ctx, made, func() ([]byte, error) { return f.digest, nil })
	if err != nil {
		return "", err
	}
	made.tag = tag
	return made.String(), nil
}

// parseKDF reads the one spelling that a kdf's String writes.
func parseKDF(s string) (kdf, bool) {
	params, salt, ok := strings.Cut(s, "$")
	raw, err := base64.RawStdEncoding.Strict().DecodeString(salt)
	if !ok || err != nil || len(raw) > maxForeignSalt {
		return nil, false
	}
	name, params, _ := strings.Cut(params, ",")
	var k kdf
	switch {
	case name == "bcrypt":
		k, ok = readBcrypt(params, raw)
	case name == "sm3":
		k, ok = readSM3(params, raw)
	case strings.HasPrefix(name, "pbkdf2-"):
		k, ok = readPBKDF2(strings.TrimPrefix(name, "pbkdf2-"), params, raw)
	default:
		return nil, false
	}
	if !ok || k.String() != s {
		return nil, false
	}
	return k, true
}

// unbase64 reads standard base64, with or without padding, and passlib's with a
// dot for the plus.
func unbase64(s string) ([]byte, bool) {
	s = strings.ReplaceAll(strings.TrimRight(s, "="), ".", "+")
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	raw, err := base64.RawStdEncoding.DecodeString(s)
	return raw, err == nil
}

// digestOf reads a digest of n bytes, in hex or base64.
func digestOf(s string, n int) ([]byte, bool) {
	if len(s) == 2*n {
		raw, err := hex.DecodeString(s)
		return raw, err == nil
	}
	raw, ok := unbase64(s)
	return raw, ok && len(raw) == n
}
