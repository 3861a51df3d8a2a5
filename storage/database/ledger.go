package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

var (
	_ accounts.Ledger = (*DB)(nil)
	_ accounts.Tx     = (*DB)(nil)
)

// Within is InTx for the rules.
func (db *DB) Within(ctx context.Context, f func(tx accounts.Tx) error) error {
	return db.InTx(ctx, func(tx *DB) error { return f(tx) })
}
