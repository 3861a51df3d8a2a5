package passhash

import (
	"encoding/base64"
	"strings"

	"github.com/emmansun/gmsm/sm3"
)

// sm3KDF is one SM3 (GB/T 32905) of password and salt. It is no function to keep
// passwords by; many systems do.
type sm3KDF struct {
	order string // "sp": salt ‖ password; "ps": password ‖ salt
	salt  []byte
}

func (k sm3KDF) String() string {
	return "sm3,o=" + k.order + "$" + base64.RawStdEncoding.EncodeToString(k.salt)
}

func (k sm3KDF) digest(password string) ([]byte, error) {
	h := sm3.New()
	parts := [2][]byte{k.salt, []byte(password)}
	if k.order == "ps" {
		parts[0], parts[1] = parts[1], parts[0]
	}
	h.Write(parts[0])
	h.Write(parts[1])
	return h.Sum(nil), nil
}

// parseSM3 reads "s=salt$digest" or "s=salt,o=ps$digest".
func parseSM3(rest string) (Foreign, bool) {
	params, digestText, _ := strings.Cut(rest, "$")
	saltText, order, said := strings.Cut(params, ",")
	saltText, ok := strings.CutPrefix(saltText, "s=")
	if !said {
		order = "o=sp"
	}
	salt, okSalt := unbase64(saltText)
	digest, okDigest := digestOf(digestText, sm3.Size)
	if !ok || !okSalt || !okDigest || len(salt) > maxForeignSalt {
		return Foreign{}, false
	}
	k, ok := readSM3(order, salt)
	return Foreign{kdf: k, digest: digest}, ok
}

func readSM3(params string, salt []byte) (kdf, bool) {
	order, ok := strings.CutPrefix(params, "o=")
	return sm3KDF{order: order, salt: salt}, ok && (order == "sp" || order == "ps")
}
