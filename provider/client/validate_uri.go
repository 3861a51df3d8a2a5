package client

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// LocalHost reports whether a host, without port, is one that plain http, the
// simulators and demo data may live on: localhost, *.localhost, *.test, a
// loopback or a private address.
func LocalHost(host string) bool {
	if Loopback(host) || strings.HasSuffix(host, ".test") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsPrivate()
}

// Loopback reports whether a host, without port, is this machine: a loopback
// address, localhost or a name below it (RFC 6761 §6.3).
func Loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (d *decoded) checkURIs(p Policy) {
	c := d.client
	d.eachURI("redirect_uris", &c.RedirectURIs, p.redirectURI)
	d.eachURI("post_logout_redirect_uris", &c.PostLogout, p.redirectURI)
	d.eachURI("allowed_origins", &c.AllowedOrigins, p.origin)
	if c.EventURI != "" {
		if err := p.receiver(c.EventURI); err != nil {
			d.fault("event_uri", "%q: %v", c.EventURI, err)
		}
	}
	for _, page := range []struct{ member, uri string }{
		{"client_uri", c.URI}, {"logo_uri", c.LogoURI}, {"policy_uri", c.PolicyURI}, {"tos_uri", c.TermsURI},
	} {
		if page.uri == "" {
			continue
		}
		if _, err := webURI(page.uri); err != nil {
			d.fault(page.member, "%q: %v", page.uri, err)
		}
	}
}

func (d *decoded) eachURI(member string, uris *[]string, check func(string, *Client) error) {
	if len(*uris) > maxListed {
		d.fault(member, "has more than %d entries", maxListed)
		return
	}
	*uris = unique(*uris)
	for _, uri := range *uris {
		if err := check(uri, d.client); err != nil {
			d.fault(member, "%q: %v", uri, err)
		}
	}
}

// redirectURI accepts what a browser may be sent back to: https; http on this
// machine (RFC 8252 §7.3), and beside a local issuer on local hosts; a
// private-use scheme of a native, public client (RFC 8252 §7.1). It is compared
// byte by byte later (RFC 9700 §2.1), so it has no pattern in it.
func (p Policy) redirectURI(raw string, c *Client) error {
	u, err := plainURI(raw)
	if err != nil {
		return err
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http":
		return p.webHost(u)
	case !strings.Contains(u.Scheme, "."):
		return errors.New("want https, or a private-use scheme with a dot in it (RFC 8252)")
	case c.AuthMethod != AuthNone:
		return errors.New("a private-use scheme is for public clients")
	case u.Host != "" || !strings.HasPrefix(u.Path, "/"):
		return errors.New("want scheme:/path")
	}
	return nil
}

// receiver accepts an endpoint that we post to: https, or http where redirect URIs
// may have it.
func (p Policy) receiver(raw string) error {
	u, err := plainURI(raw)
	switch {
	case err != nil:
		return err
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("want https")
	}
	return p.webHost(u)
}

// plainURI refuses what has no place in any address we hand a browser or fetch.
func plainURI(raw string) (*url.URL, error) {
	if len(raw) > maxURI {
		return nil, fmt.Errorf("is longer than %d characters", maxURI)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("has spaces or characters other than ASCII")
	}
	if strings.ContainsAny(raw, `\*"<>^{|}`+"`") {
		return nil, errors.New("has a wildcard or a character that must be escaped")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("is no URI")
	case !u.IsAbs():
		return nil, errors.New("is not absolute")
	case strings.Contains(raw, "#"):
		return nil, errors.New("has a fragment") // RFC 6749 §3.1.2
	case u.User != nil:
		return nil, errors.New("has a user")
	}
	return u, nil
}

// webHost checks host, port and scheme of an http or https address.
func (p Policy) webHost(u *url.URL) error {
	host := u.Hostname()
	switch {
	case host == "" || u.Opaque != "":
		return errors.New("has no host")
	case u.Scheme == "http" && !Loopback(host) && (!p.LocalIssuer || !LocalHost(host)):
		return errors.New("want https")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return errors.New("has no such port")
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return errors.New("has an empty port")
	}
	if slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "." || s == ".." }) {
		return errors.New("has dot segments") // a browser would resolve them
	}
	return nil
}

// origin accepts an origin as a browser sends it (RFC 6454 §6.2).
func (p Policy) origin(raw string, _ *Client) error {
	u, err := plainURI(raw)
	if err != nil {
		return err
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("want https")
	}
	if err := p.webHost(u); err != nil {
		return err
	}
	if raw != u.Scheme+"://"+strings.ToLower(u.Host) || u.Port() == schemePorts()[u.Scheme] {
		return errors.New("want an origin as browsers send it: scheme://host or scheme://host:port, in lower case")
	}
	return nil
}

// webURI accepts a page that people may follow a link to.
func webURI(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > maxURI || u.User != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("want an https or http URL")
	}
	return u, nil
}
