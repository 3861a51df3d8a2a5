package ephemeral

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/sqlite"
)

// patience is how long a call waits for the writer or for the file's lock, if
// Options.Timeout does not say otherwise.
const patience = 800 * time.Millisecond

// call runs one operation: within patience, its error mapped and observed.
func (s *Store) call(ctx context.Context, op string, f func(context.Context) error) error {
	start := time.Now() //nolint:forbidigo // how long a call took is measured on the real clock
	bounded, cancel := context.WithTimeout(ctx, s.options.Timeout)
	err := f(bounded)
	cancel()
	if err != nil {
		err = fmt.Errorf("ephemeral: %s: %w", op, mapped(ctx, err))
	}
	if s.options.Observe != nil {
		s.options.Observe(op, time.Since(start), err)
	}
	return err
}

// mapped turns an error of the database into one of the stores' sentinels where
// it is one. A caller who gave up is not a store that is away.
func mapped(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return accounts.ErrNotFound
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	if errors.Is(err, context.DeadlineExceeded) || sqlite.Unavailable(err) {
		return fmt.Errorf("%w: %w", accounts.ErrUnavailable, err)
	}
	return err
}

// changed turns a statement's result into whether it changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
