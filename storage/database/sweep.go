package database

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
)

const (
	// graveTime is how long a grant is kept after its end. Its row is what
	// refuses a code that is presented again; a code lives minutes.
	graveTime = 24 * time.Hour
	// spentSlack is how long a spent id outlives its token or assertion, and the
	// mark of an ended session the last of its codes: the clocks of two replicas
	// may differ.
	spentSlack = 10 * time.Minute
	// outboxTime is how long after its end it can be found out what became of a
	// message.
	outboxTime = 90 * 24 * time.Hour
	// eventTime is how long after its end it can be found out what became of an
	// event.
	eventTime = 30 * 24 * time.Hour

	sweepBatch   = 500
	sweepBatches = 100 // of each kind in one call
)

// Swept says how many records Sweep deleted. More says that it stopped at its
// bound and should soon be called again.
type Swept struct {
	Grants, Spent, Attempts, Messages, SignIns, Events int64
	More                                               bool
}

// sweepGrants leaves those of enterprises that are not in their ledger yet
// (keepSignIns).
func sweepGrants(w words) string {
	return `DELETE FROM grants WHERE id IN
		(SELECT id FROM grants WHERE expires_at < $1
			AND (enterprise_id = '' OR EXISTS (SELECT 1 FROM past_sign_ins s WHERE s.id = grants.id))
		ORDER BY expires_at LIMIT $2 ` + w.skipLocked + `)`
}

func sweepSpent(w words) string {
	return `DELETE FROM spent WHERE id IN
		(SELECT id FROM spent WHERE until < $1 ORDER BY until LIMIT $2 ` + w.skipLocked + `)`
}

// sweepAttempts reads the whole table: it is small, and an index on what every
// try changes would cost every try.
func sweepAttempts(w words) string {
	return `DELETE FROM attempts WHERE key IN
		(SELECT key FROM attempts WHERE last_at + window_ms < $1 AND locked_until + window_ms < $1 LIMIT $2 ` + w.skipLocked + `)`
}

// sweepOutbox does not ask for the state: a message whose end is so long ago is
// never sent. Its date of creation is what the index knows.
func sweepOutbox(w words) string {
	return `DELETE FROM outbox WHERE id IN
		(SELECT id FROM outbox WHERE created_at < $1 AND expires_at < $1 ORDER BY created_at LIMIT $2 ` + w.skipLocked + `)`
}

func sweepDeliveries(w words) string {
	return `DELETE FROM event_deliveries WHERE id IN
		(SELECT id FROM event_deliveries WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 ` + w.skipLocked + `)`
}

func sweepEvents(w words) string {
	return `DELETE FROM events WHERE id IN
		(SELECT id FROM events WHERE at < $1 ORDER BY at LIMIT $2 ` + w.skipLocked + `)`
}

// Sweep deletes what has expired long ago, in small statements, a bounded
// number of them. Nothing relies on it: what has expired is as if it were gone.
func (db *DB) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	w := db.engine.words()
	var s Swept
	for _, kind := range []struct {
		op, query string
		first     string // done before each batch
		before    time.Time
		deleted   *int64
	}{
		{"sweep grants", sweepGrants(w), keepSignIns, now.Add(-graveTime), &s.Grants},
		{"sweep spent", sweepSpent(w), "", now.Add(-spentSlack), &s.Spent},
		{"sweep attempts", sweepAttempts(w), "", now, &s.Attempts},
		{"sweep outbox", sweepOutbox(w), "", now.Add(-outboxTime), &s.Messages},
		{"sweep sign-ins", sweepSignIns(w), "", now.Add(-ledgerTime), &s.SignIns},
		{"sweep deliveries", sweepDeliveries(w), "", now.Add(-eventTime), &s.Events},
		{"sweep events", sweepEvents(w), "", now.Add(-eventTime - accounts.EventLife), &s.Events},
	} {
		for batch := 1; ; batch++ {
			if kind.first != "" {
				if _, err := db.exec(ctx, "keep sign-ins", kind.first, millis(kind.before), int64(sweepBatch)); err != nil {
					return s, err
				}
			}
			n, err := db.exec(ctx, kind.op, kind.query, millis(kind.before), int64(sweepBatch))
			*kind.deleted += n
			if err != nil {
				return s, err
			}
			if n < sweepBatch {
				break
			}
			if batch == sweepBatches {
				s.More = true
				break
			}
		}
	}
	return s, nil
}
