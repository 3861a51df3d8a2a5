package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

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
