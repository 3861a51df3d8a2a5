package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
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
	eventBatch     = 100         // events that are decided upon
	pushBatch      = 40
	pushLease      = 2 * time.Minute
	pushDoublings  = 11 // of two seconds: at most 68 minutes between two tries
	pushConcurrent = 8  // portals at once
)

// Run spreads and pushes until ctx ends.
func (f *EventFeed) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
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

// Spread decides who hears of the events that are new, and reports whether there
// may be more.
func (f *EventFeed) Spread(ctx context.Context) (more bool, err error) {
	events, err := f.Spreader.NewEvents(ctx, eventBatch)
	if err != nil {
		return false, fmt.Errorf("events: %w", err)
	}
	receivers := f.Receivers()
	for _, e := range events {
		heard, err := f.hearers(ctx, e, receivers)
		if err != nil {
			return false, fmt.Errorf("events: who hears: %w", err)
		}
		if err := f.Spreader.SpreadEvent(ctx, e.ID, f.deliveries(e, heard), f.Now()); err != nil {
			return false, fmt.Errorf("events: spread: %w", err)
		}
	}
	return len(events) == eventBatch, nil
}

// hearer is one portal that hears, and of whom.
type hearer struct {
	receiver EventReceiver
	subject  string
}

func (f *EventFeed) hearers(ctx context.Context, e *Event, receivers []EventReceiver) ([]hearer, error) {
	asked := map[string]EventReceiver{}
	var ids []string
	for _, r := range receivers {
		if r.hears(e) {
			asked[r.ID] = r
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	var heard []hearer
	if e.Kind == EventSessionRevoked {
		subjects := []string{e.Subject}
		if e.Person != "" {
			var err error
			if subjects, err = f.Spreader.SubjectsOf(ctx, e.Person); err != nil {
				return nil, err
			}
		}
		// Of a session that was not theirs nobody hears, not even who hears of all.
		holders, err := f.Spreader.Holders(ctx, subjects, ids, e.At)
		for _, h := range holders {
			heard = append(heard, hearer{asked[h.Client], h.Subject})
		}
		return heard, err
	}
	acquainted, err := f.Spreader.Acquainted(ctx, e.Enterprise, ids, e.At)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if asked[id].All || slices.Contains(acquainted, id) {
			heard = append(heard, hearer{asked[id], e.Subject})
		}
	}
	return heard, nil
}

func (f *EventFeed) deliveries(e *Event, heard []hearer) []EventDelivery {
	list := make([]EventDelivery, 0, len(heard))
	for _, h := range heard {
		d := EventDelivery{
			ID: uuid.Must(uuid.NewV7()).String(), Client: h.receiver.ID, Subject: h.subject, State: EventPoll,
			DueAt: f.Now(), ExpiresAt: e.At.Add(EventLife),
		}
		if h.receiver.Push {
			d.State = EventPush
		}
		list = append(list, d)
	}
	return list
}

// PushDue pushes what is due, up to a batch, and reports whether there may be more.
func (f *EventFeed) PushDue(ctx context.Context) (more bool, err error) {
	claimed, err := f.Outbox.ClaimPushes(ctx, f.Now(), pushLease, pushBatch)
	if err != nil {
		return false, fmt.Errorf("events: claim: %w", err)
	}
	byClient := map[string][]EventDelivery{}
	for _, d := range claimed {
		byClient[d.Client] = append(byClient[d.Client], d)
	}
	receivers := map[string]EventReceiver{}
	for _, r := range f.Receivers() {
		receivers[r.ID] = r
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
