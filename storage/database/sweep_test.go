package database_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/database"
)

func TestSweep(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		now := time.Now()
		e := &accounts.Enterprise{ID: "e", Account: "e", USCC: "e", Status: accounts.StatusActive}
		if err := db.CreateEnterprise(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		makeGrant := func(db *database.DB, expires, revoked time.Time) *grant.Grant {
			g := &grant.Grant{ID: grant.NewID(accounts.TypeEnterprise), Principal: e.Principal(), ExpiresAt: expires, RevokedAt: revoked}
			if err := db.Create(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			return g
		}
		const many = 510 // more than a batch
		err := db.InTx(t.Context(), func(tx *database.DB) error {
			for i := range many {
				makeGrant(tx, now.Add(-25*time.Hour), time.Time{})
				if err := tx.Spend(t.Context(), fmt.Sprint("old", i), now.Add(-time.Hour)); err != nil {
					return err
				}
				try := accounts.Attempt{Key: fmt.Sprint("old", i), Limit: accounts.LockoutPolicy{Free: 5, Window: time.Minute}}
				if _, err := tx.Try(t.Context(), []accounts.Attempt{try}, now.Add(-2*time.Minute)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// A code that was redeemed must meet its grant again for longer than it lives.
		fresh := makeGrant(db, now.Add(-23*time.Hour), time.Time{})
		revoked := makeGrant(db, now.Add(time.Hour), now.Add(-48*time.Hour))
		limit := accounts.LockoutPolicy{Free: 1, Window: time.Minute, First: time.Hour, Max: time.Hour}
		if _, err := db.Try(t.Context(), []accounts.Attempt{{Key: "locked", Limit: limit}}, now.Add(-2*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := db.Spend(t.Context(), "fresh", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}

		got, err := db.Sweep(t.Context(), now)
		if want := (database.Swept{Grants: many, Spent: many, Attempts: many}); got != want || err != nil {
			t.Errorf("swept %+v, %v, want %+v", got, err, want)
		}
		for name, g := range map[string]*grant.Grant{"expired today": fresh, "revoked": revoked} {
			if _, _, err := db.Check(t.Context(), g.ID); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantSpent(t, db, "fresh", true)
		if until, err := db.Try(t.Context(), []accounts.Attempt{{Key: "locked", Limit: limit}}, now); err != nil || until.IsZero() {
			t.Errorf("a wait was swept: %v, %v", until, err)
		}
		if got, err := db.Sweep(t.Context(), now); got != (database.Swept{}) || err != nil {
			t.Errorf("swept again %+v, %v", got, err)
		}
	})
}
