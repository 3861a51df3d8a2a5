package guard

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is the address of the peer, or, when the peer is a trusted
// proxy, the rightmost address in X-Forwarded-For that is not: what stands
// further left was written by the client itself and may be anything. A header
// that cannot be read is believed no further than that place.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	address, ok := parseAddress(r.RemoteAddr)
	if !ok || !within(address, trusted) {
		return address
	}
	for _, list := range slices.Backward(r.Header["X-Forwarded-For"]) {
		for more := true; more; {
			var hop string
			list, hop, more = cutLast(list)
			next, ok := parseAddress(strings.TrimSpace(hop))
			if !ok {
				return address
			}
			if address = next; !within(address, trusted) {
				return address
			}
		}
	}
	return address
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// cutLast takes the last item off a list; more says that there were others.
func cutLast(list string) (rest, last string, more bool) {
	at := strings.LastIndexByte(list, ',')
	return list[:max(0, at)], list[at+1:], at >= 0
}

// parseAddress reads an address with or without a port.
func parseAddress(s string) (netip.Addr, bool) {
	if strings.HasPrefix(s, "[") || strings.Count(s, ":") == 1 {
		if both, err := netip.ParseAddrPort(s); err == nil {
			return both.Addr().Unmap().WithZone(""), true
		}
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}
