package keys

import "strings"

// base64url is the alphabet of RFC 4648 §5.
const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// Canonical reports whether a compact JWS (RFC 7515 §7.1) is written in the one
// way there is: three parts of base64url, with no line break, no padding and no
// stray bit in the last character (RFC 4648 §3.5). Decoders take other ways too,
// so that one token had many spellings, each of which verifies.
func Canonical(token string) bool {
	parts := 0
	for part := range strings.SplitSeq(token, ".") {
		if parts++; parts > 3 || !canonicalPart(part) {
			return false
		}
	}
	return parts == 3
}

func canonicalPart(part string) bool {
	if part == "" {
		return false
	}
	for _, c := range []byte(part) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	last := strings.IndexByte(base64url, part[len(part)-1])
	switch len(part) % 4 {
	case 0:
		return true
	case 2:
		return last&0b1111 == 0 // 8 of 12 bits are used
	case 3:
		return last&0b11 == 0 // 16 of 18
	default:
		return false
	}
}
