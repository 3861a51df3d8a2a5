package database

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// engine is Postgres or SQLite: everything that differs between them.
type engine interface {
	conns
	name() string
	close() error
	stats() Stats
	fault(err error) faultKind
	// mend drops the connections that have died, after one was seen to: a
	// server that restarts breaks all of them.
	mend(ctx context.Context)
	words() words
	migrations() migrations
}

// conns are the ways to reach an engine.
type conns interface {
	reader() conn
	writer() conn
	// begin starts a transaction, which may write. It outlives ctx.
	begin(ctx context.Context) (transaction, error)
}

// conn runs single statements: a pool, or a transaction on it. The context has
// a deadline, which bounds the statement and the wait for a connection; that it
// ends sooner need be noticed only while waiting.
type conn interface {
	exec(ctx context.Context, query string, args []any) (affected int64, err error)
	rows(ctx context.Context, query string, args []any) (rows, error)
}

type transaction interface {
	conn
	commit(ctx context.Context) error
	rollback(ctx context.Context) error
}

// rows is what the rows of both have in common.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// words are the parts of queries that the engines write differently.
type words struct {
	// returned names columns of the other table in the RETURNING clause of an
	// UPDATE of grants FROM it; from names that table and its row. SQLite's
	// RETURNING knows only the table that is updated.
	returned func(columns, from string) string
	// skipLocked ends a SELECT whose rows are deleted by the statement around
	// it, so that two replicas that sweep at once share the work.
	skipLocked string
	// lock ends a SELECT ordered by key whose rows are changed by the statement
	// around it: all who change several rows lock them in one order. (A deadlock
	// would be found only after a second, when we have given up.)
	lock string
	// holdNumber is a statement that waits for the transaction that did the same
	// with that number; none where only one transaction writes at a time.
	holdNumber string
	// blob is the type of what is sealed, noBlob one of no bytes.
	blob, noBlob string
	// schemaTable counts the tables named as goose's.
	schemaTable string
}

// migrations is what Migrate needs to know of an engine.
type migrations struct {
	dialect goose.Dialect
	folder  string
	db      *sql.DB
	// alone runs f while no other process migrates.
	alone func(ctx context.Context, f func() error) error
}

// faultKind says what an engine's error means to a caller.
type faultKind int

const (
	faultOther       faultKind = iota
	faultUnique                // a unique record exists already
	faultSerialize             // the transaction lost a race and may be tried again
	faultUnavailable           // the engine did not answer, or cannot work now
	faultBroken                // the same, by a connection that had died: another may do
)
