package database

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// begin starts a transaction on a connection of its own.
func (e *postgresEngine) begin(ctx context.Context) (transaction, error) {
	c, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if err := hurry(ctx, c.Conn()); err != nil {
		c.Release()
		return nil, err
	}
	tx, err := c.Begin(context.WithoutCancel(ctx))
	if err := errors.Join(err, calm(c.Conn())); err != nil {
		c.Release() // which drops one that is within a transaction
		return nil, err
	}
	return &postgresTx{conn: c, tx: tx}, nil
}

type postgresTx struct {
	conn *pgxpool.Conn
	tx   pgx.Tx
}

func (t *postgresTx) exec(ctx context.Context, query string, args []any) (int64, error) {
	return postgresExec(ctx, t.conn.Conn(), query, args)
}

func (t *postgresTx) rows(ctx context.Context, query string, args []any) (rows, error) {
	r, err := postgresQuery(ctx, t.conn.Conn(), query, args)
	if err != nil {
		return nil, err
	}
	return &postgresRows{Rows: r, done: func() error { return calm(t.conn.Conn()) }}, nil
}

func (t *postgresTx) commit(ctx context.Context) error   { return t.finish(ctx, t.tx.Commit) }
func (t *postgresTx) rollback(ctx context.Context) error { return t.finish(ctx, t.tx.Rollback) }

func (t *postgresTx) finish(ctx context.Context, how func(context.Context) error) error {
	defer t.conn.Release()
	if err := hurry(ctx, t.conn.Conn()); err != nil {
		return err
	}
	return errors.Join(how(context.WithoutCancel(ctx)), calm(t.conn.Conn()))
}
