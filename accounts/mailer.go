package accounts

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Outgoing is a message that was claimed for sending.
type Outgoing struct {
	Message

	Tries    int // this one included
	PostedAt time.Time
}

// Receipt is a message that was handed over and of which nothing more is known.
type Receipt struct {
	ID      string
	Phone   string
	Receipt string
	SentAt  time.Time
}

// OutboxStore is the side of the outbox that sends. What is claimed is nobody
// else's until the lease is over; then it is as if it had not been claimed.
type OutboxStore interface {
	ClaimMessages(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Outgoing, error)
	// MessageSent keeps the provider's receipt, and of the message its phone.
	MessageSent(ctx context.Context, id, phone, receipt string, now time.Time) error
	RetryMessage(ctx context.Context, id string, at time.Time) error
	// DropMessage gives a message up and forgets what it said.
	DropMessage(ctx context.Context, id string) error
	ClaimReceipts(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Receipt, error)
	// SettleReceipt forgets a message whose fate is known, or will not be.
	SettleReceipt(ctx context.Context, id string, d Delivery) error
}

// Mailer sends what stands in the outbox.
type Mailer struct {
	Store   OutboxStore
	Gateway MessageGateway
	Log     *slog.Logger
	Now     func() time.Time
	// Observe hears what became of each message: its kind and sent, retried,
	// dropped, delivered or failed.
	Observe func(kind, outcome string)

	// sending is held while messages are on their way, so that Wait can tell.
	sending sync.Mutex
}

const (
	mailBatch = 20
	mailLease = 30 * time.Second
	mailStart = 20 * time.Second // of the lease, in which sending may begin
	// mailPause is between two looks. Nobody calls for one: what it costs to send
	// must not be felt in the answer after the one that posted, where it would tell
	// a message from the stand-in of one.
	mailPause     = time.Second
	mailDoublings = 9                // of a second, between two tries of one message
	receiptLease  = 20 * time.Second // between two questions about one message
	receiptWindow = 10 * time.Minute // after it nobody asks any more
)

// Run sends until ctx ends.
func (m *Mailer) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		more, err := m.Flush(ctx)
		if err != nil && ctx.Err() == nil {
			m.Log.WarnContext(ctx, "outbox", "error", err)
		}
		if err := m.receipts(ctx); err != nil && ctx.Err() == nil {
			m.Log.WarnContext(ctx, "message receipts", "error", err)
		}
		if more {
			continue
		}
		timer.Reset(mailPause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

// Flush sends what is due, up to a batch, and reports whether there may be more.
func (m *Mailer) Flush(ctx context.Context) (more bool, err error) {
	m.sending.Lock()
	defer m.sending.Unlock()
	until := m.Now().Add(mailStart)
	claimed, err := m.Store.ClaimMessages(ctx, m.Now(), mailLease, mailBatch)
	if err != nil {
		return false, err
	}
	// What goes to one phone goes in the order in which it was posted. What comes too
	// late for the lease is left to whoever claims it next.
	slices.SortStableFunc(claimed, func(a, b Outgoing) int { return a.PostedAt.Compare(b.PostedAt) })
	phones := map[string][]*Outgoing{}
	for i := range claimed {
		phones[claimed[i].Phone] = append(phones[claimed[i].Phone], &claimed[i])
	}
	faults := make(chan error, len(claimed))
	var all sync.WaitGroup
	for _, messages := range phones {
		all.Go(func() {
			for _, o := range messages {
				if !m.Now().Before(until) {
					return
				}
				faults <- m.send(ctx, o)
			}
		})
	}
	all.Wait()
	close(faults)
	for fault := range faults {
		err = errors.Join(err, fault)
	}
	return len(claimed) == mailBatch, err
}

func (m *Mailer) send(ctx context.Context, o *Outgoing) error {
	now := m.Now()
	if o.Phone == "" { // posted so that nobody learns from the time it took that there is nobody
		return m.Store.DropMessage(ctx, o.ID)
	}
	if !now.Before(o.ExpiresAt) {
		m.Observe(o.Kind, "expired")
		return m.Store.DropMessage(ctx, o.ID)
	}
	receipt, err := m.Gateway.Send(ctx, o.Message)
	switch {
	case err == nil:
		m.Observe(o.Kind, "sent")
		return m.Store.MessageSent(ctx, o.ID, o.Phone, receipt, m.Now())
	case errors.Is(err, ErrRejected):
		m.Observe(o.Kind, "dropped")
		m.Log.ErrorContext(ctx, "message dropped", "message", o.ID, "kind", o.Kind, "tries", o.Tries, "error", err)
		return m.Store.DropMessage(ctx, o.ID)
	default:
		m.Observe(o.Kind, "retried")
		m.Log.WarnContext(ctx, "message not sent", "message", o.ID, "kind", o.Kind, "tries", o.Tries, "error", err)
		return m.Store.RetryMessage(ctx, o.ID, now.Add(mailBackoff(o.Tries)))
	}
}

// mailBackoff waits 2, 4, 8 … 512 seconds, as long as the message is of use: a
// provider's outage loses none.
func mailBackoff(tries int) time.Duration {
	return time.Second << min(max(tries, 1), mailDoublings)
}

func (m *Mailer) receipts(ctx context.Context) error {
	now := m.Now()
	sent, err := m.Store.ClaimReceipts(ctx, now, receiptLease, mailBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range sent {
		delivery, err := m.Gateway.Delivery(ctx, r.Receipt, r.Phone, r.SentAt)
		switch {
		case err == nil && delivery != DeliveryUnknown:
			m.Observe("receipt", string(delivery))
			errs = append(errs, m.Store.SettleReceipt(ctx, r.ID, delivery))
		case now.Sub(r.SentAt) > receiptWindow:
			errs = append(errs, m.Store.SettleReceipt(ctx, r.ID, DeliveryUnknown))
		case err != nil:
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
