package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"modernc.org/sqlite"
)

// Pool is a set of connections that keeps its statements prepared: parsing a
// statement costs more than most of ours take to run.
//
// A context bounds the wait for a connection, and nothing after it. A statement
// that has begun runs to its end, at most Options.BusyTimeout for the lock of
// another process: to watch a context while it runs costs as much as the
// statement, and nobody could say whether what was cut off had happened.
type Pool struct {
	DB *sql.DB // for what is not on the hot path

	places     chan struct{} // one per connection
	mu         sync.RWMutex
	statements map[string]*sql.Stmt
}

func openPool(dsn string, size int) (*Pool, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return &Pool{DB: db, places: make(chan struct{}, size), statements: map[string]*sql.Stmt{}}, nil
}

// Close closes the pool's statements and connections.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, stmt := range p.statements {
		errs = append(errs, stmt.Close())
	}
	clear(p.statements)
	return errors.Join(append(errs, p.DB.Close())...)
}

// Exec runs a statement that returns no rows.
func (p *Pool) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer p.leave()
	stmt, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// Query runs a statement that returns rows. They hold a connection until they
// are closed.
func (p *Pool) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	ctx, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	stmt, err := p.prepare(ctx, query)
	if err != nil {
		p.leave()
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		p.leave()
		return nil, err
	}
	return &Rows{Rows: rows, leave: sync.OnceFunc(p.leave)}, nil
}

// Row runs a statement that returns at most one row, when it is scanned.
func (p *Pool) Row(ctx context.Context, query string, args ...any) Row {
	return Row{scan: func(dest []any) error {
		ctx, err := p.enter(ctx)
		if err != nil {
			return err
		}
		defer p.leave()
		stmt, err := p.prepare(ctx, query)
		if err != nil {
			return err
		}
		return stmt.QueryRowContext(ctx, args...).Scan(dest...)
	}}
}

// Begin starts a transaction; on the writing pool it holds the write lock from
// the start.
func (p *Pool) Begin(ctx context.Context) (*Tx, error) {
	ctx, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := p.DB.BeginTx(ctx, nil)
	if err != nil {
		p.leave()
		return nil, err
	}
	return &Tx{tx: tx, pool: p, leave: sync.OnceFunc(p.leave), own: map[string]*sql.Stmt{}}, nil
}

// enter waits for a connection and returns a context that nothing ends.
func (p *Pool) enter(ctx context.Context) (context.Context, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.places <- struct{}{}:
	default:
		select {
		case p.places <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return context.WithoutCancel(ctx), nil
}

func (p *Pool) leave() { <-p.places }

// prepare returns the pool's statement for query, which must be one of a fixed
// set: statements are kept until the pool closes.
func (p *Pool) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := p.prepared(query); stmt != nil {
		return stmt, nil
	}
	stmt, err := p.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if first := p.statements[query]; first != nil {
		return first, stmt.Close()
	}
	p.statements[query] = stmt
	return stmt, nil
}

func (p *Pool) prepared(query string) *sql.Stmt {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.statements[query]
}

// Row is the result of Pool.Row and Tx.Row.
type Row struct{ scan func(dest []any) error }

// Scan runs the statement; sql.ErrNoRows if it gives no row.
func (r Row) Scan(dest ...any) error { return r.scan(dest) }

// Rows are rows that give their connection back when closed.
type Rows struct {
	*sql.Rows
	leave func()
}

// Close may be called more than once.
func (r *Rows) Close() error {
	defer r.leave()
	return r.Rows.Close()
}
