package sqlite

import (
	"context"
	"database/sql"
)

// Tx is a transaction that uses its pool's prepared statements. It is not for
// use by several goroutines.
type Tx struct {
	tx    *sql.Tx
	pool  *Pool
	leave func()
	own   map[string]*sql.Stmt // bound to the transaction; they end with it
}

// Commit ends the transaction.
func (t *Tx) Commit() error {
	defer t.leave()
	return t.tx.Commit()
}

// Rollback ends the transaction without effect; after Commit it does nothing
// and returns sql.ErrTxDone.
func (t *Tx) Rollback() error {
	defer t.leave()
	return t.tx.Rollback()
}

// Exec runs a statement that returns no rows.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

// Query runs a statement that returns rows, which must be closed before the
// next statement.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return nil, err
	}
	return &Rows{Rows: rows, leave: func() {}}, nil
}

// Row runs a statement that returns at most one row, when it is scanned.
func (t *Tx) Row(ctx context.Context, query string, args ...any) Row {
	return Row{scan: func(dest []any) error {
		stmt, err := t.prepare(ctx, query)
		if err != nil {
			return err
		}
		return stmt.QueryRowContext(context.WithoutCancel(ctx), args...).Scan(dest...)
	}}
}

// prepare returns the pool's statement bound to the transaction. One that the
// pool does not have yet is prepared on the transaction's own connection: the
// pool may have no other.
func (t *Tx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if stmt := t.own[query]; stmt != nil {
		return stmt, nil
	}
	if stmt := t.pool.prepared(query); stmt != nil {
		t.own[query] = t.tx.StmtContext(ctx, stmt)
		return t.own[query], nil
	}
	stmt, err := t.tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.own[query] = stmt
	return stmt, nil
}
