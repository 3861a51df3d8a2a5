package database_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
)

// What is sealed is readable neither in a row nor, moved, in another row.
func TestPersonalDataIsSealed(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		secrets := []string{"+8613812345678", "Zhang-San-Feng", "220102199003070013", "pkcs8-of-a-key", "pbkdf2_sha256$1000", "code-135790"}
		for _, id := range []string{"a", "b"} {
			err := db.CreateEnterprise(t.Context(), &accounts.Enterprise{
				ID: accounts.EnterpriseID(id), Account: id, USCC: id, Status: accounts.StatusActive, Phone: secrets[0],
				Representative: accounts.Representative{Name: secrets[1], DocNumber: secrets[2]},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := db.ChangeKeys(t.Context(), 0, []keys.Record{{ID: "k", Private: []byte(secrets[3])}}); err != nil {
			t.Fatal(err)
		}
		if err := db.CreatePerson(t.Context(), &accounts.Person{
			ID: "p", Status: accounts.StatusActive, Phone: secrets[0], Name: secrets[1], DocType: "resident_id", DocNumber: secrets[2],
		}); err != nil {
			t.Fatal(err)
		}
		message := accounts.Message{ID: "m", Phone: secrets[0], Kind: "code", Text: secrets[1], Params: map[string]string{"code": secrets[5]}}
		if err := db.Post(t.Context(), message, time.Now()); err != nil {
			t.Fatal(err)
		}
		entry := accounts.RegisterEntry{USCC: "c", RepName: secrets[1], RepDocNumber: secrets[2]}
		if err := db.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{entry}); err != nil {
			t.Fatal(err)
		}
		imported := accounts.ImportedEnterprise{Enterprise: accounts.Enterprise{ID: "c", USCC: "c"}, ForeignHash: secrets[4]}
		if _, err := db.ImportEnterprises(t.Context(), []accounts.ImportedEnterprise{imported}); err != nil {
			t.Fatal(err)
		}
		for table, columns := range map[string]int{"enterprises": 23, "signing_keys": 7, "register_entries": 16, "persons": 16, "outbox": 11} {
			values := make([]any, columns)
			dest := make([]any, columns)
			for i := range values {
				dest[i] = &values[i]
			}
			err := db.Raw("SELECT * FROM "+table, func(scan func(...any) error) error {
				if err := scan(dest...); err != nil {
					return err
				}
				row := fmt.Appendf(nil, "%s %q", values, values)
				for _, secret := range secrets {
					if bytes.Contains(row, []byte(secret)) {
						t.Errorf("%s stands in %s", secret, table)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		move := `UPDATE enterprises SET phone = (SELECT phone FROM enterprises WHERE id = 'a') WHERE id = 'b'`
		if err := db.Raw(move, none); err != nil {
			t.Fatal(err)
		}
		if e, err := db.Enterprise(t.Context(), "b"); err == nil {
			t.Errorf("another account's phone was opened: %s", e.Phone)
		}
	})
}

// Of a message no more is kept than what is still to be done with it.
func TestMessagesAreForgotten(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		now := time.Now()
		post := func(id string, phone string) {
			t.Helper()
			m := accounts.Message{ID: id, Phone: phone, Kind: "code", Text: strings.Repeat("text", 50), Params: map[string]string{"code": "135790"}}
			if err := db.Post(t.Context(), m, now); err != nil {
				t.Fatal(err)
			}
		}
		size := func(id string) (n int) {
			t.Helper()
			err := db.Raw("SELECT length(payload) FROM outbox WHERE id = '"+id+"'", func(scan func(...any) error) error { return scan(&n) })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		nothing := len(db.Seal("outbox.payload", "m", ""))
		const phone = "+8613812345678"
		post("m", phone)
		post("dropped", phone)
		post("to nobody", "")
		if size("m") < 200 || size("to nobody") < 200 { // whose row must not tell
			t.Errorf("posted: %d bytes, to nobody: %d", size("m"), size("to nobody"))
		}
		for _, step := range []struct {
			id   string
			do   func() error
			most int
		}{
			{"dropped", func() error { return db.DropMessage(t.Context(), "dropped") }, nothing},
			{"to nobody", func() error { return db.DropMessage(t.Context(), "to nobody") }, nothing},
			{"m", func() error { return db.MessageSent(t.Context(), "m", phone, "r", now) }, nothing + 130}, // its phone
			{"m", func() error { return db.SettleReceipt(t.Context(), "m", accounts.DeliveryFailed) }, nothing},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got := size(step.id); got > step.most {
				t.Errorf("%s: %d bytes are kept, want %d at the most", step.id, got, step.most)
			}
		}
	})
}

// An agreement is one row, however often it is given.
func TestAgreementsAreKept(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		for _, version := range []string{"1", "1", "2"} {
			a := &accounts.Agreement{Subject: "s", Document: "face", Version: version, Case: "c", At: time.UnixMilli(1000)}
			if err := db.PutAgreement(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		err := db.Raw("SELECT subject, document, version, wizard, agreed_at FROM agreements ORDER BY version", func(scan func(...any) error) error {
			var subject, document, version, wizard string
			var at int64
			err := scan(&subject, &document, &version, &wizard, &at)
			got = append(got, fmt.Sprint(subject, document, version, wizard, at))
			return err
		})
		if want := "[sface1c1000 sface2c1000]"; err != nil || fmt.Sprint(got) != want {
			t.Errorf("agreements %v, %v, want %s", got, err, want)
		}
	})
}

func TestAnotherMasterKeyOpensNothing(t *testing.T) {
	c := engines()["file"](t)
	db := migrated(t, c)
	e := &accounts.Enterprise{ID: "a", Account: "a", USCC: "a", Status: accounts.StatusActive, Phone: "+86"}
	if err := db.CreateEnterprise(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(make([]byte, seal.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	c.Box = box
	if _, err := open(t, c).Standing(t.Context(), e.Principal()); err == nil {
		t.Error("a standing was opened")
	}
}

// What is written is there after a restart.
func TestCountersSurviveARestart(t *testing.T) {
	for _, name := range []string{"file", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := engines()[name](t)
			c.Box, c.Now = newBox(t), time.Now
			now := time.Now()
			try := []accounts.Attempt{{Key: "k", Limit: accounts.LockoutPolicy{Free: 1, Window: time.Hour, First: time.Minute, Max: time.Hour}}}
			for i := range 2 {
				db, err := database.Open(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := db.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				until, err := db.Try(t.Context(), try, now)
				if err != nil || until.IsZero() != (i == 0) {
					t.Errorf("run %d: locked until %v, %v", i+1, until, err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
