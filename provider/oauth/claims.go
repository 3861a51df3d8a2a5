package oauth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
)

// claimSource is what claims about an account are made from.
type claimSource struct {
	principal *accounts.Principal
	standing  *accounts.Standing
}

// enterpriseClaim is the value of the claim "enterprise".
type enterpriseClaim struct {
	USCC   string             `json:"uscc"`
	Name   string             `json:"name"`
	Type   accounts.LegalType `json:"type"`
	Status accounts.Status    `json:"status"`
	AsOf   string             `json:"as_of,omitempty"`
}

// agentClaim says by what authority a person acts (contract: claim agent).
type agentClaim struct {
	ID         string   `json:"id"` // of the mandate
	Name       string   `json:"name"`
	Role       string   `json:"role"` // agent | legal_representative
	Manager    bool     `json:"manager"`
	Services   []string `json:"services"` // client ids, or "*" for all
	ValidFrom  string   `json:"valid_from"`
	ValidUntil string   `json:"valid_until,omitempty"`
}

// allServices stands for a mandate that is for every portal.
const allServices = "*"

func servicesOf(m *accounts.Mandate) []string {
	if len(m.Services) == 0 {
		return []string{allServices}
	}
	return m.Services
}

// claim is one claim that an account can have: the scope that carries it and how
// to make it. make returns nil when the account has no such thing: absent rather
// than empty or null.
type claim struct {
	name  string
	scope string
	make  func(claimSource) any
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// claimTable is the one list of account claims: userinfo, ID tokens, consent and
// discovery all read it. Types are those of OIDC Core §5.1.
var claimTable = [...]claim{
	{"account_type", scopeOpenID, func(s claimSource) any { return string(s.principal.Type) }},
	{"name", scopeProfile, func(s claimSource) any { return text(s.standing.Name) }},
	{"preferred_username", scopeProfile, func(s claimSource) any { return text(s.standing.Username) }},
	{"locale", scopeProfile, func(claimSource) any { return "zh-CN" }},
	{"zoneinfo", scopeProfile, func(claimSource) any { return "Asia/Shanghai" }},
	{"updated_at", scopeProfile, func(s claimSource) any { return s.standing.UpdatedAt.Unix() }},
	{"phone_number", scopePhone, func(s claimSource) any { return text(s.standing.Phone) }},
	{"phone_number_verified", scopePhone, func(s claimSource) any {
		if s.standing.Phone == "" {
			return nil
		}
		return true
	}},
	{"enterprise", scopeCompany, func(s claimSource) any {
		if s.standing.USCC == "" {
			return nil
		}
		return enterpriseClaim{
			USCC: s.standing.USCC, Name: s.standing.Company, Type: s.standing.LegalType,
			Status: s.standing.Status, AsOf: s.standing.AsOf,
		}
	}},
	{"agent", scopeAgent, func(s claimSource) any {
		m := s.standing.Mandate
		if m == nil {
			return nil
		}
		return agentClaim{
			ID: m.ID, Name: s.standing.Name, Role: string(m.Role), Manager: m.Manager, Services: servicesOf(m),
			ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil,
		}
	}},
}

// claimScope returns the scope that carries a claim, empty if there is none.
func claimScope(name string) string {
	for _, c := range claimTable {
		if c.name == name {
			return c.scope
		}
	}
	return ""
}

// addClaims adds the account's claims that the scopes carry, and those that want
// names one by one, if the client is registered for their scope.
func addClaims(to map[string]any, src claimSource, c *client.Client, scopes []string, want func(name string) bool) {
	registered := strings.Fields(c.Scope)
	for _, cl := range claimTable {
		if !slices.Contains(scopes, cl.scope) && (!want(cl.name) || !slices.Contains(registered, cl.scope)) {
			continue
		}
		if v := cl.make(src); v != nil {
			to[cl.name] = v
		}
	}
}

// userInfo returns the claims of the UserInfo response (OIDC Core §5.3.2).
func userInfo(g *grant.Grant, st *accounts.Standing, c *client.Client, scopes []string) (map[string]any, error) {
	claims := map[string]any{"sub": g.Principal.Subject}
	wish, err := grantClaims(g.Claims)
	if err != nil {
		return nil, err
	}
	addClaims(claims, claimSource{&g.Principal, st}, c, scopes, wish.wantsUserInfo)
	if wish != nil {
		addVerified(claims, claimSource{&g.Principal, st}, c, wish.verifiedUserInfo)
	}
	return claims, nil
}

// grantClaims reads the claims request that a grant or code carries.
func grantClaims(raw json.RawMessage) (*claimsRequest, error) {
	c, err := parseClaimsRequest(string(raw))
	if err != nil {
		return nil, fmt.Errorf("oauth: stored %w", err)
	}
	return c, nil
}
