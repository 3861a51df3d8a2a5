package oauth

import (
	"slices"
	"strings"

	"github.com/tongid/tongid/provider/client"
)

// Scopes that mean something here (contract: scopes). "mandates" belongs to
// services alone, "identity" to clients that are registered with it.
const (
	scopeOpenID   = "openid"
	scopeProfile  = "profile"
	scopePhone    = "phone"
	scopeEmail    = "email"
	scopeAddress  = "address"
	scopeCompany  = "enterprise"
	scopeAgent    = "agent"
	scopeIdentity = "identity"
	scopeOffline  = "offline_access"
)

// userScopes are about a signed-in account; a service has none.
func userScopes() []string {
	return []string{
		scopeOpenID, scopeProfile, scopePhone, scopeEmail, scopeAddress,
		scopeCompany, scopeAgent, scopeIdentity, scopeOffline,
	}
}

// grantable filters what an authorization request asks for down to what the
// client is registered for; unknown scopes are ignored (OIDC Core §3.1.2.1).
func grantable(c *client.Client, asked []string) []string {
	var granted []string
	for _, s := range registered(c, asked) {
		switch {
		case slices.Contains(granted, s), !slices.Contains(userScopes(), s):
		case s == scopeOffline && !slices.Contains(c.GrantTypes, grantRefresh):
		default:
			granted = append(granted, s)
		}
	}
	return granted
}

// registered returns the scopes that the client is registered for still: what was
// granted before an operator took a scope away ends with it.
func registered(c *client.Client, granted []string) []string {
	now := strings.Fields(c.Scope)
	if subset(granted, now) {
		return granted
	}
	return slices.DeleteFunc(slices.Clone(granted), func(s string) bool { return !slices.Contains(now, s) })
}

// serviceScopes are the scopes that the client may have for itself.
func serviceScopes(c *client.Client) []string {
	return slices.DeleteFunc(strings.Fields(c.Scope), func(s string) bool {
		return slices.Contains(userScopes(), s)
	})
}

// distinct sorts scopes and leaves out those that are there twice.
func distinct(scopes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(scopes)))
}

// subset reports whether every element of a stands in b.
func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
