package client

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tongid/tongid/accounts"
)

var testTime = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

const portal = `"redirect_uris":["https://rp.example/cb"]`

func register(t *testing.T, record string) *Registration {
	t.Helper()
	reg, err := Policy{}.Register([]byte(record), testTime)
	if err != nil {
		t.Fatalf("%s: %v", record, err)
	}
	return reg
}

// faults returns one line per fault.
func faults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*InvalidError](err)
	if !ok {
		t.Fatalf("%v is no InvalidError", err)
	}
	var lines []string
	for _, f := range invalid.Faults {
		lines = append(lines, f.String())
	}
	return lines
}

func TestRegisterFillsDefaults(t *testing.T) {
	reg := register(t, `{`+portal+`}`)
	want := &Client{
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		ResponseTypes: []string{"code"}, Scope: "openid profile phone email address enterprise agent offline_access",
		AuthMethod: "client_secret_basic", IDTokenAlg: "RS256", AccountTypes: accounts.Types(), PKCERequired: true,
		AccessTokenFormat: "opaque", IssuedAt: testTime.Unix(), RegisteredAt: testTime, UpdatedAt: testTime,
	}
	if diff := cmp.Diff(want, reg.Client, cmpopts.IgnoreFields(Client{}, "ID", "SecretHash")); diff != "" {
		t.Error(diff)
	}
	if len(reg.Client.ID) != 26 || len(reg.Secret) != 43 {
		t.Errorf("id %q, secret of %d characters", reg.Client.ID, len(reg.Secret))
	}
	if diff := cmp.Diff(HashSecret(reg.Secret), reg.Client.SecretHash); diff != "" {
		t.Error(diff)
	}
	if other := register(t, `{`+portal+`}`); other.Secret == reg.Secret || other.Client.ID == reg.Client.ID {
		t.Error("two clients got the same id or secret")
	}
}

func TestDefaultsFollowTheGrants(t *testing.T) {
	type shape struct {
		Grants, Responses []string
		Scope             string
		Secret            bool
	}
	for record, want := range map[string]shape{
		`{` + portal + `,"scope":"openid profile"}`: {
			[]string{"authorization_code"}, []string{"code"}, "openid profile", true,
		},
		`{` + portal + `,"scope":"openid  offline_access openid"}`: {
			[]string{"authorization_code", "refresh_token"}, []string{"code"}, "openid offline_access", true,
		},
		`{` + portal + `,"token_endpoint_auth_method":"none","scope":"openid"}`: {
			[]string{"authorization_code"}, []string{"code"}, "openid", false,
		},
		`{"grant_types":["client_credentials"],"scope":"mandates"}`: {
			[]string{"client_credentials"}, []string{}, "mandates", true,
		},
		`{"grant_types":["client_credentials"]}`: {
			[]string{"client_credentials"}, []string{}, "", true,
		},
		`{"introspect":true}`: {[]string{}, []string{}, "", true},
		`{` + portal + `,"scope":null,"grant_types":["authorization_code"]}`: {
			[]string{"authorization_code"}, []string{"code"}, defaultScope, true,
		},
	} {
		reg := register(t, record)
		c := reg.Client
		got := shape{c.GrantTypes, c.ResponseTypes, c.Scope, reg.Secret != ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", record, diff)
		}
	}
}

