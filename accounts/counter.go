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

// Network is what counts as one address: an IPv4 address, or the /64 that one
// IPv6 subscriber has at the least.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(a, bits).Masked()
}

// network names it, in the keys of counters.
func network(a netip.Addr) string {
	if n := Network(a); !n.Addr().Is4() {
		return n.String()
	}
	return a.Unmap().String()
}
