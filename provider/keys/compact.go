package keys

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Canonical reports whether a compact JWS (RFC 7515 §7.1) is written in the one
// way there is: three parts of base64url, with no line break, no padding and no
// stray bit in the last character (RFC 4648 §3.5). Decoders take other ways too,
// so that one token had many spellings, each of which verifies.
func Canonical(token string) bool {
	if strings.ContainsAny(token, "\r\n") { // the strict decoder passes over them
		return false
	}
	parts := strings.SplitN(token, ".", 4)
	return len(parts) == 3 && !slices.ContainsFunc(parts, func(part string) bool {
		_, err := base64.RawURLEncoding.Strict().DecodeString(part)
		return part == "" || err != nil
	})
}
