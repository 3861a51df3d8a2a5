package accounts

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// EventFeed decides who hears of events and pushes them.
//
// A portal that is registered for events hears of an enterprise, its mandates and
// the sessions of its accounts while it holds a living grant of that enterprise
// (somebody signed in there as the enterprise or for it), of a person's sessions
// while it holds one of that person; and of a mandate only if that is, or was, for
// it. One that an operator marked hears of every enterprise.
type EventFeed struct {
	Spreader  EventSpreader
	Outbox    EventOutbox
	Receivers func() []EventReceiver
	// Push hands one over (RFC 8935); empty outcome and nil: it was taken. The
	// outcome names what the portal answered, for the log.
	Push func(ctx context.Context, d *EventDelivery) (outcome string, err error)
	Log  *slog.Logger
	Now  func() time.Time
	// Observe hears what became of each try: pushed, retried, expired, moved.
	Observe func(kind EventKind, outcome string)
}

const (
	eventPause     = time.Second // between two looks
	adoptEvery     = time.Minute
	eventBatch     = 100 // events that are decided upon
	pushBatch      = 40
	pushLease      = 2 * time.Minute
	pushDoublings  = 11 // of two seconds: at most 68 minutes between two tries
	pushConcurrent = 8  // portals at once
)

// Run spreads and pushes until ctx ends.
func (f *EventFeed) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	adopted := f.Now().Add(-adoptEvery)
	for ctx.Err() == nil {
		if now := f.Now(); now.Sub(adopted) >= adoptEvery {
			adopted = now
			if err := f.Adopt(ctx); err != nil && ctx.Err() == nil {
				f.Log.WarnContext(ctx, "adopt events", "error", err)
			}
		}
		more, err := f.Spread(ctx)
		if err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "spread events", "error", err)
		}
		again, err := f.PushDue(ctx)
		if err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "push events", "error", err)
		}
		if (more || again) && err == nil {
			continue
		}
		timer.Reset(eventPause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

// Adopt has what waited to be polled pushed to portals that changed to that. The
// other way a poll takes what waited to be pushed by itself.
func (f *EventFeed) Adopt(ctx context.Context) error {
	var errs []error
	for _, r := range f.Receivers() {
		if r.Push {
			errs = append(errs, f.Outbox.MoveDeliveries(ctx, r.ID, EventPush))
		}
	}
	return errors.Join(errs...)
}
