package database_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
				if err := tx.EndSession(t.Context(), fmt.Sprint("old", i), now.Add(-21*time.Minute)); err != nil {
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
		// So must one of a session that was ended meet the mark of it.
		if err := db.EndSession(t.Context(), "fresh", now.Add(-19*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := db.Spend(t.Context(), "fresh", now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}

		got, err := db.Sweep(t.Context(), now)
		if want := (database.Swept{Grants: many, Spent: 2 * many, Attempts: many, SignIns: many}); got != want || err != nil {
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

// What became of a message can be found out for 90 days past its end; one that may still be
// sent is never swept.
func TestSweepOutbox(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		now := time.Now()
		const day = 24 * time.Hour
		for _, m := range []struct {
			id    string
			age   time.Duration
			life  time.Duration
			phone string
		}{
			{"old", 92 * day, day, "+8613800000001"},
			{"to nobody", 92 * day, day, ""},
			{"fresh", 90 * day, day, "+8613800000001"},
			{"alive", 92 * day, 93 * day, "+8613800000001"},
		} {
			posted := now.Add(-m.age)
			message := accounts.Message{ID: m.id, Kind: "code", Phone: m.phone, ExpiresAt: posted.Add(m.life)}
			if err := db.Post(t.Context(), message, posted); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []database.Swept{{Messages: 2}, {}} {
			if got, err := db.Sweep(t.Context(), now); got != want || err != nil {
				t.Errorf("swept %+v, %v, want %+v", got, err, want)
			}
		}
		var left []string
		err := db.Raw(`SELECT id FROM outbox ORDER BY id`, func(scan func(dest ...any) error) error {
			var id string
			err := scan(&id)
			left = append(left, id)
			return err
		})
		if diff := cmp.Diff([]string{"alive", "fresh"}, left); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	})
}
