package database_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

func TestEndingMandates(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		l := newLedger(t, db)
		add := func(id, until string, state accounts.MandateState) {
			t.Helper()
			p := &accounts.Person{ID: accounts.PersonID(id), Name: id, DocType: accounts.DocResidentID, DocNumber: id, Status: accounts.StatusActive}
			m := &accounts.Mandate{ID: id, Enterprise: "e", Person: p.ID, Role: accounts.RoleAgent, ValidUntil: until, State: state, CreatedAt: l.now}
			if err := errors.Join(db.CreatePerson(t.Context(), p), db.CreateMandate(t.Context(), m)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 5 {
			add(fmt.Sprint("a", i), "2026-12-0"+fmt.Sprint(5-i/2), accounts.MandateActive)
		}
		add("b1", "2026-12-04", accounts.MandateSuspended)
		add("b2", "", accounts.MandateActive)
		add("b3", "2026-12-31", accounts.MandateActive)
		read := func() (ids []string) {
			after := accounts.Ending{ValidUntil: "2026-12-01", Mandate: "g"}
			for {
				page, err := db.EndingMandates(t.Context(), after, "2026-12-30", 2)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page {
					ids = append(ids, fmt.Sprint(e.Mandate, " ", e.Reminded))
				}
				if len(page) < 2 {
					return ids
				}
				after = page[1]
			}
		}
		if diff := cmp.Diff([]string{"a4 0", "a2 0", "a3 0", "a0 0", "a1 0"}, read()); diff != "" {
			t.Error(diff)
		}
		for i, step := range []struct {
			until string
			days  int
			again bool
		}{
			{"2026-12-05", 30, false},
			{"2026-12-05", 30, true},
			{"2026-12-05", 7, false},
			{"2026-12-05", 30, true},
			{"2026-12-05", 7, true},
			{"2027-12-05", 30, false},
			{"2026-12-05", 7, false},
		} {
			if err := db.RemindMandate(t.Context(), "a0", step.until, step.days); errors.Is(err, accounts.ErrConflict) != step.again || err != nil && !step.again {
				t.Errorf("step %d: %v", i, err)
			}
		}
		if diff := cmp.Diff([]string{"a4 0", "a2 0", "a3 0", "a0 7", "a1 0"}, read()); diff != "" {
			t.Error(diff)
		}
		if err := db.SetEnterpriseStatus(t.Context(), "e", accounts.StatusFrozen, time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := read(); len(got) != 0 {
			t.Errorf("of a frozen enterprise: %v", got)
		}
	})
}
