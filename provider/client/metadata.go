package client

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

// Grant types that a client may be registered for.
const (
	GrantCode    = "authorization_code"
	GrantRefresh = "refresh_token"
	GrantService = "client_credentials"
)

// Defaults of members that a record leaves out. "identity" and "mandates" are
// never among them: they are given by name only.
const (
	defaultScope      = "openid profile phone email address enterprise agent offline_access"
	defaultIDTokenAlg = "RS256" // OIDC Registration §2
)

// Policy is what registration needs to know of the server.
type Policy struct {
	// LocalIssuer: the issuer itself is on a host that LocalHost accepts. Then
	// clients may be on such hosts, over plain http, too.
	LocalIssuer bool
}

// Registration is the outcome of reading a record.
type Registration struct {
	Client *Client
	// Secret is the client's secret if this registration set one. It is shown
	// once and kept nowhere.
	Secret string
	// Notes are remarks that do not stop the registration: members that mean
	// nothing here, a secret that somebody made up.
	Notes []string
}

// Register reads the record of a new client (RFC 7591 §2): fills in what it
// leaves out, checks all of it, and returns every fault at once as an
// *InvalidError.
func (p Policy) Register(data []byte, now time.Time) (*Registration, error) {
	d, err := decode(data)
	if err != nil {
		return nil, err
	}
	d.client.IssuedAt, d.client.RegisteredAt, d.client.UpdatedAt = now.Unix(), now, now
	if d.client.ID == "" && !d.given["client_id"] {
		d.client.ID = newID()
	}
	d.fillDefaults()
	d.check(p)
	reg := &Registration{Client: d.client}
	if d.client.HasSecret() {
		reg.Secret = d.secret
		if reg.Secret == "" {
			reg.Secret = NewSecret()
		} else if len(reg.Secret) < ampleSecret {
			d.note("client_secret: shorter than %d characters; leave it out to have one made", ampleSecret)
		}
		d.client.SecretHash = HashSecret(reg.Secret)
	} else if d.given["client_secret"] {
		d.fault("client_secret", "a client that authenticates by %s has none", d.client.AuthMethod)
	}
	reg.Notes = d.notes
	return reg, d.err()
}

// Replace reads the record that takes the place of old, whole: what it leaves
// out goes back to its default. The id, the instant of issue and the secret
// stay; a client that had no secret and now needs one gets one.
func (p Policy) Replace(old *Client, data []byte, now time.Time) (*Registration, error) {
	d, err := decode(data)
	if err != nil {
		return nil, err
	}
	if d.given["client_id"] && d.client.ID != old.ID {
		d.fault("client_id", "is %s and does not change", old.ID)
	}
	d.client.ID, d.client.IssuedAt, d.client.RegisteredAt, d.client.UpdatedAt = old.ID, old.IssuedAt, old.RegisteredAt, now
	d.fillDefaults()
	d.check(p)
	reg := &Registration{Client: d.client}
	switch {
	case !d.client.HasSecret():
	case len(old.SecretHash) > 0:
		d.client.SecretHash = old.SecretHash
		if d.given["client_secret"] {
			d.note("client_secret: ignored; rotate-secret changes it")
		}
	default:
		reg.Secret = NewSecret()
		d.client.SecretHash = HashSecret(reg.Secret)
	}
	reg.Notes = d.notes
	return reg, d.err()
}

// HasSecret reports whether the client authenticates with a secret.
func (c *Client) HasSecret() bool { return c.AuthMethod == AuthBasic || c.AuthMethod == AuthPost }

// fillDefaults gives every member that the record leaves out its default: those
// of RFC 7591 §2 and OIDC Registration §2 where they have one, else ours.
func (d *decoded) fillDefaults() {
	c := d.client
	fill(&c.AuthMethod, AuthBasic)
	fill(&c.IDTokenAlg, defaultIDTokenAlg)
	fill(&c.AccessTokenFormat, FormatOpaque)
	if !d.given["grant_types"] {
		c.GrantTypes = defaultGrants(c, d.given["scope"])
	}
	code := slices.Contains(c.GrantTypes, GrantCode)
	if !d.given["scope"] && code {
		c.Scope = defaultScope
	}
	if !d.given["response_types"] && code {
		c.ResponseTypes = []string{"code"}
	}
	if !d.given["pkce_required"] {
		c.PKCERequired = true
	}
	if len(c.AccountTypes) == 0 {
		c.AccountTypes = accounts.Types()
	}
	// Absent lists are empty ones: the two members stand in every record.
	c.GrantTypes, c.ResponseTypes = append([]string{}, c.GrantTypes...), append([]string{}, c.ResponseTypes...)
	c.Scope = strings.Join(unique(strings.Fields(c.Scope)), " ")
}

// defaultGrants is authorization_code (RFC 7591 §2), with refresh_token if the
// client's scopes lead to one. A record that names nowhere to return to and is
// marked introspect is a resource server, which gets no tokens at all.
func defaultGrants(c *Client, scopeGiven bool) []string {
	if c.Introspect && len(c.RedirectURIs) == 0 {
		return nil
	}
	if !scopeGiven || slices.Contains(strings.Fields(c.Scope), "offline_access") {
		return []string{GrantCode, GrantRefresh}
	}
	return []string{GrantCode}
}

func fill(member *string, value string) {
	if *member == "" {
		*member = value
	}
}

func unique[T comparable](list []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Fault is one thing wrong with one member of a record.
type Fault struct {
	Member  string // RFC 7591 member name, empty for the record as a whole
	Problem string
}

func (f Fault) String() string {
	if f.Member == "" {
		return f.Problem
	}
	return f.Member + ": " + f.Problem
}

// InvalidError lists everything that is wrong with a record.
type InvalidError struct {
	Faults []Fault
}

func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return "client: " + strings.Join(lines, "; ")
}

func (d *decoded) fault(member, format string, args ...any) {
	d.faults = append(d.faults, Fault{Member: member, Problem: fmt.Sprintf(format, args...)})
}

func (d *decoded) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

func (d *decoded) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	return &InvalidError{Faults: d.faults}
}
