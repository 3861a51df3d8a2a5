package ephemeral

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tongid/tongid/storage/sqlite"
)

//go:embed schema.sql
var schemaSQL string

// schemaVersion is kept in the file's user_version. It counts changes of the
// schema, and of package record that make old values unreadable.
const schemaVersion = 2

// errStale says that a file is of no use and may be made anew.
var errStale = errors.New("file is damaged or of another version")

// Open opens the store in the file at path, which it makes if there is none,
// and makes anew if it is damaged or of another version: nothing in it must be
// remembered, and a server that does not start is worse than people who sign in
// again. The path sqlite.Memory is a store that is gone when it is closed.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	s, err := open(ctx, path, o)
	if !errors.Is(err, errStale) {
		return s, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("ephemeral: remove stale file: %w", err)
		}
	}
	return open(ctx, path, o)
}

func open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	db, err := sqlite.Open(path, sqlite.Options{Relaxed: true, BusyTimeout: o.Timeout}) //nolint:contextcheck // bounded by BusyTimeout
	if err == nil {
		if err = migrate(ctx, db.Write); err == nil {
			return &Store{options: o, db: db}, nil
		}
		err = errors.Join(err, db.Close())
	}
	if damaged(err) {
		err = fmt.Errorf("%w: %w", errStale, err)
	}
	return nil, fmt.Errorf("ephemeral: open: %w", err)
}

// migrate lays the schema in an empty file and refuses one of another version.
func migrate(ctx context.Context, db *sqlite.Pool) error {
	var version, objects int
	row := db.Row(ctx, `SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&version, &objects); err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	if version == 0 && objects == 0 {
		return create(ctx, db)
	}
	if version != schemaVersion {
		return fmt.Errorf("%w: version %d", errStale, version)
	}
	var verdict string
	if err := db.Row(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("check file: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errStale, verdict)
	}
	return nil
}

func create(ctx context.Context, db *sqlite.Pool) error {
	tx, err := db.DB.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("%s; PRAGMA user_version = %d", schemaSQL, schemaVersion)); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	return nil
}

// damaged reports whether SQLite says that the file is no good database.
func damaged(err error) bool {
	if errors.Is(err, errStale) {
		return true
	}
	e, ok := errors.AsType[*driver.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// Ping asks the database for an answer.
func (s *Store) Ping(ctx context.Context) error {
	return s.call(ctx, "ping", func(ctx context.Context) error {
		var one int
		return s.db.Read.Row(ctx, "SELECT 1 FROM sqlite_schema LIMIT 1").Scan(&one)
	})
}

// Close closes the store.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("ephemeral: close: %w", err)
	}
	return nil
}
