package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

type postgresEngine struct {
	db      *sql.DB
	timeout time.Duration
}

// openPostgres connects nothing yet. pgx keeps each connection's statements
// prepared, so that a statement is one round trip.
func openPostgres(c Config) (engine, error) {
	config, err := pgx.ParseConfig(c.PostgresURL)
	if err != nil {
		return nil, fmt.Errorf("database: open: %w", err) // pgx hides the password
	}
	// database/sql also connects in the background, where no caller's
	// deadline reaches.
	if config.ConnectTimeout == 0 || config.ConnectTimeout > c.Timeout {
		config.ConnectTimeout = c.Timeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tongid"
	}
	size := c.MaxConns
	if size == 0 {
		size = 16
	}
	size = max(size, 2) // who migrates needs a second one for the lock
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size) // 2 by default: the rest would connect anew at every burst
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour) // follow a failover, let a replica's load spread
	return &postgresEngine{db: db, timeout: c.Timeout}, nil
}

func (e *postgresEngine) name() string { return "postgres" }
func (e *postgresEngine) close() error { return e.db.Close() }
func (e *postgresEngine) reader() conn { return postgresPool{e.db} }
func (e *postgresEngine) writer() conn { return postgresPool{e.db} }

func (e *postgresEngine) stats() Stats {
	s := e.db.Stats()
	return Stats{
		Engine: e.name(), Max: s.MaxOpenConnections, Open: s.OpenConnections, InUse: s.InUse,
		Waits: s.WaitCount, WaitTime: s.WaitDuration,
	}
}

func (e *postgresEngine) words() words {
	return words{
		standing:    "e.status, e.proofing, e.name, e.account, e.phone, e.uscc, e.legal_type, e.as_of, e.updated_at",
		skipLocked:  "FOR UPDATE SKIP LOCKED",
		lock:        "FOR UPDATE",
		schemaTable: "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('goose_db_version')",
	}
}

// fault reads the SQLSTATE (PostgreSQL, appendix A), or what the network says.
func (e *postgresEngine) fault(err error) faultKind {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	switch pg, answered := errors.AsType[*pgconn.PgError](err); {
	case connecting:
		return faultUnavailable
	case answered:
		return sqlState(pg.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, sql.ErrConnDone):
		return faultUnavailable
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return faultBroken
	}
	if network, ok := errors.AsType[net.Error](err); ok {
		if network.Timeout() {
			return faultUnavailable
		}
		return faultBroken
	}
	if strings.HasSuffix(err.Error(), "closed") { // sql: database is closed, conn closed
		return faultUnavailable
	}
	return faultOther
}

func sqlState(code string) faultKind {
	switch {
	case code == "23505": // unique_violation
		return faultUnique
	case code == "40001", code == "40P01": // serialization_failure, deadlock_detected
		return faultSerialize
	case strings.HasPrefix(code, "57P"), // operator intervention: the server goes down
		strings.HasPrefix(code, "08"): // connection exception
		return faultBroken
	case code == "25006", // read_only_sql_transaction: the primary became a standby
		code == "57014",               // query_canceled: by a limit of the server's
		strings.HasPrefix(code, "53"), // insufficient resources
		strings.HasPrefix(code, "58"): // system error
		return faultUnavailable
	}
	return faultOther
}

type postgresPool struct{ db *sql.DB }

func (p postgresPool) exec(ctx context.Context, query string, args []any) (int64, error) {
	result, err := p.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (p postgresPool) rows(ctx context.Context, query string, args []any) (rows, error) {
	return p.db.QueryContext(ctx, query, args...)
}

// begin starts a transaction that outlives ctx: the caller's statements each
// have a time limit of their own, and commit has one too.
func (e *postgresEngine) begin(ctx context.Context) (transaction, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	tx, err := e.db.BeginTx(life, nil)
	if !stop() && err == nil { // ctx ended, and the transaction with it
		err = errors.Join(ctx.Err(), tx.Rollback())
	}
	if err != nil {
		end()
		return nil, err
	}
	return &postgresTx{tx: tx, end: end, timeout: e.timeout}, nil
}

type postgresTx struct {
	tx      *sql.Tx
	end     context.CancelFunc // of the context that the transaction lives in
	timeout time.Duration
}

func (t *postgresTx) exec(ctx context.Context, query string, args []any) (int64, error) {
	result, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *postgresTx) rows(ctx context.Context, query string, args []any) (rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

func (t *postgresTx) commit() error   { return t.within(t.tx.Commit) }
func (t *postgresTx) rollback() error { return t.within(t.tx.Rollback) }

func (t *postgresTx) within(finish func() error) error {
	timer := time.AfterFunc(t.timeout, t.end)
	defer t.end()
	defer timer.Stop()
	return finish()
}

func (e *postgresEngine) migrations() migrations {
	return migrations{dialect: goose.DialectPostgres, folder: "migrations/postgres", db: e.db, alone: e.alone}
}

// migrationLock is the key of the advisory lock of those who migrate: "tongid"
// in ASCII.
const migrationLock = 0x746f6e676964

// alone holds an advisory lock on a connection of its own. goose has one too,
// but asks for it only every second.
func (e *postgresEngine) alone(ctx context.Context, f func() error) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	if _, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err == nil {
		err = f()
		_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		err = errors.Join(err, unlockErr)
	}
	return errors.Join(err, conn.Close())
}
