package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"modernc.org/sqlite"
)

// Pool is a set of connections that keeps its statements prepared. Parsing a
// statement costs more than most of ours take to run.
type Pool struct {
	DB *sql.DB

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
	return &Pool{DB: db, statements: map[string]*sql.Stmt{}}, nil
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

// Prepare returns the pool's statement for query, which must be one of a fixed
// set: statements are kept until the pool closes.
func (p *Pool) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
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

// Exec runs a statement that returns no rows.
func (p *Pool) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := p.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// Query runs a statement that returns rows.
func (p *Pool) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// Row runs a statement that returns at most one row.
func (p *Pool) Row(ctx context.Context, query string, args ...any) *sql.Row {
	stmt, err := p.Prepare(ctx, query)
	if err != nil {
		// Only database/sql can make a Row that carries an error.
		return p.DB.QueryRowContext(ctx, query, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

// Begin starts a transaction; on the writing pool it holds the write lock from
// the start.
func (p *Pool) Begin(ctx context.Context) (*Tx, error) {
	tx, err := p.DB.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &Tx{Tx: tx, pool: p}, nil
}

// Tx is a transaction that uses its pool's prepared statements.
type Tx struct {
	*sql.Tx
	pool *Pool
}

// Prepare returns the pool's statement bound to the transaction. One that the
// pool does not have yet is prepared on the transaction's own connection: the
// pool may have no other.
func (t *Tx) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := t.pool.prepared(query); stmt != nil {
		return t.StmtContext(ctx, stmt), nil
	}
	return t.PrepareContext(ctx, query)
}

// Exec runs a statement that returns no rows.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := t.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// Query runs a statement that returns rows.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := t.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}
