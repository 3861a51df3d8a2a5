package client

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Authentication methods of the token endpoint (RFC 7591 §2).
const (
	AuthBasic      = "client_secret_basic"
	AuthPost       = "client_secret_post"
	AuthPrivateKey = "private_key_jwt"
	AuthNone       = "none"
)

// Formats of an access token.
const (
	FormatOpaque = "opaque"
	FormatJWT    = "jwt" // RFC 9068
)

// Public reports whether the client cannot keep a secret (RFC 6749 §2.1).
func (c *Client) Public() bool { return c.AuthMethod == AuthNone }

// RegisteredAfter reports whether the client was registered after what was issued
// to its id then: that was issued to another client, which is deleted. It is told
// to the millisecond, of records older than RegisteredAt to the second.
func (c *Client) RegisteredAfter(issued time.Time) bool {
	since := c.RegisteredAt
	if since.IsZero() {
		since = time.Unix(c.IssuedAt, 0)
	}
	return issued.Before(since)
}

// Scopes are those that the client may ask for.
func (c *Client) Scopes() []string { return strings.Fields(c.Scope) }

// AllowsOrigin reports whether scripts of that web origin may call the endpoints
// as this client: the origin of one of its redirect URIs, or a registered one.
func (c *Client) AllowsOrigin(origin string) bool {
	return slices.Contains(c.AllowedOrigins, origin) ||
		slices.ContainsFunc(c.RedirectURIs, func(uri string) bool { return OriginOf(uri) == origin })
}

// OriginOf returns the web origin of a URI as browsers write it (RFC 6454 §6.2: in
// lower case, without the scheme's own port), empty if it has none.
func OriginOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	host := strings.ToLower(u.Host)
	if u.Port() == schemePorts()[u.Scheme] {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return u.Scheme + "://" + host
}

// schemePorts are the ports that addresses leave out.
func schemePorts() map[string]string { return map[string]string{"https": "443", "http": "80"} }
