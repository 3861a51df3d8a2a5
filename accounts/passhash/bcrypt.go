package passhash

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/blowfish" //nolint:staticcheck // SA1019: deprecated as a cipher; bcrypt is made of it
)

const (
	minBcryptCost = 4
	maxBcryptCost = 12 // a quarter of a second
	bcryptSalt    = 16 // bytes
	bcryptDigest  = 23 // bytes; the last of the cipher's 24 is not kept
)

// bcryptKDF is bcrypt (Provos and Mazières, USENIX 1999). The versions 2a, 2b and
// 2y name the same function; 2x, of a library that had it wrong, is not taken.
//
// x/crypto/bcrypt compares, but does not say the digest, which is what we need.
type bcryptKDF struct {
	cost int
	salt []byte
}

func (k bcryptKDF) String() string {
	return fmt.Sprintf("bcrypt,c=%d$%s", k.cost, base64.RawStdEncoding.EncodeToString(k.salt))
}

func (k bcryptKDF) digest(password string) ([]byte, error) {
	key := append([]byte(password), 0) // beyond 72 bytes the cipher itself takes no notice, like every bcrypt
	cipher, err := blowfish.NewSaltedCipher(key, k.salt)
	if err != nil {
		return nil, fmt.Errorf("passhash: bcrypt: %w", err)
	}
	for range 1 << k.cost {
		blowfish.ExpandKey(key, cipher)
		blowfish.ExpandKey(k.salt, cipher)
	}
	text := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < len(text); i += blowfish.BlockSize {
		block := text[i : i+blowfish.BlockSize]
		for range 64 {
			cipher.Encrypt(block, block)
		}
	}
	return text[:bcryptDigest], nil
}

// parseBcrypt reads "2b", "10$" and 53 characters of salt and digest.
func parseBcrypt(version, rest string) (Foreign, bool) {
	costText, text, ok := strings.Cut(rest, "$")
	cost, err := strconv.Atoi(costText)
	if !ok || err != nil || len(costText) != 2 || len(text) != 53 {
		return Foreign{}, false
	}
	if version != "2a" && version != "2b" && version != "2y" {
		return Foreign{}, false
	}
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if strings.Trim(text, alphabet) != "" {
		return Foreign{}, false
	}
	b64 := base64.NewEncoding(alphabet).WithPadding(base64.NoPadding) // not strict: some leave bits in the last character
	salt, errSalt := b64.DecodeString(text[:22])
	digest, errDigest := b64.DecodeString(text[22:])
	if errSalt != nil || errDigest != nil || cost < minBcryptCost || cost > maxBcryptCost {
		return Foreign{}, false
	}
	return Foreign{kdf: bcryptKDF{cost: cost, salt: salt}, digest: digest}, true
}

func readBcrypt(params string, salt []byte) (kdf, bool) {
	c, ok := cost(params, "c=", maxBcryptCost)
	return bcryptKDF{cost: int(c), salt: salt}, ok && c >= minBcryptCost && len(salt) == bcryptSalt
}
