// Package database keeps what must be remembered (docs/storage.md) in Postgres
// or SQLite: accounts, clients, signing keys, data keys, grants, consents, spent
// ids, counters of tries and a copy of the business register.
//
// There is one set of queries, in the common subset of both engines; dialect.go
// holds what differs. A method is one statement wherever its answer is needed
// by a request, and what decides is changed by a conditional UPDATE or an
// upsert, never read first.
package database

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tongid/tongid/storage/seal"
)

// Config says where the database is. Exactly one of PostgresURL and Path is set.
type Config struct {
	PostgresURL string // postgres://…, with pgx's parameters
	Path        string // of a SQLite file, or sqlite.Memory

	Box *seal.Box        // seals personal data and private keys
	Now func() time.Time // the clock of Spend, Spent and Observe

	// Timeout bounds every statement, the wait for a connection included;
	// 0 means 800 ms.
	Timeout time.Duration
	// MaxConns bounds the pool on Postgres, the reading pool on SQLite;
	// 0 means 16 and 4.
	MaxConns int
	// Observe, if set, hears of every statement: its operation ("check grant"),
	// how long it took and how the engine answered.
	Observe func(op string, d time.Duration, err error)
}

const defaultTimeout = 800 * time.Millisecond

func (c *Config) check() error {
	switch {
	case (c.PostgresURL == "") == (c.Path == ""):
		return errors.New("database: one of a Postgres URL and a SQLite path is needed")
	case c.Box == nil, c.Now == nil:
		return errors.New("database: a seal.Box and a clock are needed")
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Observe == nil {
		c.Observe = func(string, time.Duration, error) {}
	}
	return nil
}

// DB is an open database, or within InTx one transaction on it.
type DB struct {
	engine  engine
	box     *seal.Box
	now     func() time.Time
	timeout time.Duration
	observe func(op string, d time.Duration, err error)

	ring *keyring

	// Queries that differ between engines or are built, made once.
	rotateEnterprise, rotatePerson, rotateAgent string

	tx conn // the transaction, within InTx
}

// Open opens the database. Postgres need not be there yet: until it is, every
// call returns accounts.ErrUnavailable. The schema is not touched: see Migrate
// and CheckSchema.
func Open(_ context.Context, c Config) (*DB, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	open := openSQLite
	if c.PostgresURL != "" {
		open = openPostgres
	}
	engine, err := open(c)
	if err != nil {
		return nil, err
	}
	return &DB{
		engine: engine, box: c.Box, now: c.Now, timeout: c.Timeout, observe: c.Observe,
		ring: &keyring{}, rotateEnterprise: rotateEnterpriseGrant(engine.words()), rotatePerson: rotatePersonGrant(engine.words()),
		rotateAgent: rotateAgentGrant(engine.words()),
	}, nil
}

// Close closes every connection.
func (db *DB) Close() error { return db.engine.close() }

// Ping asks the engine for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	var one int64
	return db.row(ctx, "ping", "SELECT 1", nil, &one)
}

// Stats describes the connections, for metrics.
type Stats struct {
	Engine   string        // "postgres" or "sqlite"
	Max      int           // connections there may be
	Open     int           // connections there are
	InUse    int           // of those, busy ones
	Waits    int64         // how often a caller waited for a connection
	WaitTime time.Duration // how long, all waits together
}

// Stats returns the state of the pool.
func (db *DB) Stats() Stats { return db.engine.stats() }

// LogValue keeps keys and the URL's password out of logs.
func (db *DB) LogValue() slog.Value { return slog.StringValue(db.engine.name()) }
