package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/accounts/passhash"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
)

func demoServer(t *testing.T) *server {
	t.Helper()
	box, err := seal.New(make([]byte, seal.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{clock: &clock{}, box: box, hasher: passhash.New(passhash.Params{Memory: 64, Time: 1})}
	s.db, err = database.Open(t.Context(), database.Config{Path: sqlite.Memory, Box: box, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.registry, err = client.NewRegistry(t.Context(), s.db); err != nil {
		t.Fatal(err)
	}
	return s
}

// The accounts as the contract names them.
func TestDemoEnterprises(t *testing.T) {
	s := demoServer(t)
	var first []accounts.EnterpriseID
	for range 2 {
		if err := s.seedDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
		var ids []accounts.EnterpriseID
		for identifier, want := range map[string]accounts.Enterprise{
			"jlshili01": {
				Account: "jlshili01", USCC: "91220102MA0TE5T169", Name: "吉林省示例软件有限公司", LegalType: "enterprise",
				Status: accounts.StatusActive, Phone: "+8613800000001", Proofing: 2,
				Representative: accounts.Representative{Name: "张三", DocType: "resident_id", DocNumber: "220102199003070013", ValidFrom: "2016-03-01", ValidTo: "2036-03-01"},
			},
			"91220000MA17AB3K2C": {
				Account: "jljianzhu", USCC: "91220000MA17AB3K2C", Name: "吉林省示例建筑有限公司", LegalType: "enterprise",
				Status: accounts.StatusActive, Phone: "+8613800000005", Proofing: 2,
				Representative: accounts.Representative{Name: "赵六", DocType: "resident_id", DocNumber: "220582200412311286", ValidFrom: "2016-03-01", ValidTo: "2036-03-01"},
			},
			"92220104MA84KX2E1M": {
				USCC: "92220104MA84KX2E1M", Name: "长春市示例面馆", LegalType: "individual_business",
				Status: accounts.StatusPendingActivation, Phone: "+8613800000003", Proofing: 2,
				Representative: accounts.Representative{Name: "王五", DocType: "resident_id", DocNumber: "220202197602290153", ValidFrom: "2016-03-01", ValidTo: "2036-03-01"},
			},
		} {
			got, err := s.db.FindEnterprise(t.Context(), identifier)
			if err != nil {
				t.Fatalf("%s: %v", identifier, err)
			}
			if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(accounts.Enterprise{}, "ID", "PasswordHash", "AsOf", "CreatedAt", "UpdatedAt")); diff != "" {
				t.Error(diff)
			}
			ids = append(ids, got.ID)
			if want.Status == accounts.StatusPendingActivation {
				if got.PasswordHash != "" {
					t.Errorf("%s has a password before it was activated", identifier)
				}
				continue
			}
			ok, _, err := s.hasher.Verify(t.Context(), got.PasswordHash, "Tongid-demo-2026")
			if err != nil || !ok || !strings.HasPrefix(got.PasswordHash, "$argon2id$") {
				t.Errorf("%s: the password is refused: %v", identifier, err)
			}
		}
		if first == nil {
			first = ids
		}
		sorted := cmpopts.SortSlices(func(a, b accounts.EnterpriseID) bool { return a < b })
		if diff := cmp.Diff(first, ids, sorted); diff != "" {
			t.Errorf("seeded twice, other accounts: %s", diff)
		}
	}
}

// The register knows the demo's enterprises as the contract names them, and one
// that has no account; what somebody loaded since stays.
func TestDemoRegister(t *testing.T) {
	s := demoServer(t)
	for range 2 {
		if err := s.seedDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, want := range []accounts.RegisterEntry{
			{USCC: "91220102MA0TE5T169", Name: "吉林省示例软件有限公司", Type: "enterprise", RepName: "张三", RepDocNumber: "220102199003070013"},
			{USCC: "91220000MA17AB3K2C", Name: "吉林省示例建筑有限公司", Type: "enterprise", RepName: "赵六", RepDocNumber: "220582200412311286"},
			{USCC: "92220104MA84KX2E1M", Name: "长春市示例面馆", Type: "individual_business", RepName: "王五", RepDocNumber: "220202197602290153"},
			{USCC: "91220106MA54728040", Name: "吉林省测试贸易有限公司", Type: "enterprise", RepName: "钱一", RepDocNumber: "220104198806150023"},
		} {
			got, err := s.db.RegisterEntry(t.Context(), want.USCC)
			if err != nil {
				t.Fatalf("%s: %v", want.USCC, err)
			}
			want.Status, want.RepDocType = accounts.RegisterOperating, accounts.DocResidentID
			ignored := cmpopts.IgnoreFields(*got, "Address", "Capital", "Founded", "Scope", "Industry", "Authority", "Approved", "AsOf")
			if diff := cmp.Diff(want, *got, ignored); diff != "" {
				t.Error(diff)
			}
			if got.AsOf != idnum.DateOf(time.Now()).String() || got.Scope == "" || got.Founded == "" {
				t.Errorf("%s: facts are missing: %+v", want.USCC, got)
			}
		}
	}
	if _, err := s.db.FindEnterprise(t.Context(), "91220106MA54728040"); !errors.Is(err, accounts.ErrNotFound) {
		t.Errorf("the one for trying registration has an account: %v", err)
	}
	changed, err := s.db.RegisterEntry(t.Context(), "91220106MA54728040")
	if err != nil {
		t.Fatal(err)
	}
	changed.Status = accounts.RegisterGone
	if err := s.db.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{*changed}); err != nil {
		t.Fatal(err)
	}
	if err := s.seedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.db.RegisterEntry(t.Context(), changed.USCC); err != nil || got.Status != accounts.RegisterGone {
		t.Errorf("%+v, %v", got, err)
	}
}

// The clients as the contract names them.
func TestDemoClients(t *testing.T) {
	s := demoServer(t)
	if err := s.seedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	hall := client.Client{
		GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"},
		Scope: "openid profile phone enterprise agent offline_access", AuthMethod: "client_secret_basic", IDTokenAlg: "ES256",
		Trusted: true, AccountTypes: accounts.Types(), PKCERequired: true, AccessTokenFormat: "opaque",
	}
	hrss, medical, spa, service, rs := hall, hall, hall, hall, hall
	hrss.RedirectURIs, hrss.PostLogout = []string{"http://localhost:8090/callback"}, []string{"http://localhost:8090/"}
	medical.RedirectURIs, medical.PostLogout = []string{"http://localhost:8092/callback"}, []string{"http://localhost:8092/"}
	spa.RedirectURIs, spa.AuthMethod, spa.Trusted = []string{"http://localhost:8091/callback"}, "none", false
	spa.Scope, spa.GrantTypes = "openid profile enterprise", []string{"authorization_code"}
	service.GrantTypes, service.ResponseTypes, service.Scope, service.Trusted = []string{"client_credentials"}, nil, "mandates", false
	rs.GrantTypes, rs.ResponseTypes, rs.Scope, rs.Trusted, rs.Introspect = nil, nil, "", false, true
	for id, want := range map[string]client.Client{"hrss-hall": hrss, "medical-hall": medical, "demo-spa": spa, "demo-service": service, "demo-rs": rs} {
		got, err := s.registry.Get(id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		want.ID = id
		if id != "demo-spa" {
			want.SecretHash = client.HashSecret(id + "-demo-secret")
		}
		if diff := cmp.Diff(want, *got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(client.Client{}, "Name", "URI", "IssuedAt", "RegisteredAt", "UpdatedAt")); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}
