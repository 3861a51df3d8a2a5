package oauth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
)

// Verified claims are asked for one by one (OpenID Connect for Identity Assurance
// 1.0 §5–6): who the person is, and by what authority they act (OpenID Connect
// Authority claims extension: authority, with applies_to, permission and
// granted_by).
const (
	claimVerified  = "verified_claims"
	claimAuthority = "authority"
	// trustFramework names how tongid verifies: 实名认证 by document and face, and
	// enterprises by the business register.
	trustFramework = "urn:tongid:trust:real-name"
)

// verifiedTable lists what can stand in verified_claims, and which scopes a client
// needs to ask for it.
var verifiedTable = [...]struct {
	name   string
	scopes []string
	make   func(claimSource) any
}{
	{"name", []string{scopeProfile}, func(s claimSource) any { return text(s.standing.Name) }},
	{claimAuthority, []string{scopeAgent, scopeCompany}, authorityOf},
}

func verifiedNames() []string {
	var names []string
	for _, c := range verifiedTable {
		names = append(names, c.name)
	}
	return names
}

type verification struct {
	TrustFramework string `json:"trust_framework"`
	AssuranceLevel string `json:"assurance_level"` // as acr
}

type authority struct {
	AppliesTo  legalEntity  `json:"applies_to"`
	Permission []permission `json:"permission"`
	GrantedBy  grantedBy    `json:"granted_by"`
}

type legalEntity struct {
	Name         string `json:"organization_name"`
	Number       string `json:"registration_number"` // USCC, GB 32100
	Type         string `json:"organization_type"`
	Status       string `json:"organization_status"`
	Jurisdiction string `json:"registered_jurisdiction"` // ISO 3166-1
}

type permission struct {
	Role     string   `json:"role"`     // agent | legal_representative
	Validity validity `json:"validity"` // inclusive, Asia/Shanghai
	Audience []string `json:"audience"` // client ids, or "*" for all
	Function []string `json:"function"` // manage_agents: 管理权限
}

type validity struct {
	Start string `json:"start"` // YYYY-MM-DD
	End   string `json:"end,omitempty"`
}

type grantedBy struct {
	Method string `json:"method"` // delegated, or documented in the register
}

// authorityOf is an agent's mandate; others have none.
func authorityOf(s claimSource) any {
	m := s.standing.Mandate
	if m == nil {
		return nil
	}
	p := permission{
		Role: string(m.Role), Validity: validity{m.ValidFrom, m.ValidUntil}, Audience: servicesOf(m), Function: []string{"use_services"},
	}
	if m.Manager {
		p.Function = append(p.Function, "manage_agents")
	}
	method := "delegated"
	if m.Role == accounts.RoleRepresentative {
		method = "documented"
	}
	return authority{
		AppliesTo: legalEntity{
			Name: s.standing.Company, Number: s.standing.USCC, Type: string(s.standing.LegalType), Status: string(s.standing.Status), Jurisdiction: "CN",
		},
		Permission: []permission{p}, GrantedBy: grantedBy{method},
	}
}

// verifiedWish is what a request asks for under verified_claims.
type verifiedWish struct {
	Verification map[string]*claimWish `json:"verification"`
	Claims       map[string]*claimWish `json:"claims"`
}

// UnmarshalJSON takes one object, or an array of which the first counts that asks
// for our trust framework.
func (w *verifiedWish) UnmarshalJSON(raw []byte) error {
	type plain verifiedWish
	if !strings.HasPrefix(strings.TrimSpace(string(raw)), "[") {
		return json.Unmarshal(raw, (*plain)(w))
	}
	var all []plain
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("verified_claims: %w", err)
	}
	for _, each := range all {
		if wish := verifiedWish(each); wish.ours() {
			*w = wish
			return nil
		}
	}
	return nil
}

// ours reports whether the wish can be met: it asks for no other trust framework.
func (w *verifiedWish) ours() bool {
	if w == nil || w.Verification == nil || len(w.Claims) == 0 {
		return false // both are required (§5.1)
	}
	values, _ := w.Verification["trust_framework"].acceptable()
	return len(values) == 0 || slices.Contains(values, trustFramework)
}

// scopes are those that a client needs for what the wish asks.
func (w *verifiedWish) scopes() []string {
	var all []string
	for _, c := range verifiedTable {
		if w == nil {
			break
		}
		if _, asked := w.Claims[c.name]; asked {
			all = append(all, c.scopes...)
		}
	}
	return all
}

// addVerified adds what a wish asks for and the client may have, or nothing.
func addVerified(to map[string]any, src claimSource, c *client.Client, w *verifiedWish) {
	if !w.ours() {
		return
	}
	registered, claims := strings.Fields(c.Scope), map[string]any{}
	for _, cl := range verifiedTable {
		_, asked := w.Claims[cl.name]
		if !asked || slices.ContainsFunc(cl.scopes, func(s string) bool { return !slices.Contains(registered, s) }) {
			continue
		}
		if v := cl.make(src); v != nil {
			claims[cl.name] = v
		}
	}
	if len(claims) > 0 {
		to[claimVerified] = map[string]any{
			"verification": verification{trustFramework, acrOf(src.standing.Proofing)}, "claims": claims,
		}
	}
}
