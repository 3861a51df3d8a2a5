package database

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"

	"github.com/tongid/tongid/storage/sqlite"
)

type sqliteEngine struct {
	db   *sqlite.DB
	path string
}

func openSQLite(c Config) (engine, error) {
	db, err := sqlite.Open(c.Path, sqlite.Options{Readers: c.MaxConns, BusyTimeout: c.Timeout})
	if err != nil {
		return nil, err
	}
	return &sqliteEngine{db: db, path: c.Path}, nil
}

func (e *sqliteEngine) name() string { return "sqlite" }
func (e *sqliteEngine) close() error { return e.db.Close() }
func (e *sqliteEngine) reader() conn { return sqlitePool{e.db.Read} }
func (e *sqliteEngine) writer() conn { return sqlitePool{e.db.Write} }

func (e *sqliteEngine) stats() Stats {
	s := e.db.Read.DB.Stats()
	return Stats{
		Engine: e.name(), Max: s.MaxOpenConnections, Open: s.OpenConnections, InUse: s.InUse,
		Waits: s.WaitCount, WaitTime: s.WaitDuration,
	}
}

func (e *sqliteEngine) mend(context.Context) {} // its connections are files

func (e *sqliteEngine) fault(err error) faultKind {
	switch {
	case sqlite.Unique(err):
		return faultUnique
	case sqlite.Unavailable(err):
		return faultUnavailable
	}
	return faultOther
}

func (e *sqliteEngine) words() words {
	return words{
		blob:        "BLOB",
		noBlob:      "x''",
		schemaTable: "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'",
		returned: func(columns, from string) string {
			each := strings.Split(columns, ", ")
			for i, column := range each {
				each[i] = "(SELECT " + column + " FROM " + from + ")"
			}
			return strings.Join(each, ", ")
		},
	}
}

func (e *sqliteEngine) migrations() migrations {
	return migrations{dialect: goose.DialectSQLite3, folder: "migrations/sqlite", db: e.db.Write.DB, alone: e.alone}
}

// alone holds a lock on a file beside the database: SQLite's own lock ends with
// each migration, and between two of them goose reads which are missing.
func (e *sqliteEngine) alone(ctx context.Context, f func() error) error {
	if e.path == sqlite.Memory {
		return f()
	}
	file, err := os.OpenFile(e.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	for try := 1; ; try = min(try+1, 4) {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		if !pause(ctx, try) {
			err = ctx.Err()
			break
		}
	}
	if err == nil {
		err = f()
	}
	return errors.Join(err, file.Close()) // closing unlocks
}

type sqlitePool struct{ *sqlite.Pool }

func (p sqlitePool) exec(ctx context.Context, query string, args []any) (int64, error) {
	result, err := p.Exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (p sqlitePool) rows(ctx context.Context, query string, args []any) (rows, error) {
	return p.Query(ctx, query, args...)
}

func (e *sqliteEngine) begin(ctx context.Context) (transaction, error) {
	tx, err := e.db.Write.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return sqliteTx{tx}, nil
}

type sqliteTx struct{ *sqlite.Tx }

func (t sqliteTx) exec(ctx context.Context, query string, args []any) (int64, error) {
	result, err := t.Exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t sqliteTx) rows(ctx context.Context, query string, args []any) (rows, error) {
	return t.Query(ctx, query, args...)
}

func (t sqliteTx) commit(context.Context) error   { return t.Commit() }
func (t sqliteTx) rollback(context.Context) error { return t.Rollback() }
