package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresEngine uses pgx itself and not its driver for database/sql, which
// made a statement a third dearer (docs/adr/0003-pgx-pool.md).
type postgresEngine struct {
	pool  *pgxpool.Pool
	goose *sql.DB // on the same pool, for migrations only
}

// openPostgres connects nothing yet. pgx keeps each connection's statements
// prepared, so that a statement is one round trip.
func openPostgres(c Config) (engine, error) {
	config, err := pgxpool.ParseConfig(c.PostgresURL)
	if err != nil {
		return nil, fmt.Errorf("database: open: %w", err) // pgx hides the password
	}
	// Connections are also made in the background, where no caller's deadline
	// reaches.
	if config.ConnConfig.ConnectTimeout == 0 || config.ConnConfig.ConnectTimeout > c.Timeout {
		config.ConnConfig.ConnectTimeout = c.Timeout
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "tongid"
	}
	size := c.MaxConns
	if size == 0 {
		size = 16
	}
	config.MaxConns = int32(min(max(size, 2), 1000)) // who migrates needs a second one for the lock
	config.MaxConnIdleTime = 5 * time.Minute
	config.MaxConnLifetime = time.Hour // follow a failover, let the load of replicas spread
	config.MaxConnLifetimeJitter = 5 * time.Minute
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("database: open: %w", err)
	}
	return &postgresEngine{pool: pool, goose: stdlib.OpenDBFromPool(pool)}, nil
}

func (e *postgresEngine) name() string { return "postgres" }
func (e *postgresEngine) reader() conn { return postgresPool{e.pool} }
func (e *postgresEngine) writer() conn { return postgresPool{e.pool} }

func (e *postgresEngine) close() error {
	err := e.goose.Close()
	e.pool.Close()
	return err
}

func (e *postgresEngine) stats() Stats {
	s := e.pool.Stat()
	return Stats{
		Engine: e.name(), Max: int(s.MaxConns()), Open: int(s.TotalConns()), InUse: int(s.AcquiredConns()),
		Waits: s.EmptyAcquireCount(), WaitTime: s.EmptyAcquireWaitTime(),
	}
}

func (e *postgresEngine) words() words {
	return words{
		returned:    func(columns, _ string) string { return columns },
		skipLocked:  "FOR UPDATE SKIP LOCKED",
		holdNumber:  "SELECT pg_advisory_xact_lock($1)",
		lock:        "FOR UPDATE",
		blob:        "BYTEA",
		noBlob:      "''",
		schemaTable: "SELECT COUNT(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('goose_db_version')",
	}
}

type postgresPool struct{ pool *pgxpool.Pool }

func (p postgresPool) exec(ctx context.Context, query string, args []any) (int64, error) {
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Release()
	return postgresExec(ctx, c.Conn(), query, args)
}

func (p postgresPool) rows(ctx context.Context, query string, args []any) (rows, error) {
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	r, err := postgresQuery(ctx, c.Conn(), query, args)
	if err != nil {
		c.Release()
		return nil, err
	}
	return &postgresRows{Rows: r, done: func() error {
		defer c.Release()
		return calm(c.Conn())
	}}, nil
}

// postgresExec bounds the statement by a deadline of the connection itself: for
// a context pgx would start a goroutine to watch it.
func postgresExec(ctx context.Context, c *pgx.Conn, query string, args []any) (int64, error) {
	if err := hurry(ctx, c); err != nil {
		return 0, err
	}
	tag, err := c.Exec(context.WithoutCancel(ctx), query, args...)
	return tag.RowsAffected(), errors.Join(err, calm(c))
}

func postgresQuery(ctx context.Context, c *pgx.Conn, query string, args []any) (pgx.Rows, error) {
	if err := hurry(ctx, c); err != nil {
		return nil, err
	}
	r, err := c.Query(context.WithoutCancel(ctx), query, args...)
	if err != nil {
		return nil, errors.Join(err, calm(c))
	}
	return r, nil
}

// hurry has the connection's reads and writes fail at the context's deadline.
func hurry(ctx context.Context, c *pgx.Conn) error {
	deadline, _ := ctx.Deadline()
	return c.PgConn().Conn().SetDeadline(deadline)
}

// calm takes the deadline off again.
func calm(c *pgx.Conn) error {
	if c.IsClosed() {
		return nil
	}
	return c.PgConn().Conn().SetDeadline(time.Time{})
}

type postgresRows struct {
	pgx.Rows
	done func() error
}

// Close may be called more than once.
func (r *postgresRows) Close() error {
	r.Rows.Close()
	err := r.Rows.Err()
	if r.done != nil {
		err = errors.Join(err, r.done())
		r.done = nil
	}
	return err
}

func (e *postgresEngine) migrations() migrations {
	return migrations{dialect: goose.DialectPostgres, folder: "migrations/postgres", db: e.goose, alone: e.alone}
}

// migrationLock is the key of the advisory lock of those who migrate: "tongid"
// in ASCII.
const migrationLock = 0x746f6e676964

// alone holds an advisory lock on a connection of its own. goose has one too,
// but asks for it only every second.
func (e *postgresEngine) alone(ctx context.Context, f func() error) error {
	c, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	err = f()
	_, unlockErr := c.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
	return errors.Join(err, unlockErr)
}
