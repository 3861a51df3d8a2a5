package oauth

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
)

func TestVerifiedClaims(t *testing.T) {
	agent := &accounts.Standing{
		Status: accounts.StatusActive, Proofing: 4, Name: "Li", Company: "Firm", USCC: "91220102MA0TE5T169", LegalType: "enterprise",
		Mandate: &accounts.Mandate{
			ID: "m1", Role: accounts.RoleAgent, ValidFrom: "2026-01-01", ValidUntil: "2026-12-31", Manager: true, Services: []string{"hall"},
		},
	}
	head := *agent
	head.Mandate = &accounts.Mandate{ID: "m2", Role: accounts.RoleRepresentative, ValidFrom: "2026-01-01"}
	person := &accounts.Standing{Status: accounts.StatusActive, Proofing: 2, Name: "Li"}
	const applies = `"applies_to":{"organization_name":"Firm","registration_number":"91220102MA0TE5T169","organization_type":"enterprise",` +
		`"organization_status":"active","registered_jurisdiction":"CN"}`
	const byAgent = `{` + applies + `,"permission":[{"role":"agent","validity":{"start":"2026-01-01","end":"2026-12-31"},"audience":["hall"],` +
		`"function":["use_services","manage_agents"]}],"granted_by":{"method":"delegated"}}`
	const byHead = `{` + applies + `,"permission":[{"role":"legal_representative","validity":{"start":"2026-01-01"},"audience":["*"],` +
		`"function":["use_services"]}],"granted_by":{"method":"documented"}}`
	const verified = `{"verification":{"trust_framework":"urn:tongid:trust:real-name","assurance_level":"urn:tongid:loa:`
	const all = "openid profile enterprise agent"
	ask := func(verification, claims string) string {
		return `{"userinfo":{"verified_claims":{"verification":` + verification + `,"claims":` + claims + `}}}`
	}
	any1 := `{"trust_framework":null}`
	for name, test := range map[string]struct {
		of    *accounts.Standing
		scope string
		ask   string
		want  string // empty: absent
	}{
		"both":                  {agent, all, ask(any1, `{"name":null,"authority":null}`), verified + `4"},"claims":{"name":"Li","authority":` + byAgent + `}}`},
		"authority":             {&head, all, ask(any1, `{"authority":{"permission":null}}`), verified + `4"},"claims":{"authority":` + byHead + `}}`},
		"a person":              {person, all, ask(any1, `{"name":{"essential":true},"authority":null}`), verified + `2"},"claims":{"name":"Li"}}`},
		"our trust framework":   {person, all, ask(`{"trust_framework":{"value":"urn:tongid:trust:real-name"}}`, `{"name":null}`), verified + `2"},"claims":{"name":"Li"}}`},
		"another one":           {person, all, ask(`{"trust_framework":{"value":"eidas"}}`, `{"name":null}`), ""},
		"no verification":       {person, all, `{"userinfo":{"verified_claims":{"claims":{"name":null}}}}`, ""},
		"no claims":             {person, all, `{"userinfo":{"verified_claims":{"verification":{"trust_framework":null}}}}`, ""},
		"null":                  {person, all, `{"userinfo":{"verified_claims":null}}`, ""},
		"nothing that there is": {person, all, ask(any1, `{"authority":null,"birthdate":null}`), ""},
		"not registered for it": {agent, "openid profile agent", ask(any1, `{"authority":null}`), ""},
		"asked in the ID token": {agent, all, `{"id_token":{"verified_claims":{"verification":{"trust_framework":null},"claims":{"name":null}}}}`, ""},
		"an array, ours is last": {
			person, all, `{"userinfo":{"verified_claims":[` +
				`{"verification":{"trust_framework":{"value":"eidas"}},"claims":{"name":null}},{"verification":{},"claims":{"name":null}}]}}`,
			verified + `2"},"claims":{"name":"Li"}}`,
		},
	} {
		principal := accounts.Principal{Type: accounts.TypeAgent, Subject: "s"}
		claims, err := userInfo(&grant.Grant{Principal: principal, Claims: json.RawMessage(test.ask)}, test.of,
			&client.Client{ID: "hall", Scope: test.scope}, []string{"openid"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got, want any
		if text, err := json.Marshal(claims["verified_claims"]); err != nil || json.Unmarshal(text, &got) != nil {
			t.Fatal(err)
		}
		if test.want != "" {
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, bad := range []string{`{"userinfo":{"verified_claims":1}}`, `{"userinfo":{"verified_claims":[1]}}`, `{"userinfo":{"verified_claims":{"claims":[]}}}`} {
		if _, err := parseClaimsRequest(bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	wish, err := parseClaimsRequest(ask(any1, `{"authority":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"agent", "enterprise"}, wish.scopes()); diff != "" {
		t.Errorf("consent (-want +got):\n%s", diff)
	}
}
