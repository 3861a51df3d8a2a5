package storagetest

import (
	"context"
	"time"
)

// lag delays a call by half before it reaches the store and by half after the
// store did it, as a network does: a caller neither sees the state it will meet
// nor knows yet that it changed it. Races that a fast store hides come out.
type lag time.Duration

// wait waits one way, or until the caller gives up.
func (l lag) wait(ctx context.Context) error {
	if l == 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(l) / 2)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do makes a call that answers with an error only.
func (l lag) do(ctx context.Context, f func() error) error {
	if err := l.wait(ctx); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return l.wait(ctx)
}

// get makes a call that answers with one value.
func get[T any](ctx context.Context, l lag, f func() (T, error)) (T, error) {
	var out T
	err := l.do(ctx, func() error {
		var err error
		out, err = f()
		return err
	})
	return out, err
}

// get2 makes a call that answers with two values.
func get2[T, U any](ctx context.Context, l lag, f func() (T, U, error)) (T, U, error) {
	var (
		first  T
		second U
	)
	err := l.do(ctx, func() error {
		var err error
		first, second, err = f()
		return err
	})
	return first, second, err
}