func TestGivenSecretIsKeptAndRemarkedOn(t *testing.T) {
	reg := register(t, `{`+portal+`,"client_id":"hall","client_secret":"made-up","software_id":"x","client_id_issued_at":1}`)
	if reg.Client.ID != "hall" || reg.Secret != "made-up" || reg.Client.IssuedAt != testTime.Unix() {
		t.Errorf("got %+v", reg)
	}
	want := []string{
		"software_id: unknown member, ignored",
		"client_secret: shorter than 32 characters; leave it out to have one made",
	}
	if diff := cmp.Diff(want, reg.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestARecordNeverCarriesItsSecretOrHash(t *testing.T) {
	reg := register(t, `{`+portal+`,"client_secret":"made-up-secret"}`)
	out, err := json.Marshal(reg.Client)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "secret\":") || strings.Contains(string(out), "made-up") || strings.Contains(string(out), "ash") {
		t.Errorf("record prints %s", out)
	}
}

func TestRegisterListsEveryFaultAtOnce(t *testing.T) {
	_, err := Policy{}.Register([]byte(`{"client_id":"a b","redirect_uris":"https://rp.example/cb",
		"grant_types":["implicit","authorization_code"],"scope":"openid","account_types":["robot"],"legal_types":["ship"],
		"min_acr":"urn:tongid:loa:9","id_token_signed_response_alg":"none","trusted":"yes","trusted":true,
		"access_token_format":"paseto","default_max_age":1.5,"id_token_claims":["agent","x"],
		"jwks_uri":"http://rp.example/jwks","token_endpoint_auth_method":"client_secret_jwt"}`), testTime)
	want := []string{
		`redirect_uris: want a list of strings`,
		`trusted: want true or false`,
		`trusted: stands there twice`,
		`default_max_age: want a whole number`,
		`client_id: want at most 128 of letters, digits and - . _ ~ : / @ +, beginning with a letter or digit`,
		`grant_types: "implicit" is none of authorization_code, refresh_token, client_credentials`,
		`redirect_uris: authorization_code needs at least one`,
		`token_endpoint_auth_method: "client_secret_jwt" is none of client_secret_basic, client_secret_post, private_key_jwt, none`,
		`id_token_signed_response_alg: "none" is none of ES256, EdDSA, RS256`,
		`id_token_claims: "x" is none of profile, phone, email, address, enterprise, agent, identity`,
		`id_token_claims: "agent" is not among the client's scopes`,
		`account_types: "robot" is none of enterprise, agent, person`,
		`legal_types: "ship" is no legal type`,
		`min_acr: want urn:tongid:loa:2 to urn:tongid:loa:5`,
		`access_token_format: "paseto" is none of opaque, jwt`,
		`jwks_uri: "http://rp.example/jwks": want https`,
	}
	if diff := cmp.Diff(want, faults(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestNotARecord(t *testing.T) {
	for _, data := range []string{``, `[]`, `"x"`, `{`, `{"a":1`, `{"a":1} {}`, `{"a":1}x`, `null`, `{a:1}`} {
		if _, err := (Policy{}).Register([]byte(data), testTime); len(faults(t, err)) != 1 {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func TestReplaceKeepsIdSecretAndIssue(t *testing.T) {
	old := register(t, `{"client_id":"hall","trusted":true,`+portal+`}`)
	later := testTime.Add(time.Hour)
	reg, err := Policy{}.Replace(old.Client, []byte(`{"client_secret":"another","redirect_uris":["https://rp.example/b"],"client_secret_expires_at":0}`), later)
	if err != nil {
		t.Fatal(err)
	}
	c := reg.Client
	if c.ID != "hall" || c.IssuedAt != testTime.Unix() || !c.RegisteredAt.Equal(testTime) || !c.UpdatedAt.Equal(later) || reg.Secret != "" || c.Trusted ||
		!cmp.Equal(c.SecretHash, old.Client.SecretHash) || !cmp.Equal(c.RedirectURIs, []string{"https://rp.example/b"}) {
		t.Errorf("got %+v", c)
	}
	if diff := cmp.Diff([]string{"client_secret: ignored; rotate-secret changes it"}, reg.Notes); diff != "" {
		t.Error(diff)
	}
	_, err = Policy{}.Replace(old.Client, []byte(`{"client_id":"other",`+portal+`}`), later)
	if diff := cmp.Diff([]string{"client_id: is hall and does not change"}, faults(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestReplaceBetweenPublicAndConfidential(t *testing.T) {
	public := register(t, `{`+portal+`,"token_endpoint_auth_method":"none"}`)
	if public.Secret != "" || public.Client.SecretHash != nil {
		t.Fatalf("a public client has a secret: %+v", public)
	}
	confidential, err := Policy{}.Replace(public.Client, []byte(`{`+portal+`}`), testTime)
	if err != nil {
		t.Fatal(err)
	}
	if confidential.Secret == "" || !cmp.Equal(confidential.Client.SecretHash, HashSecret(confidential.Secret)) {
		t.Error("a client that became confidential got no secret")
	}
	again, err := Policy{}.Replace(confidential.Client, []byte(`{`+portal+`,"token_endpoint_auth_method":"none"}`), testTime)
	if err != nil {
		t.Fatal(err)
	}
	if again.Client.SecretHash != nil {
		t.Error("a client that became public kept its secret")
	}
}

// Records that are older than RegisteredAt tell the second alone.
func TestRegisteredAfter(t *testing.T) {
	at := time.Date(2026, 11, 27, 9, 0, 0, int(500*time.Millisecond), time.UTC)
	exact, old := &Client{IssuedAt: at.Unix(), RegisteredAt: at}, &Client{IssuedAt: at.Unix()}
	for _, step := range []struct {
		of     *Client
		issued time.Time
		want   bool
	}{
		{exact, at.Add(-time.Millisecond), true},
		{exact, at, false},
		{old, at.Add(-501 * time.Millisecond), true},
		{old, at.Add(-500 * time.Millisecond), false},
		{old, at, false},
		{&Client{}, at, false},
	} {
		if got := step.of.RegisteredAfter(step.issued); got != step.want {
			t.Errorf("%+v after %s: %v", step.of, step.issued, got)
		}
	}
}
