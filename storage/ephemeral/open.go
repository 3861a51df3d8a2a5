package ephemeral

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schemaSQL string

// schemaVersion is kept in the file's user_version.
const schemaVersion = 1

// readers is how many connections read at once; they share the page cache of
// the operating system, so a few are enough.
const readers = 4

// errStale says that a file is of no use and may be made anew.
var errStale = errors.New("file is damaged or of another version")

// Open opens the store in the file at path, which it makes if there is none,
// and makes anew if it is damaged or of another version: nothing in it must be
// remembered, and a server that does not start is worse than people who sign in
// again.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	s, err := openFile(ctx, path, o)
	if !errors.Is(err, errStale) {
		return s, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("ephemeral: remove stale file: %w", err)
		}
	}
	return openFile(ctx, path, o)
}

// OpenMemory opens a store in memory, gone when it is closed.
func OpenMemory(ctx context.Context, o Options) (*Store, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, fmt.Errorf("ephemeral: open: %w", err)
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	return begin(ctx, db, db, o)
}

func openFile(ctx context.Context, path string, o Options) (*Store, error) {
	// SQLite gives its side files the mode of the main one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("ephemeral: open: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("ephemeral: open: %w", err)
	}
	write, err := sql.Open("sqlite", dsn(path, false))
	if err != nil {
		return nil, fmt.Errorf("ephemeral: open: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn(path, true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ephemeral: open: %w", err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return begin(ctx, write, read, o)
}

// dsn names the file to the driver. synchronous(NORMAL): a power cut may undo
// the last writes and cannot damage the file.
func dsn(path string, readonly bool) string {
	pragmas := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()), "journal_mode(WAL)", "synchronous(NORMAL)", "temp_store(MEMORY)",
	}, "_txlock": {"immediate"}}
	if readonly {
		pragmas.Add("_pragma", "query_only(1)")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}).String()
}

// begin lays the schema and prepares the statements; on an error it closes both
// pools.
func begin(ctx context.Context, write, read *sql.DB, o Options) (*Store, error) {
	err := migrate(ctx, write)
	if err == nil {
		var s *Store
		if s, err = newStore(ctx, write, read, o); err == nil {
			return s, nil
		}
	}
	if damaged(err) {
		err = fmt.Errorf("ephemeral: %w: %w", errStale, err)
	}
	return nil, errors.Join(err, read.Close(), write.Close())
}

// migrate lays the schema in an empty file and refuses one of another version.
func migrate(ctx context.Context, db *sql.DB) error {
	var version, objects int
	row := db.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&version, &objects); err != nil {
		return fmt.Errorf("ephemeral: read schema version: %w", err)
	}
	if version == 0 && objects == 0 {
		return create(ctx, db)
	}
	if version != schemaVersion {
		return fmt.Errorf("%w: version %d", errStale, version)
	}
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("ephemeral: check file: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errStale, verdict)
	}
	return nil
}

func create(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ephemeral: create: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	if _, err := tx.ExecContext(ctx, schemaSQL); err != nil {
		return fmt.Errorf("ephemeral: create: %w", err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return fmt.Errorf("ephemeral: create: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("ephemeral: create: %w", err)
	}
	return nil
}

// damaged reports whether SQLite says that the file is no good database of ours.
func damaged(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR: // ERROR: a table we need is not there
		return true
	}
	return false
}

// Ping asks the database for an answer.
func (s *Store) Ping(ctx context.Context) error {
	return s.call(ctx, "ping", func(ctx context.Context) error {
		var one int
		return s.read.QueryRowContext(ctx, "SELECT 1 FROM sqlite_schema LIMIT 1").Scan(&one)
	})
}

// Close closes the store.
func (s *Store) Close() error {
	err := s.read.Close()
	if s.write != s.read {
		err = errors.Join(err, s.write.Close())
	}
	if err != nil {
		return fmt.Errorf("ephemeral: close: %w", err)
	}
	return nil
}
