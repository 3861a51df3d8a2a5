package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// How often the background work is done.
const (
	refreshEvery  = 500 * time.Millisecond // a command's effect is seen within a second (contract)
	sweepEvery    = time.Minute
	maintainEvery = 10 * time.Minute
)

// work starts everything that goes on beside requests.
func (s *server) work(ctx context.Context) {
	for name := range s.health.stores {
		s.workers.Go(func() { s.health.watch(ctx, name) })
	}
	s.repeat(ctx, "refresh clients", refreshEvery, s.registry.Refresh)
	s.repeat(ctx, "refresh keys", refreshEvery, s.ring.Refresh)
	s.repeat(ctx, "maintain keys", maintainEvery, s.ring.Maintain)
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
				complained = time.Now()
				s.log.ErrorContext(ctx, "background work failed", "work", name, "error", err)
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
