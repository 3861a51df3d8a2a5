package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tongid/tongid/accounts"
)

// How often the background work is done.
const (
	refreshEvery  = 500 * time.Millisecond // a command's effect is seen within a second (contract)
	sweepEvery    = time.Minute
	maintainEvery = 10 * time.Minute
	lookEvery     = 5 * time.Second // for enterprises that wait for the register; each is asked about more rarely
	wrapEvery     = 10 * time.Second
	remindEvery   = time.Second      // it looks once an hour
	askEvery      = 30 * time.Second // of each outside system
	askWithin     = 10 * time.Second
)

// work starts everything that goes on beside requests.
func (s *server) work(ctx context.Context) {
	for name := range s.health.stores {
		s.workers.Go(func() { s.health.watch(ctx, name) })
	}
	s.repeat(ctx, "refresh clients", refreshEvery, s.registry.Refresh)
	s.repeat(ctx, "refresh keys", refreshEvery, s.ring.Refresh)
	s.repeat(ctx, "refresh data keys", refreshEvery, s.db.RefreshDataKeys)
	s.repeat(ctx, "wrap imported password hashes", wrapEvery, s.wrapHashes)
	s.repeat(ctx, "maintain keys", maintainEvery, s.ring.Maintain)
	s.outside.serve(ctx, s)
	s.watchOutside(ctx)
	if s.outside.messages != nil {
		s.workers.Go(func() { s.mailer.Run(ctx) })
		s.repeat(ctx, "look up waiting enterprises", lookEvery, func(ctx context.Context) error {
			_, err := s.provider.Wizards.LookAgain(ctx)
			return err
		})
		s.repeat(ctx, "remind of ending mandates", remindEvery, func(ctx context.Context) error {
			_, err := s.provider.Reminders.Send(ctx)
			return err
		})
	}
	s.workers.Go(func() { s.provider.Feed.Run(ctx) })
	s.repeat(ctx, "name mandates", sweepEvery, func(ctx context.Context) error {
		const batch = 500
		for {
			if n, err := s.db.NameMandates(ctx, batch); err != nil || n < batch {
				return err
			}
		}
	})
	s.repeat(ctx, "end closed accounts", sweepEvery, func(ctx context.Context) error {
		const batch = 100
		return s.db.EndClosed(ctx, s.clock.Now(), batch)
	})
	s.repeat(ctx, "sweep database", sweepEvery, func(ctx context.Context) error {
		for {
			if swept, err := s.db.Sweep(ctx, s.clock.Now()); err != nil || !swept.More {
				return err
			}
		}
	})
	if alive, ok := s.alive.(interface {
		Sweep(ctx context.Context) (int, error)
	}); ok { // Redis sweeps by itself
		s.repeat(ctx, "sweep what was alive", sweepEvery, func(ctx context.Context) error {
			_, err := alive.Sweep(ctx)
			return err
		})
	}
}

// wrapRest is how long imported password hashes wait for one another, so that
// those who sign in find a processor.
const wrapRest = 25 * time.Millisecond

// wrapHashes makes imported password hashes fit for use, one at a time, whoever
// imported them.
func (s *server) wrapHashes(ctx context.Context) error {
	waiting, err := s.db.CountForeignHashes(ctx)
	if err != nil {
		return err
	}
	s.metrics.foreignWaiting.Set(float64(waiting))
	if waiting == 0 {
		return nil
	}
	s.log.InfoContext(ctx, "wrapping imported password hashes", "waiting", waiting)
	done, said := 0, time.Now()
	wrapping := accounts.HashWrapping{Store: s.db, Wrapper: s.hasher, Workers: 1, Rest: wrapRest, Done: func() {
		done++
		s.metrics.foreignWrapped.Inc()
		s.metrics.foreignWaiting.Dec()
		if time.Since(said) >= complainEvery {
			said = time.Now()
			s.log.InfoContext(ctx, "wrapping imported password hashes", "done", done, "waiting", waiting-int64(done))
		}
	}}
	unusable, err := wrapping.Run(ctx)
	s.log.InfoContext(ctx, "wrapped imported password hashes", "done", done)
	if err == nil && unusable > 0 {
		err = fmt.Errorf("imported password hashes that cannot be read: %d", unusable)
	}
	return err
}

// complainEvery is how often work that goes on failing is logged.
const complainEvery = time.Minute

// repeat does something now and every so often, with some jitter so that
// replicas do not march in step, and logs that it fails rarely.
func (s *server) repeat(ctx context.Context, name string, every time.Duration, do func(context.Context) error) {
	s.workers.Go(func() {
		var complained time.Time
		for {
			err := do(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil && time.Since(complained) >= complainEvery:
				level := slog.LevelError
				if complained.IsZero() && (errors.Is(err, accounts.ErrUnavailable) || errors.Is(err, accounts.ErrBusy)) {
					level = slog.LevelWarn // a store was slow, or others had much to do; it is done again soon
				}
				complained = time.Now()
				s.log.Log(ctx, level, "background work failed", "work", name, "error", err)
			case err == nil && !complained.IsZero():
				complained = time.Time{}
				s.log.InfoContext(ctx, "background work goes on", "work", name)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(every - rand.N(every/10)): //nolint:gosec // jitter, no secret
			}
		}
	})
}
