package database

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
)

var (
	_ accounts.Outbox      = (*DB)(nil)
	_ accounts.OutboxStore = (*DB)(nil)
)

// States of a message. All but due and sent are its end.
const (
	outboxDue   = "due"
	outboxSent  = "sent" // handed over, no receipt yet
	outboxGiven = "dropped"
)

const defaultMessageLife = 24 * time.Hour

const postMessage = `INSERT INTO outbox (id, kind, state, payload, tries, due_at, expires_at, created_at, sent_at, provider, receipt)
	VALUES ($1, $2, 'due', $3, 0, $4, $5, $4, 0, '', '') ON CONFLICT DO NOTHING`

// Post keeps a message until it was handed over. One to nobody is kept like any
// other: whether there is somebody must not show in what this takes.
func (db *DB) Post(ctx context.Context, m accounts.Message, now time.Time) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("database: post message: %w", err)
	}
	if m.ExpiresAt.IsZero() {
		m.ExpiresAt = now.Add(defaultMessageLife)
	}
	_, err = db.exec(ctx, "post message", postMessage, m.ID, m.Kind,
		db.seal(columnOutboxPayload, m.ID, payload), millis(now), millis(m.ExpiresAt))
	return err
}

// claimOutbox leases what is due. The state is written out, beside the states of
// the index: no engine would know that an argument is one of them.
func claimOutbox(w words, state string) string {
	return `UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE id IN
			(SELECT id FROM outbox WHERE state IN ('due', 'sent') AND state = '` + state + `' AND due_at <= $1
				ORDER BY due_at LIMIT $3 ` + w.skipLocked + `)
		RETURNING id, kind, payload, tries, expires_at, sent_at, receipt, created_at`
}

// claimOutbox leases what is due and hands it to one caller.
func (db *DB) claimOutbox(ctx context.Context, state string, now time.Time, lease time.Duration, limit int, scan func(rows) error, start func()) error {
	return db.listing(ctx, "claim "+state+" messages", claimOutbox(db.engine.words(), state),
		[]any{millis(now), millis(now.Add(lease)), int64(limit)}, start, scan)
}

// ClaimMessages leases messages that are due.
func (db *DB) ClaimMessages(ctx context.Context, now time.Time, lease time.Duration, limit int) (all []accounts.Outgoing, err error) {
	err = db.claimOutbox(ctx, outboxDue, now, lease, limit, func(r rows) error {
		var (
			o             accounts.Outgoing
			id, receipt   string
			payload       []byte
			tries         int64
			expires, sent int64
			posted        int64
		)
		if err := r.Scan(&id, &o.Kind, &payload, &tries, &expires, &sent, &receipt, &posted); err != nil {
			return err
		}
		o.Tries, o.ExpiresAt, o.PostedAt = int(tries), timeOf(expires), timeOf(posted)
		if db.openPayload(ctx, id, payload, &o.Message) != nil {
			// Nobody will ever read it: it is given up, and does not hold up the others.
			o.Message, o.ExpiresAt = accounts.Message{ID: id, Kind: o.Kind}, time.Time{}
		}
		all = append(all, o)
		return nil
	}, func() { all = nil })
	return all, err
}

// MessagesUnderWay counts those that somebody has claimed, or failed to send, and
// that are not over.
func (db *DB) MessagesUnderWay(ctx context.Context, now time.Time) (int, error) {
	const query = `SELECT COUNT(*) FROM outbox WHERE state = 'due' AND due_at > $1 AND expires_at > $1`
	var n int64
	err := db.row(ctx, "count messages under way", query, []any{millis(now)}, &n)
	return int(n), err
}

func (db *DB) openPayload(ctx context.Context, id string, sealed []byte, to any) error {
	plain, err := db.open(ctx, columnOutboxPayload, id, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, to); err != nil {
		return fmt.Errorf("database: read message: %w", err)
	}
	return nil
}

// MessageSent keeps the receipt, and of the message its phone.
func (db *DB) MessageSent(ctx context.Context, id, phone, receipt string, now time.Time) error {
	payload, err := json.Marshal(accounts.Message{ID: id, Phone: phone})
	if err != nil {
		return fmt.Errorf("database: message sent: %w", err)
	}
	const query = `UPDATE outbox SET state = $2, payload = $3, receipt = $4, sent_at = $5, due_at = $6, tries = 0
		WHERE id = $1 AND state = $7`
	_, err = db.exec(ctx, "message sent", query, id, outboxSent, db.seal(columnOutboxPayload, id, payload),
		receipt, millis(now), millis(now.Add(receiptPause)), outboxDue)
	return err
}

// receiptPause is how long a message travels at least before it is asked after.
const receiptPause = 15 * time.Second

// RetryMessage has a message tried again then.
func (db *DB) RetryMessage(ctx context.Context, id string, at time.Time) error {
	const query = `UPDATE outbox SET due_at = $2 WHERE id = $1 AND state = $3`
	_, err := db.exec(ctx, "retry message", query, id, millis(at), outboxDue)
	return err
}

// DropMessage gives a message up.
func (db *DB) DropMessage(ctx context.Context, id string) error {
	return db.endMessage(ctx, id, outboxDue, outboxGiven)
}

// ClaimReceipts leases messages whose receipt is missing.
func (db *DB) ClaimReceipts(ctx context.Context, now time.Time, lease time.Duration, limit int) (all []accounts.Receipt, err error) {
	err = db.claimOutbox(ctx, outboxSent, now, lease, limit, func(r rows) error {
		var (
			out                  accounts.Receipt
			kind                 string
			payload              []byte
			tries, expires, sent int64
			posted               int64
			m                    accounts.Message
		)
		if err := r.Scan(&out.ID, &kind, &payload, &tries, &expires, &sent, &out.Receipt, &posted); err != nil {
			return err
		}
		_ = db.openPayload(ctx, out.ID, payload, &m) // without a phone its fate is never known
		out.Phone, out.SentAt = m.Phone, timeOf(sent)
		all = append(all, out)
		return nil
	}, func() { all = nil })
	return all, err
}

// SettleReceipt ends a message that was handed over.
func (db *DB) SettleReceipt(ctx context.Context, id string, d accounts.Delivery) error {
	return db.endMessage(ctx, id, outboxSent, string(d))
}

// endMessage forgets what a message said and to whom.
func (db *DB) endMessage(ctx context.Context, id, from, to string) error {
	const query = `UPDATE outbox SET state = $2, payload = $3 WHERE id = $1 AND state = $4`
	_, err := db.exec(ctx, "end message", query, id, to, db.seal(columnOutboxPayload, id, nil), from)
	return err
}
