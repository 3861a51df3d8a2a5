package config

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/redis"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/templates"
)

// check holds the settings against each other and against the machine. It opens
// no connection.
func (l *loader) check() {
	l.checkIssuer()
	l.checkStores()
	l.checkTLS()
	l.checkLifetimes()
	l.checkOutside()
	if l.config.Demo && !l.branded {
		l.config.Brand = templates.DemoBrand()
	}
}

// checkIssuer derives the issuer if there is none, and holds it, and what is
// only for local hosts, against the contract.
func (l *loader) checkIssuer() {
	c := l.config
	if c.Simulators = c.Simulators || c.Demo; !c.Simulators {
		if !c.Captcha {
			l.fault("captcha: off only with simulators")
		}
		if !c.Limits {
			l.fault("limits: off only with simulators")
		}
	}
	if c.Issuer == "" {
		if !l.deriveIssuer() {
			return
		}
	}
	u, err := parseIssuer(c.Issuer)
	if err != nil {
		l.fault("issuer: %q: %v", c.Issuer, err)
		return
	}
	if client.LocalHost(u.Hostname()) {
		return
	}
	const local = "localhost, *.localhost, *.test or a loopback or private address"
	if u.Scheme == "http" {
		l.fault("issuer: %q: want https; http is for %s", c.Issuer, local)
	}
	switch {
	case c.Demo:
		l.fault("demo: only with an issuer on %s, not %s", local, u.Hostname())
	case c.Simulators:
		l.fault("simulators: only with an issuer on %s, not %s", local, u.Hostname())
	}
}

// deriveIssuer makes the address that a browser on this machine would use.
func (l *loader) deriveIssuer() bool {
	c := l.config
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return false // a fault of its own
	}
	if port == "0" {
		l.fault("issuer: needed when the system chooses the port of listen")
		return false
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && addr.IsUnspecified():
		host = "localhost"
	case !client.LocalHost(host):
		l.fault("issuer: needed when listen is not on this machine")
		return false
	}
	scheme, standard := "http", "80"
	if c.TLS() {
		scheme, standard = "https", "443"
	}
	if c.Issuer = scheme + "://" + net.JoinHostPort(host, port); port == standard {
		c.Issuer = scheme + "://" + strings.TrimSuffix(net.JoinHostPort(host, port), ":"+port)
	}
	return true
}

// parseIssuer accepts an origin, written as it will stand in tokens.
func parseIssuer(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New("want https://host")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return nil, errors.New("want https://host, without user, query or fragment")
	case u.Path == "/":
		return nil, errors.New("write it without the slash at its end")
	case u.Path != "":
		return nil, errors.New("want https://host, without a path")
	case raw != strings.ToLower(raw):
		return nil, errors.New("write it in lower case")
	case u.Port() == map[string]string{"https": "443", "http": "80"}[u.Scheme]:
		return nil, errors.New("write it without the port, which is the standard one")
	case strings.HasSuffix(u.Hostname(), "."):
		return nil, errors.New("write it without the dot at the host's end")
	case !isHost(u.Hostname()):
		return nil, errors.New("want a host name or an address")
	}
	return u, nil
}

// checkStores: Postgres and Redis go together and then need a master key; the
// embedded stores need a folder.
func (l *loader) checkStores() {
	c := l.config
	if c.MasterKey != "" {
		if _, err := seal.ParseMasterKey(c.MasterKey.Reveal()); err != nil {
			l.fault("master-key: %s", strings.TrimPrefix(err.Error(), "seal: "))
		}
	}
	if c.Embedded() {
		if info, err := os.Stat(c.Data); err == nil && !info.IsDir() {
			l.fault("data: %s is no folder", c.Data)
		}
		return
	}
	for _, s := range []struct{ name, why string }{
		{"postgres-url", "it goes with redis-url"},
		{"redis-url", "it goes with postgres-url"},
		{"master-key", "with Postgres and Redis none is made by itself"},
	} {
		i := slices.IndexFunc(l.settings, func(row Setting) bool { return row.Name == s.name })
		if l.settings[i].text() == "" {
			l.fault("%s: missing; %s (%s or %[3]s_FILE)", s.name, s.why, l.settings[i].Env())
		}
	}
	l.checkURLs()
}

// checkURLs looks at the form of the stores' addresses, and repeats none of them:
// there are passwords in them.
func (l *loader) checkURLs() {
	c := l.config
	if c.PostgresURL != "" {
		if err := database.CheckURL(c.PostgresURL.Reveal()); err != nil {
			l.fault("postgres-url: %v", err)
		}
	}
	if c.RedisURL != "" {
		if err := redis.CheckURL(c.RedisURL.Reveal()); err != nil {
			l.fault("redis-url: %s", oneLine(err))
		}
	}
}

func (l *loader) checkTLS() {
	c := l.config
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
	case c.TLSCert == "":
		l.fault("tls-cert: needed with tls-key")
	case c.TLSKey == "":
		l.fault("tls-key: needed with tls-cert")
	default:
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			l.fault("tls-cert: %s", oneLine(err))
		}
	}
}

func (l *loader) checkLifetimes() {
	life := l.config.Lifetimes
	if life.RefreshIdle > life.RefreshAbsolute {
		l.fault("refresh-idle: is longer than refresh-absolute")
	}
	if life.Session.Idle > life.Session.Absolute {
		l.fault("session-idle: is longer than session-absolute")
	}
}
