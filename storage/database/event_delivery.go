package database

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

var (
	_ accounts.EventOutbox = (*DB)(nil)
	_ accounts.EventPoller = (*DB)(nil)
	_ accounts.EventLog    = (*DB)(nil)
)

const (
	deliveryColumns = `d.id, d.client_id, d.subject, d.state, d.tries, d.due_at, d.expires_at, d.changed_at, d.outcome`
	deliveryTables  = ` FROM event_deliveries d JOIN events ON events.id = d.event_id `
)

// claimPushes leases what is due.
func claimPushes(w words) string {
	return `UPDATE event_deliveries SET due_at = $2 WHERE id IN
			(SELECT id FROM event_deliveries WHERE state = 'push' AND due_at <= $1 ORDER BY due_at, id LIMIT $3 ` + w.skipLocked + `)
		RETURNING id`
}

// pollEvents leases what waits for one portal. Its states are those of the index.
func pollEvents(w words) string {
	return `UPDATE event_deliveries SET due_at = $3, tries = tries + 1, changed_at = $2 WHERE id IN
			(SELECT id FROM event_deliveries WHERE client_id = $1 AND state IN ('push', 'poll') AND due_at <= $2 AND expires_at > $2
				ORDER BY due_at, id LIMIT $4 ` + w.skipLocked + `)
		RETURNING id`
}

func readDeliveries(n int) string {
	return `SELECT ` + deliveryColumns + `, ` + eventColumns + deliveryTables + `WHERE d.id IN (` + placeholders(1, n) + `)`
}

const deliveryLog = `SELECT ` + deliveryColumns + `, ` + eventColumns + deliveryTables + `WHERE d.client_id = $1 ORDER BY d.id DESC LIMIT $2`

// ClaimPushes leases deliveries that are to be pushed.
func (db *DB) ClaimPushes(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]accounts.EventDelivery, error) {
	return db.leaseDeliveries(ctx, "claim pushes", claimPushes(db.engine.words()), millis(now), millis(now.Add(lease)), int64(limit))
}

// PollEvents leases what waits for a portal.
func (db *DB) PollEvents(ctx context.Context, client string, now time.Time, lease time.Duration, limit int) ([]accounts.EventDelivery, error) {
	if limit <= 0 {
		return nil, nil
	}
	return db.leaseDeliveries(ctx, "poll events", pollEvents(db.engine.words()), client, millis(now), millis(now.Add(lease)), int64(limit))
}

// leaseDeliveries reads what was leased in a second statement: SQLite's RETURNING
// knows one table only.
func (db *DB) leaseDeliveries(ctx context.Context, op, query string, args ...any) ([]accounts.EventDelivery, error) {
	var ids []any
	err := db.listing(ctx, op, query, args,
		func() { ids = nil },
		func(r rows) error {
			var id string
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := db.listDeliveries(ctx, "read deliveries", readDeliveries(len(ids)), ids...)
	slices.SortFunc(all, func(a, b accounts.EventDelivery) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

func (db *DB) listDeliveries(ctx context.Context, op, query string, args ...any) (all []accounts.EventDelivery, err error) {
	err = db.list(ctx, op, query, args,
		func() { all = nil },
		func(r rows) error {
			var (
				d                            accounts.EventDelivery
				e                            eventRow
				tries, due, expires, changed int64
			)
			dest := []any{&d.ID, &d.Client, &d.Subject, (*string)(&d.State), &tries, &due, &expires, &changed, &d.Outcome}
			if err := r.Scan(append(dest, e.dest()...)...); err != nil {
				return err
			}
			if err := e.open(); err != nil {
				return err
			}
			d.Tries, d.DueAt, d.ExpiresAt, d.ChangedAt, d.Event = int(tries), timeOf(due), timeOf(expires), timeOf(changed), e.event
			all = append(all, d)
			return nil
		})
	return all, err
}

const (
	endDelivery = `UPDATE event_deliveries SET state = $2, outcome = $3, changed_at = $4, tries = tries + CASE WHEN $5 THEN 1 ELSE 0 END
		WHERE id = $1 AND state IN ('push', 'poll')`
	retryDelivery = `UPDATE event_deliveries SET due_at = $2, outcome = $3, changed_at = $4, tries = tries + 1
		WHERE id = $1 AND state IN ('push', 'poll')`
	moveDeliveries = `UPDATE event_deliveries SET state = $2 WHERE client_id = $1 AND state IN ('push', 'poll') AND state <> $2`
	postponePushes = `UPDATE event_deliveries SET due_at = $2 WHERE client_id = $1 AND state IN ('push', 'poll') AND state = 'push' AND due_at < $2`
)

// EndDelivery ends a delivery that waits. One that was pushed counts as a try.
func (db *DB) EndDelivery(ctx context.Context, id string, to accounts.EventState, outcome string, now time.Time) error {
	_, err := db.exec(ctx, "end delivery", endDelivery, id, string(to), outcome, millis(now), to == accounts.EventDelivered)
	return err
}

// RetryDelivery has a delivery tried again then.
func (db *DB) RetryDelivery(ctx context.Context, id string, at time.Time, outcome string, now time.Time) error {
	_, err := db.exec(ctx, "retry delivery", retryDelivery, id, millis(at), outcome, millis(now))
	return err
}

// MoveDeliveries turns what waits for a portal to the other way.
func (db *DB) MoveDeliveries(ctx context.Context, client string, to accounts.EventState) error {
	_, err := db.exec(ctx, "move deliveries", moveDeliveries, client, string(to))
	return err
}

// PostponePushes has what waits for a portal wait longer.
func (db *DB) PostponePushes(ctx context.Context, client string, until time.Time) error {
	_, err := db.exec(ctx, "postpone pushes", postponePushes, client, millis(until))
	return err
}

func acknowledgeEvents(n int) string {
	return `UPDATE event_deliveries SET state = 'delivered', outcome = '', changed_at = $2
		WHERE client_id = $1 AND state IN ('push', 'poll') AND id IN (` + placeholders(3, n) + `)`
}

const refuseEvent = `UPDATE event_deliveries SET state = 'refused', outcome = $3, changed_at = $4
	WHERE id = $2 AND client_id = $1 AND state IN ('push', 'poll')`

// AcknowledgeEvents ends deliveries by the portal's word.
func (db *DB) AcknowledgeEvents(ctx context.Context, client string, ids []string, refused map[string]string, now time.Time) error {
	return db.InTx(ctx, func(tx *DB) error {
		for chunk := range slices.Chunk(ids, heardChunk) {
			args := []any{client, millis(now)}
			for _, id := range chunk {
				args = append(args, id)
			}
			if _, err := tx.exec(ctx, "acknowledge events", acknowledgeEvents(len(chunk)), args...); err != nil {
				return err
			}
		}
		for _, id := range slices.Sorted(maps.Keys(refused)) {
			if _, err := tx.exec(ctx, "refuse event", refuseEvent, client, id, refused[id], millis(now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Deliveries lists what became of events for a portal.
func (db *DB) Deliveries(ctx context.Context, client string, limit int) ([]accounts.EventDelivery, error) {
	return db.listDeliveries(ctx, "list deliveries", deliveryLog, client, int64(limit))
}
