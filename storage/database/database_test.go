package database_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
	"github.com/tongid/tongid/storage/storagetest"
)

func newBox(tb testing.TB) *seal.Box {
	tb.Helper()
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.MasterKeySize))
	if err != nil {
		tb.Fatal(err)
	}
	return box
}

// open opens a database and closes it with the test.
func open(tb testing.TB, c database.Config) *database.DB {
	tb.Helper()
	if c.Box == nil {
		c.Box = newBox(tb)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	db, err := database.Open(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func migrated(tb testing.TB, c database.Config) *database.DB {
	tb.Helper()
	db := open(tb, c)
	if _, err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}

// engines are the databases that every test of this package runs on.
func engines() map[string]func(tb testing.TB) database.Config {
	return map[string]func(tb testing.TB) database.Config{
		"file":   func(tb testing.TB) database.Config { return database.Config{Path: filepath.Join(tb.TempDir(), "t.db")} },
		"memory": func(testing.TB) database.Config { return database.Config{Path: sqlite.Memory} },
		"postgres": func(tb testing.TB) database.Config {
			tb.Helper()
			return database.Config{PostgresURL: storagetest.Postgres(tb), MaxConns: 8}
		},
	}
}

func TestDurable(t *testing.T) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storagetest.Durable(t, func(t *testing.T, now func() time.Time) storagetest.DurableStore {
				c := engine(t)
				c.Now, c.Timeout = now, time.Minute // 100 racers wait for one another
				return migrated(t, c)
			})
		})
	}
}

// emptyEngines are the same without a schema.
func emptyEngines() map[string]func(tb testing.TB) database.Config {
	all := engines()
	all["postgres"] = func(tb testing.TB) database.Config {
		tb.Helper()
		return database.Config{PostgresURL: storagetest.EmptyPostgres(tb), MaxConns: 8}
	}
	return all
}
