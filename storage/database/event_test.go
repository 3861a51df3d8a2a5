package database_test

import (
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

// An event and what became of it can be read for a month past its life.
func TestSweepEvents(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		now := time.Now()
		e := &accounts.Enterprise{ID: "e", Account: "e", USCC: "e", Status: accounts.StatusActive}
		if err := db.CreateEnterprise(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if err := db.SetEnterpriseStatus(t.Context(), "e", accounts.StatusFrozen, now); err != nil {
			t.Fatal(err)
		}
		events, err := db.NewEvents(t.Context(), 9)
		if err != nil || len(events) != 1 {
			t.Fatalf("%+v, %v", events, err)
		}
		d := accounts.EventDelivery{ID: "d", Client: "c", State: accounts.EventPush, ExpiresAt: now.Add(accounts.EventLife)}
		if err := db.SpreadEvent(t.Context(), events[0].ID, []accounts.EventDelivery{d}, now); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			days, swept int64
		}{{1, 0}, {36, 0}, {38, 2}} {
			got, err := db.Sweep(t.Context(), now.Add(time.Duration(step.days)*24*time.Hour))
			if err != nil || got.Events != step.swept {
				t.Errorf("after %d days: %+v, %v", step.days, got, err)
			}
		}
	})
}
