package database_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
)

// replicas opens one database twice, with a box each.
func replicas(t *testing.T, engine func(testing.TB) database.Config) (here, there *database.DB, now *time.Time) {
	t.Helper()
	c, at := engine(t), time.Now()
	c.Now = func() time.Time { return at }
	here = migrated(t, c)
	return here, migrated(t, c), &at
}

func account(id string) *accounts.Enterprise {
	return &accounts.Enterprise{
		ID: accounts.EnterpriseID(id), Account: id, USCC: id, Status: accounts.StatusActive, Phone: "+8613800000001",
		Representative: accounts.Representative{Name: "Zhang", DocNumber: "220102"},
	}
}

// A process that has not heard of a data key reads the keys when it meets the
// first value under it, within a transaction too.
func TestUnknownDataKeyIsFetched(t *testing.T) {
	for _, name := range []string{"file", "postgres"} {
		for _, within := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in a transaction %v", name, within), func(t *testing.T) {
				t.Parallel()
				here, there, now := replicas(t, engines()[name])
				if _, err := here.AddDataKey(t.Context()); err != nil {
					t.Fatal(err)
				}
				*now = now.Add(seal.SettleTime)
				if err := here.RefreshDataKeys(t.Context()); err != nil {
					t.Fatal(err)
				}
				e := account("a")
				if err := here.CreateEnterprise(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				read := func(db *database.DB) error {
					got, err := db.Standing(t.Context(), e.Principal())
					if err == nil && got.Phone != e.Phone {
						t.Errorf("phone %q", got.Phone)
					}
					return err
				}
				var err error
				if within {
					err = there.InTx(t.Context(), read)
				} else {
					err = read(there)
				}
				if err != nil {
					t.Error(err)
				}
				if err := there.CreateEnterprise(t.Context(), account("b")); err != nil {
					t.Fatal(err)
				}
				wantValues(t, there, 0, 6)
			})
		}
	}
}

func wantValues(t *testing.T, db *database.DB, want ...int64) {
	t.Helper()
	list, err := db.SealStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, s := range list {
		got = append(got, s.Values)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("values by version %v, want %v", got, want)
	}
}

// A process that has heard of a key, and not yet of the time it settled, still
// seals under the older one; both are read everywhere.
func TestReplicasSealUnderDifferentKeys(t *testing.T) {
	for _, name := range []string{"file", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, there, now := replicas(t, engines()[name])
			if _, err := here.AddDataKey(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := there.RefreshDataKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			*now = now.Add(seal.SettleTime)
			if err := here.RefreshDataKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(here.CreateEnterprise(t.Context(), account("a")), there.CreateEnterprise(t.Context(), account("b"))); err != nil {
				t.Fatal(err)
			}
			wantValues(t, here, 3, 3)
			for _, db := range []*database.DB{here, there} {
				for _, id := range []accounts.EnterpriseID{"a", "b"} {
					if e, err := db.Enterprise(t.Context(), id); err != nil || e.Phone != "+8613800000001" {
						t.Errorf("%s: %+v, %v", id, e, err)
					}
				}
			}
		})
	}
}

// Data keys are of use only with the master key, and nothing of them is said.
func TestDataKeysNeedTheMasterKey(t *testing.T) {
	c := engines()["file"](t)
	db := migrated(t, c)
	if _, err := db.AddDataKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(make([]byte, seal.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	c.Box = box
	other := open(t, c)
	err = other.CheckSchema(t.Context())
	if !errors.Is(err, seal.ErrOpen) || !strings.Contains(err.Error(), "data key 2, by this master key") {
		t.Errorf("with another master key: %v", err)
	}
}

// A value that is damaged is named, and does not stop the others.
func TestResealNamesWhatItCannotOpen(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		for _, id := range []string{"a", "b", "c"} {
			if err := db.CreateEnterprise(t.Context(), account(id)); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Raw(`UPDATE enterprises SET phone = rep_name WHERE id = 'b'`, none); err != nil {
			t.Fatal(err)
		}
		if err := db.Raw(`UPDATE enterprises SET phone = $1 WHERE id = 'c'`, none, []byte("\xc8 under no key")); err != nil {
			t.Fatal(err)
		}
		if _, err := db.AddDataKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Raw(`UPDATE data_keys SET created_at = 1000 WHERE version = 2`, none); err != nil {
			t.Fatal(err)
		}
		if err := db.Raw(`UPDATE revisions SET n = n + 1 WHERE topic = 'seal'`, none); err != nil {
			t.Fatal(err)
		}
		done, err := db.Reseal(t.Context(), func(int64) {})
		if want := "[enterprises.phone of b enterprises.phone of c]"; err != nil || done.Values != 7 || fmt.Sprint(done.Unreadable) != want {
			t.Errorf("%+v, %v", done, err)
		}
		list, err := db.SealStatus(t.Context())
		if err != nil || len(list) != 3 || list[0].Values != 1 || list[1].Values != 7 || list[2].Version != 0xc8 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// Every column of bytes is listed as sealed, or known not to be: one that was
// forgotten would stay under a data key that is retired.
func TestEverySealedColumnIsListed(t *testing.T) {
	notSealed := []string{
		"clients.secret_hash", "grants.id", "past_sign_ins.id", "spent.id", "data_keys.wrapped", "proofs.doc_hash",
		"enterprises.phone_index", "persons.doc_index", "persons.phone_index", "mandates.invitee_index",
	}
	for engine, bytes := range map[string]string{"sqlite": "BLOB", "postgres": "BYTEA"} {
		schema, err := database.SchemaText(engine)
		if err != nil {
			t.Fatal(err)
		}
		var places []string
		table := ""
		statement := regexp.MustCompile(`(?m)^(?:CREATE TABLE (\w+)|ALTER TABLE (\w+) ADD COLUMN (\w+) ` + bytes + `|    (\w+) +` + bytes + `)\b`)
		for _, found := range statement.FindAllStringSubmatch(schema, -1) {
			switch {
			case found[1] != "":
				table = found[1]
			case found[2] != "":
				places = append(places, found[2]+"."+found[3])
			default:
				places = append(places, table+"."+found[4])
			}
		}
		want := slices.Sorted(slices.Values(places))
		got := slices.Sorted(slices.Values(append(database.SealedPlaces(), notSealed...)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-columns of bytes +listed):\n%s", engine, diff)
		}
	}
}
