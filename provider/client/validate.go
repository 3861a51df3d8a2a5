package client

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tongid/tongid/provider/keys"
)

// Bounds of a record's members.
const (
	maxID       = 128
	maxName     = 200 // characters
	maxSecret   = 256
	maxURI      = 2048
	maxListed   = 100 // entries of one list
	maxScope    = 1024
	maxJWKS     = 64 << 10
	idAlphabet  = "letters, digits and - . _ ~ : / @ +, beginning with a letter or digit"
	acrAlphabet = "urn:tongid:loa:2 to urn:tongid:loa:5"
)

// check looks at every member and notes every fault.
func (d *decoded) check(p Policy) {
	d.checkIdentity()
	d.checkGrants()
	d.checkAuthentication()
	d.checkScopes()
	d.checkTongid()
	d.checkURIs(p)
	d.checkKeys(p)
}

func (d *decoded) checkIdentity() {
	c := d.client
	switch {
	case c.ID == "":
		d.fault("client_id", "is empty")
	case len(c.ID) > maxID || !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~:/@+-]*$`).MatchString(c.ID):
		d.fault("client_id", "want at most %d of %s", maxID, idAlphabet)
	}
	if !presentable(c.Name) {
		d.fault("client_name", "want at most %d printable characters", maxName)
	}
	if len(c.Contacts) > maxListed || slices.ContainsFunc(c.Contacts, func(s string) bool { return s == "" || !presentable(s) }) {
		d.fault("contacts", "want at most %d printable texts", maxListed)
	}
	if c.DefaultMaxAge != nil && *c.DefaultMaxAge < 0 {
		d.fault("default_max_age", "is negative")
	}
}

func presentable(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxName &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (d *decoded) checkGrants() {
	c := d.client
	d.oneOf("grant_types", c.GrantTypes, GrantCode, GrantRefresh, GrantService)
	d.oneOf("response_types", c.ResponseTypes, "code")
	code := slices.Contains(c.GrantTypes, GrantCode)
	service := slices.Contains(c.GrantTypes, GrantService)
	if !code && !service && !c.Introspect {
		d.fault("grant_types", "want %s or %s", GrantCode, GrantService)
	}
	if slices.Contains(c.GrantTypes, GrantRefresh) && !code {
		d.fault("grant_types", "%s needs %s", GrantRefresh, GrantCode)
	}
	// RFC 7591 §2.1: the two go together.
	if code != (len(c.ResponseTypes) > 0) {
		d.fault("response_types", "code goes with the grant type %s", GrantCode)
	}
	if service && c.AuthMethod == AuthNone {
		d.fault("grant_types", "%s needs a client that authenticates", GrantService)
	}
	if code && len(c.RedirectURIs) == 0 {
		d.fault("redirect_uris", "%s needs at least one", GrantCode)
	}
}

func (d *decoded) checkAuthentication() {
	c := d.client
	d.oneOf("token_endpoint_auth_method", []string{c.AuthMethod}, AuthBasic, AuthPost, AuthPrivateKey, AuthNone)
	d.oneOf("id_token_signed_response_alg", []string{c.IDTokenAlg}, keys.Algorithms()...)
	if c.AuthAlg != "" {
		d.oneOf("token_endpoint_auth_signing_alg", []string{c.AuthAlg}, AssertionAlgorithms()...)
	}
	if c.AuthMethod == AuthNone {
		if c.Introspect {
			d.fault("introspect", "needs a client that authenticates")
		}
		if !c.PKCERequired {
			d.fault("pkce_required", "is required of public clients")
		}
	}
	if d.given["client_secret"] && !secretText(d.secret) {
		d.fault("client_secret", "want 1 to %d printable ASCII characters", maxSecret)
	}
}

// AssertionAlgorithms are the signatures accepted of client assertions (RFC
// 7523).
func AssertionAlgorithms() []string { return []string{"ES256", "EdDSA", "PS256", "RS256"} }

// secretText reports whether s is a VSCHAR string (RFC 6749 appendix A.2).
func secretText(s string) bool {
	return s != "" && len(s) <= maxSecret && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func (d *decoded) checkScopes() {
	c := d.client
	if len(c.Scope) > maxScope {
		d.fault("scope", "is longer than %d characters", maxScope)
	}
	scopes := strings.Fields(c.Scope)
	for _, s := range scopes {
		// RFC 6749 §3.3: scope-token.
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			d.fault("scope", "%q is no scope", s)
		}
		// A service may have scopes of its own making; elsewhere it is a slip.
		if !slices.Contains(c.GrantTypes, GrantService) && !slices.Contains(knownScopes(), s) {
			d.note("scope: %q is none of ours and gives nothing", s)
		}
	}
	d.oneOf("id_token_claims", c.IDTokenClaims, claimScopes()...)
	for _, s := range c.IDTokenClaims {
		if slices.Contains(claimScopes(), s) && !slices.Contains(scopes, s) {
			d.fault("id_token_claims", "%q is not among the client's scopes", s)
		}
	}
}

// claimScopes are the scopes that stand for claims (contract: userinfo).
func claimScopes() []string {
	return []string{"profile", "phone", "email", "address", "enterprise", "agent", "identity"}
}

func knownScopes() []string { return append(claimScopes(), "openid", "offline_access", "mandates") }

// checkTongid looks at the members that are tongid's own (contract.md).
func (d *decoded) checkTongid() {
	c := d.client
	for _, t := range c.AccountTypes {
		if !t.Valid() {
			d.fault("account_types", "%q is none of enterprise, agent, person", t)
		}
	}
	for _, t := range c.LegalTypes {
		if !t.Valid() {
			d.fault("legal_types", "%q is no legal type", t)
		}
	}
	if c.MinACR != "" && !regexp.MustCompile(`^urn:tongid:loa:[2-5]$`).MatchString(c.MinACR) {
		d.fault("min_acr", "want %s", acrAlphabet)
	}
	d.checkEvents()
	d.oneOf("access_token_format", []string{c.AccessTokenFormat}, FormatOpaque, FormatJWT)
	c.AccountTypes, c.LegalTypes = unique(c.AccountTypes), unique(c.LegalTypes)
}

// oneOf notes each of got that is not among allowed.
func (d *decoded) oneOf(member string, got []string, allowed ...string) {
	for _, g := range got {
		if !slices.Contains(allowed, g) {
			d.fault(member, "%q is none of %s", g, strings.Join(allowed, ", "))
		}
	}
}
