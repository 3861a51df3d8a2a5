package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/storage/sqlite"
)

func open(t *testing.T, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func mustExec(t *testing.T, p *sqlite.Pool, query string, args ...any) {
	t.Helper()
	if _, err := p.Exec(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestOpenMakesAPrivateFileInWALMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#%41.db") // characters that a URI would read otherwise
	db := open(t, path)
	mustExec(t, db.Write, "CREATE TABLE t (n INTEGER)")
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, mode)
		}
	}
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000",
	} {
		var got string
		if err := db.Write.Row(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q, %v, want %q", pragma, got, err, want)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "t.db"))
	mustExec(t, db.Write, "CREATE TABLE t (n INTEGER)")
	if _, err := db.Read.Exec(t.Context(), "INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a reading connection wrote")
	}
}

func TestReadersDoNotWaitForAWriter(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "t.db"))
	mustExec(t, db.Write, "CREATE TABLE t (n INTEGER)")
	tx, err := db.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES ($1)", 1); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Read.Row(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != 0 {
		t.Errorf("read %d, %v beside an open transaction, want 0", n, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.Read.Row(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != 1 {
		t.Errorf("read %d, %v after the commit, want 1", n, err)
	}
}

func TestTwoProcessesOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := sqlite.Open(path, sqlite.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestErrorKinds(t *testing.T) {
	db := open(t, sqlite.Memory)
	mustExec(t, db.Write, "CREATE TABLE t (n INTEGER PRIMARY KEY, u TEXT UNIQUE) ")
	mustExec(t, db.Write, "INSERT INTO t VALUES (1, 'a')")
	for _, query := range []string{"INSERT INTO t VALUES (1, 'b')", "INSERT INTO t VALUES (2, 'a')"} {
		if _, err := db.Write.Exec(t.Context(), query); !sqlite.Unique(err) || sqlite.Unavailable(err) {
			t.Errorf("%s: %v is not a violation of uniqueness", query, err)
		}
	}
	if _, err := db.Write.Exec(t.Context(), `SELECT "nothing"`); err == nil {
		t.Error("a misspelt column was read as a string")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Write.Exec(ctx, "SELECT 1"); !errors.Is(err, context.Canceled) || sqlite.Unavailable(err) {
		t.Errorf("a cancelled context gives %v", err)
	}
}

func TestClosedIsUnavailable(t *testing.T) {
	db, err := sqlite.Open(sqlite.Memory, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Write.DB.PingContext(t.Context()); !sqlite.Unavailable(err) {
		t.Errorf("closed: %v", err)
	}
}

func BenchmarkRow(b *testing.B) {
	db, err := sqlite.Open(filepath.Join(b.TempDir(), "t.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Write.Exec(b.Context(), "CREATE TABLE t (n INTEGER PRIMARY KEY, u TEXT)"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var n int
		if err := db.Read.Row(b.Context(), "SELECT count(*) FROM t WHERE n = $1", 1).Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAContextBoundsTheWaitForAConnection(t *testing.T) {
	db := open(t, sqlite.Memory)
	tx, err := db.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := db.Write.Exec(ctx, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside a transaction: %v, want the deadline", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	mustExec(t, db.Write, "SELECT 1")
}

func TestRowsHoldAConnectionUntilClosed(t *testing.T) {
	db := open(t, sqlite.Memory)
	rows, err := db.Read.Query(t.Context(), "SELECT 1 UNION SELECT 2")
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	for range 2 {
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 2 {
		t.Errorf("read %v", got)
	}
	mustExec(t, db.Write, "SELECT 1")
}
