package database_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

func TestRegisterCopy(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		got, err := db.RegisterCopy(t.Context())
		if diff := cmp.Diff(database.RegisterCopy{}, got); diff != "" || err != nil {
			t.Errorf("empty: %v %s", err, diff)
		}
		before := time.Now().Add(-time.Second)
		if err := db.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{
			{USCC: "91220102MA0TE5T169", AsOf: "2026-01-31"}, {USCC: "91220106MA54728040", AsOf: "2026-03-01"},
		}); err != nil {
			t.Fatal(err)
		}
		got, err = db.RegisterCopy(t.Context())
		if err != nil || got.Entries != 2 || got.AsOf != "2026-03-01" || got.LoadedAt.Before(before) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
