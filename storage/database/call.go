package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tongid/tongid/accounts"
)

// maxTries is how often a statement or transaction is made that loses races or
// its connection.
const maxTries = 5

// exec runs a statement that returns no rows and says how many it changed.
func (db *DB) exec(ctx context.Context, op, query string, args ...any) (affected int64, err error) {
	err = db.call(ctx, statement{op: op, conn: db.writer()}, func(ctx context.Context, c conn) error {
		var err error
		affected, err = c.exec(ctx, query, args)
		return err
	})
	return affected, err
}

// row reads at most one row; accounts.ErrNotFound if there is none.
func (db *DB) row(ctx context.Context, op, query string, args []any, dest ...any) error {
	return db.one(ctx, statement{op: op, conn: db.reader(), reads: true}, query, args, dest)
}

// returning runs a statement that changes at most one row and returns it;
// accounts.ErrNotFound if it changed none.
func (db *DB) returning(ctx context.Context, op, query string, args []any, dest ...any) error {
	return db.one(ctx, statement{op: op, conn: db.writer()}, query, args, dest)
}

func (db *DB) one(ctx context.Context, s statement, query string, args, dest []any) error {
	return db.call(ctx, s, func(ctx context.Context, c conn) error {
		found := false
		err := each(ctx, c, query, args, func(r rows) error {
			found = true
			return r.Scan(dest...)
		})
		if err == nil && !found {
			return sql.ErrNoRows
		}
		return err
	})
}

// list reads any number of rows. It may have to begin again: start lets go of
// what was read before.
func (db *DB) list(ctx context.Context, op, query string, args []any, start func(), scan func(rows) error) error {
	return db.many(ctx, statement{op: op, conn: db.reader(), reads: true}, query, args, start, scan)
}

// listing runs a statement that changes rows and returns them.
func (db *DB) listing(ctx context.Context, op, query string, args []any, start func(), scan func(rows) error) error {
	return db.many(ctx, statement{op: op, conn: db.writer()}, query, args, start, scan)
}

func (db *DB) many(ctx context.Context, s statement, query string, args []any, start func(), scan func(rows) error) error {
	return db.call(ctx, s, func(ctx context.Context, c conn) error {
		start()
		return each(ctx, c, query, args, scan)
	})
}

// each reads every row to the end: only there does an engine say whether a
// statement that also changes rows has succeeded.
func each(ctx context.Context, c conn, query string, args []any, scan func(rows) error) (err error) {
	r, err := c.rows(ctx, query, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return r.Err()
}

func (db *DB) reader() conn {
	if db.tx != nil {
		return db.tx
	}
	return db.engine.reader()
}

func (db *DB) writer() conn {
	if db.tx != nil {
		return db.tx
	}
	return db.engine.writer()
}

// statement is how a statement is made.
type statement struct {
	op    string
	conn  conn
	reads bool // changes nothing
}

// call makes one statement within the timeout.
func (db *DB) call(ctx context.Context, s statement, do func(ctx context.Context, c conn) error) error {
	bounded, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	for try := 1; ; try++ {
		start := db.now()
		err := do(bounded, s.conn)
		db.observe(s.op, db.now().Sub(start), err)
		if err == nil {
			return nil
		}
		kind := db.engine.fault(err)
		if kind == faultBroken {
			db.engine.mend(bounded)
		}
		if try == maxTries || !db.again(s, kind) || !pause(bounded, try) {
			return db.fault(ctx, s.op, err)
		}
	}
}

// again reports whether a statement that failed may be made once more: one that
// lost a race was undone, and one that reads did nothing. Within a transaction
// it is the transaction that is made again.
func (db *DB) again(s statement, kind faultKind) bool {
	return db.tx == nil && (kind == faultSerialize || kind == faultBroken && s.reads)
}

// fault says what an error of the engine means. ctx is the caller's.
func (db *DB) fault(ctx context.Context, op string, err error) error {
	switch kind := db.engine.fault(err); {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("database: %s: %w", op, accounts.ErrNotFound)
	case ctx.Err() != nil:
		// Whatever the engine said, the caller had left.
		return fmt.Errorf("database: %s: %w", op, ctx.Err())
	case kind == faultUnique:
		// The engine's words may quote the record.
		return fmt.Errorf("database: %s: %w", op, accounts.ErrConflict)
	case kind == faultUnavailable, kind == faultBroken, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fmt.Errorf("database: %s: %w: %w", op, accounts.ErrUnavailable, err)
	}
	return fmt.Errorf("database: %s: %w", op, err)
}

// pause waits a little, longer after each lost race and never as long as a
// rival, and reports whether there is time left.
func pause(ctx context.Context, try int) bool {
	timer := time.NewTimer(time.Duration(try) * (2*time.Millisecond + rand.N(8*time.Millisecond))) //nolint:gosec // no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// notFound and conflict are answers that no statement was needed for.
func notFound(op string) error { return fmt.Errorf("database: %s: %w", op, accounts.ErrNotFound) }
func conflict(op string) error { return fmt.Errorf("database: %s: %w", op, accounts.ErrConflict) }
