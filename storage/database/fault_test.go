package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

func TestACancelledCallerIsNotAnOutage(t *testing.T) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := migrated(t, engine(t))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for op, err := range map[string]error{
				"read":        second(db.Enterprise(ctx, "id")),
				"write":       db.RaiseAccountEpoch(ctx, "id", time.Now()),
				"transaction": db.InTx(ctx, func(*database.DB) error { return nil }),
			} {
				if !errors.Is(err, context.Canceled) || errors.Is(err, accounts.ErrUnavailable) {
					t.Errorf("%s: %v", op, err)
				}
			}
		})
	}
}

func TestAClosedDatabaseIsUnavailable(t *testing.T) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := engine(t)
			c.Box, c.Now = newBox(t), time.Now
			db, err := database.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			for op, err := range map[string]error{
				"ping":        db.Ping(t.Context()),
				"write":       db.RaiseAccountEpoch(t.Context(), "id", time.Now()),
				"transaction": db.InTx(t.Context(), func(*database.DB) error { return nil }),
			} {
				if !errors.Is(err, accounts.ErrUnavailable) {
					t.Errorf("%s: %v", op, err)
				}
			}
		})
	}
}

// A fault of our own making, as a schema that is not there, is none of the
// three answers.
func TestAMistakeIsNeitherAnOutageNorAnAnswer(t *testing.T) {
	for name, engine := range emptyEngines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, engine(t))
			_, err := db.Enterprise(t.Context(), "id")
			for _, sentinel := range []error{accounts.ErrUnavailable, accounts.ErrNotFound, accounts.ErrConflict} {
				if err == nil || errors.Is(err, sentinel) {
					t.Errorf("without a schema: %v", err)
				}
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	box := newBox(t)
	for name, c := range map[string]database.Config{
		"nothing":    {},
		"two places": {Path: "a", PostgresURL: "postgres://b", Box: box, Now: time.Now},
		"no box":     {Path: "a", Now: time.Now},
		"no clock":   {Path: "a", Box: box},
		"no URL":     {PostgresURL: "postgres://%zz", Box: box, Now: time.Now},
		"no folder":  {Path: "/nonexistent/t.db", Box: box, Now: time.Now},
	} {
		if db, err := database.Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened %v", name, db)
		}
	}
}

func second[T any](_ T, err error) error { return err }
