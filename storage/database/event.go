package database

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

const insertEvent = `INSERT INTO events (id, kind, enterprise_id, uscc, person_id, subject, facts, at, spread_at)
	VALUES ($1, $2, $3, COALESCE((SELECT uscc FROM enterprises WHERE id = $3), ''), $4, $5, $6, $7, 0)`

// tell writes an event down, in the transaction of what it tells of. Who hears of
// it is decided later.
func (db *DB) tell(ctx context.Context, e *accounts.Event) error {
	facts, err := json.Marshal(e.Facts)
	if err != nil {
		return fmt.Errorf("database: event: %w", err)
	}
	_, err = db.exec(ctx, "tell event", insertEvent, uuid.Must(uuid.NewV7()).String(), string(e.Kind), string(e.Enterprise),
		string(e.Person), e.Subject, string(facts), millis(e.At))
	return err
}

// told makes a change and, if it changed a row, writes the event down that tells of
// it, both or neither; a nil event tells nothing.
func (db *DB) told(ctx context.Context, e *accounts.Event, op, query string, args ...any) (n int64, err error) {
	if e == nil {
		return db.exec(ctx, op, query, args...)
	}
	err = db.InTx(ctx, func(tx *DB) error {
		if n, err = tx.exec(ctx, op, query, args...); err != nil || n == 0 {
			return err
		}
		return tx.tell(ctx, e)
	})
	return n, err
}

// mandateTerms is what an event about a mandate is made from.
const mandateTerms = `SELECT enterprise_id, person_id, state, valid_from, valid_until, manager, services, confirm_by, epoch
	FROM mandates WHERE id = $1 AND revision = $2`

// termsOf reads them as they were at a revision; accounts.ErrConflict if it is
// another by now.
func (db *DB) termsOf(ctx context.Context, id string, revision int64) (*accounts.Mandate, error) {
	m := &accounts.Mandate{ID: id}
	found := false
	err := db.list(ctx, "read mandate terms", mandateTerms, []any{id, revision},
		func() { found = false },
		func(r rows) error {
			found = true
			var services string
			err := r.Scan((*string)(&m.Enterprise), (*string)(&m.Person), (*string)(&m.State), &m.ValidFrom, &m.ValidUntil,
				&m.Manager, &services, &m.ConfirmBy, &m.Epoch)
			m.Services = split(services)
			return err
		})
	if err == nil && !found {
		return nil, conflict("change mandate")
	}
	return m, err
}
