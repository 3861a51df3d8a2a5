package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
)

// counterKey is the key that something is counted under: a keyed hash, so that
// the store learns neither identifiers nor addresses. Each part is preceded by
// its length; no two lists of parts give the same key.
func counterKey(key [32]byte, parts ...string) string {
	mac := hmac.New(sha256.New, key[:])
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// network is what counts as one address: an IPv4 address, or the /64 that one
// IPv6 subscriber has at the least.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a.String() // 64 is within every IPv6 address
	}
	return prefix.String()
}
