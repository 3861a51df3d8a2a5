package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// PushDue pushes what is due, up to a batch, and reports whether there may be more.
func (f *EventFeed) PushDue(ctx context.Context) (more bool, err error) {
	receivers, pushed := map[string]EventReceiver{}, false
	for _, r := range f.Receivers() {
		receivers[r.ID], pushed = r, pushed || r.Push
	}
	if !pushed {
		return false, nil // what is left is polled, or swept
	}
	claimed, err := f.Outbox.ClaimPushes(ctx, f.Now(), pushLease, pushBatch)
	if err != nil {
		return false, fmt.Errorf("events: claim: %w", err)
	}
	byClient := map[string][]EventDelivery{}
	for _, d := range claimed {
		byClient[d.Client] = append(byClient[d.Client], d)
	}
	var (
		mu   sync.Mutex
		errs []error
		all  sync.WaitGroup
		free = make(chan struct{}, pushConcurrent)
	)
	for client, due := range byClient {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			r, known := receivers[client]
			if err := f.pushTo(ctx, client, known, r.Push, due); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	all.Wait()
	return len(claimed) == pushBatch, errors.Join(errs...)
}

// pushTo pushes to one portal, in order, until it does not take one: then
// everything else for it waits as well, and nothing for others does.
func (f *EventFeed) pushTo(ctx context.Context, client string, known, push bool, due []EventDelivery) error {
	if known && !push {
		f.Observe(due[0].Event.Kind, "moved")
		return f.Outbox.MoveDeliveries(ctx, client, EventPoll)
	}
	for i := range due {
		d := &due[i]
		now := f.Now()
		if !known || !now.Before(d.ExpiresAt) {
			f.Observe(d.Event.Kind, "expired")
			if err := f.Outbox.EndDelivery(ctx, d.ID, EventExpired, d.Outcome, now); err != nil {
				return err
			}
			continue
		}
		outcome, err := f.Push(ctx, d)
		if ctx.Err() != nil {
			return ctx.Err() // the lease ends by itself
		}
		now = f.Now()
		if err == nil {
			f.Observe(d.Event.Kind, "pushed")
			if err := f.Outbox.EndDelivery(ctx, d.ID, EventDelivered, outcome, now); err != nil {
				return err
			}
			continue
		}
		at := now.Add(pushBackoff(d.Tries + 1))
		f.Observe(d.Event.Kind, "retried")
		f.Log.WarnContext(ctx, "event not taken", "client", client, "event", d.ID, "kind", string(d.Event.Kind), "tries", d.Tries+1, "error", err)
		return errors.Join(
			f.Outbox.RetryDelivery(ctx, d.ID, at, outcome, now),
			f.Outbox.PostponePushes(ctx, client, at))
	}
	return nil
}

// pushBackoff waits 2, 4, 8 … 4096 seconds.
func pushBackoff(tries int) time.Duration {
	return time.Second << min(max(tries, 1), pushDoublings+1)
}
