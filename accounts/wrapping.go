package accounts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongid/tongid/accounts/passhash"
)

// HashWrapping wraps imported foreign hashes, one after the other, so that their
// accounts' passwords can be checked. It keeps no state of its own: stopped, it
// goes on with what is left.
type HashWrapping struct {
	Store   ForeignHashStore
	Wrapper interface { // passhash.Hasher
		Wrap(ctx context.Context, f passhash.Foreign) (string, error)
	}
	Workers int           // hashes at once
	Rest    time.Duration // after each, for others who hash
	Done    func()        // hears of each that was wrapped
}

// wrapBatch is how many hashes are read at once.
const wrapBatch = 64

// Run wraps all there are and returns how many there are that no longer can be
// read.
//
// Replicas do it at once without knowing of each other. Each begins at a place of
// its own in the circle of ids, so that they seldom do the same work; twice done
// is no harm.
func (w *HashWrapping) Run(ctx context.Context) (unusable int64, err error) {
	start := EnterpriseID(fmt.Sprintf("%016x", rand.Uint64())) //nolint:gosec // no secret
	var bad atomic.Int64
	for _, arc := range []struct{ after, until EnterpriseID }{{after: start}, {until: start}} {
		if err := w.arc(ctx, arc.after, arc.until, &bad); err != nil {
			return bad.Load(), fmt.Errorf("wrap foreign hashes: %w", err)
		}
	}
	return bad.Load(), nil
}

// arc wraps the hashes of ids after one and up to another, which may be empty.
func (w *HashWrapping) arc(ctx context.Context, after, until EnterpriseID, bad *atomic.Int64) error {
	for {
		batch, err := w.Store.ForeignHashes(ctx, after, wrapBatch)
		if err != nil {
			return err
		}
		group, working := errgroup.WithContext(ctx)
		group.SetLimit(max(1, w.Workers))
		for _, h := range batch {
			if until != "" && h.ID > until {
				return group.Wait()
			}
			after = h.ID
			group.Go(func() error {
				if err := working.Err(); err != nil {
					return err // another failed: nothing more is begun, what was begun is finished
				}
				return w.wrap(ctx, h, bad)
			})
		}
		if err := group.Wait(); err != nil || len(batch) < wrapBatch {
			return err
		}
	}
}

func (w *HashWrapping) wrap(ctx context.Context, h ForeignHash, bad *atomic.Int64) error {
	f, err := passhash.ParseForeign(h.Text)
	if errors.Is(err, passhash.ErrForeign) {
		bad.Add(1)
		return nil
	}
	if err != nil {
		return err
	}
	wrapped, err := w.Wrapper.Wrap(ctx, f)
	if err != nil {
		return ifBusy(err)
	}
	if err := w.Store.SettleForeignHash(ctx, h.ID, wrapped); err != nil {
		return err
	}
	w.Done()
	return rest(ctx, w.Rest)
}

func rest(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
