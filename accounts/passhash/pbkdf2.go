package passhash

import (
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // G505: what the other system used; it stands inside PBKDF2 and argon2id
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
)

const maxPBKDF2 = 1_000_000 // rounds: half a second

// pbkdf2KDF is PBKDF2 (RFC 8018 §5.2).
type pbkdf2KDF struct {
	hash   string
	rounds int
	length int
	salt   []byte
}

func (k pbkdf2KDF) String() string {
	return fmt.Sprintf("pbkdf2-%s,i=%d,l=%d$%s", k.hash, k.rounds, k.length, base64.RawStdEncoding.EncodeToString(k.salt))
}

func (k pbkdf2KDF) digest(password string) ([]byte, error) {
	key, err := pbkdf2.Key(hashOf(k.hash), password, k.salt, k.rounds, k.length)
	if err != nil {
		return nil, fmt.Errorf("passhash: pbkdf2: %w", err)
	}
	return key, nil
}

func hashOf(name string) func() hash.Hash {
	switch name {
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	default:
		return nil
	}
}

// parseDjango reads "600000$salt$base64".
func parseDjango(name, rest string) (Foreign, bool) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return Foreign{}, false
	}
	return newPBKDF2(name, "i="+parts[0], []byte(parts[1]), parts[2])
}

// parsePBKDF2 reads "29000$salt$digest" or "i=29000,l=32$salt$digest".
func parsePBKDF2(name, rest string) (Foreign, bool) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return Foreign{}, false
	}
	if name == "" {
		name = "sha1"
	}
	rounds := parts[0]
	if !strings.HasPrefix(rounds, "i=") {
		rounds = "i=" + rounds
	}
	salt, ok := unbase64(parts[1])
	if !ok {
		return Foreign{}, false
	}
	return newPBKDF2(name, rounds, salt, parts[2])
}

func newPBKDF2(name, params string, salt []byte, digestText string) (Foreign, bool) {
	digest, ok := unbase64(digestText)
	if !ok {
		return Foreign{}, false
	}
	length := fmt.Sprintf("l=%d", len(digest))
	rounds, said, _ := strings.Cut(params, ",")
	if said != "" && said != length || len(salt) > maxForeignSalt {
		return Foreign{}, false
	}
	k, ok := readPBKDF2(name, rounds+","+length, salt)
	return Foreign{kdf: k, digest: digest}, ok
}

func readPBKDF2(name, params string, salt []byte) (kdf, bool) {
	rounds, length, _ := strings.Cut(params, ",")
	i, okRounds := cost(rounds, "i=", maxPBKDF2)
	l, okLength := cost(length, "l=", maxDigest)
	k := pbkdf2KDF{hash: name, rounds: int(i), length: int(l), salt: salt}
	return k, okRounds && okLength && l >= minDigest && hashOf(name) != nil
}
