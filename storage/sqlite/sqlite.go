// Package sqlite opens SQLite files the one way that every store of tongid uses
// them: write-ahead log, one writing connection whose transactions take the
// write lock when they begin, a few reading connections, statements prepared
// once per connection.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Memory is the path of a database that lives in this process only and ends
// with it: tests, and nothing else.
const Memory = ":memory:"

// Options of Open. The zero value is the safe one.
type Options struct {
	// Relaxed commits without waiting for the disk (synchronous=NORMAL): the
	// newest commits may be lost with the power, never with the process. It is
	// for what may be lost; what must be remembered is not relaxed.
	Relaxed bool
	// Readers is the number of reading connections; 0 means 4.
	Readers int
	// BusyTimeout is how long a statement waits for another process's write;
	// 0 means 5 s. A context that ends earlier ends the wait.
	BusyTimeout time.Duration
}

// DB is one SQLite database. For a database in memory both pools are the same
// single connection: a caller must not ask one pool for a statement while it
// holds rows or a transaction of the other.
type DB struct {
	Write *Pool
	Read  *Pool
}

// Open opens the file at path, and creates it, readable by its owner only, if
// it is not there.
func Open(path string, o Options) (*DB, error) {
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 5 * time.Second
	}
	name := Memory
	if path != Memory {
		var err error
		if name, err = create(path); err != nil {
			return nil, err
		}
	}
	write, err := openPool(name+"?"+pragmas(o, false), 1)
	if err != nil {
		return nil, err
	}
	if err := enter(write.DB, max(o.BusyTimeout, openPatience)); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), write.Close())
	}
	if path == Memory {
		return &DB{Write: write, Read: write}, nil
	}
	read, err := openPool(name+"?"+pragmas(o, true), o.Readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return &DB{Write: write, Read: read}, nil
}

// Close closes both pools, the readers first: the last connection to close a
// write-ahead log folds it into the file, and a reading one could not.
func (d *DB) Close() error {
	if d.Read == d.Write {
		return d.Write.Close()
	}
	return errors.Join(d.Read.Close(), d.Write.Close())
}

// create makes the file with its mode before SQLite does with a wider one (the
// log beside it gets the same mode), and returns it as a URI. It never opens a
// file that is there: closing it again would drop this process's POSIX locks.
func create(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	file, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("sqlite: open: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: abs}).String(), nil
}

func pragmas(o Options, reading bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10))
	q.Set("_foreign_keys", "1")
	q.Set("_dqs", "0")       // a misspelt column is an error, not a string
	q.Set("_defensive", "1") // no statement may deliberately corrupt the file
	q.Set("_error_rc", "1")
	if reading {
		q.Set("_query_only", "1")
		return q.Encode()
	}
	q.Set("_txlock", "immediate") // SQLite knows no FOR UPDATE
	q.Set("_journal_mode", "WAL")
	q.Set("_synchronous", "FULL")
	if o.Relaxed {
		q.Set("_synchronous", "NORMAL")
	}
	q.Set("_pragma", "journal_size_limit(67108864)")
	return q.Encode()
}

// openPatience is how long a start waits at the least: making the files of a new
// database takes seconds on a machine that is busy, and nobody waits for an answer.
const openPatience = 10 * time.Second

// enter makes the first connection. Two processes that turn a new file to
// write-ahead logging at the same moment get SQLITE_BUSY whatever the busy
// timeout says, so it is tried again.
func enter(db *sql.DB, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil || !Busy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Busy reports whether err says that another connection held a lock for too
// long.
func Busy(err error) bool {
	code := primaryCode(err)
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

// Unique reports whether err is the violation of a primary key or a unique
// index.
func Unique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE)
}

// Unavailable reports whether err says that the file cannot be used now: busy,
// its disk full or failing, or its pool closed.
func Unavailable(err error) bool {
	switch primaryCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL,
		sqlite3.SQLITE_INTERRUPT:
		return true
	}
	return errors.Is(err, sql.ErrConnDone) || isClosed(err)
}

// isClosed knows the one error of database/sql that is not exported: the pool
// was closed.
func isClosed(err error) bool {
	return err != nil && err.Error() == "sql: database is closed"
}

func primaryCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return sqlite3.SQLITE_OK
}
