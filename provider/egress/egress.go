// Package egress makes the HTTP clients that follow addresses which relying parties
// gave: key sets that are fetched, endpoints that events are pushed to. They reach
// public addresses only, unless the operator allows a host, and follow no redirect,
// so that nobody can use them to reach inside.
package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrAddress says that a name led to an address that is not a public one.
var ErrAddress = errors.New("egress: address is not a public one")

// NewClient returns a client whose calls last no longer than timeout. Hosts in
// allow may have special-use addresses.
func NewClient(allow []string, timeout time.Duration) *http.Client {
	transport := &http.Transport{
		TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialer := &net.Dialer{Timeout: timeout}
			if host, _, err := net.SplitHostPort(address); err == nil && !slices.Contains(allow, host) {
				dialer.Control = publicOnly
			}
			return dialer.DialContext(ctx, network, address)
		},
	}
	return &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// publicOnly refuses special-use addresses after name resolution, so that no
// name can lead inside.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrAddress
	}
	ip := ap.Addr().Unmap()
	shared := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip) {
		return ErrAddress
	}
	return nil
}
