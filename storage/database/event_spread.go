package database

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.EventSpreader = (*DB)(nil)

const (
	eventColumns = `events.id, events.kind, events.enterprise_id, events.uscc, events.person_id, events.subject, events.facts, events.at`
	newEvents    = `SELECT ` + eventColumns + ` FROM events WHERE spread_at = 0 ORDER BY id LIMIT $1`
)

// eventRow is an event before its facts are read.
type eventRow struct {
	event accounts.Event
	facts string
	at    int64
}

func (r *eventRow) dest() []any {
	e := &r.event
	return []any{
		&e.ID, (*string)(&e.Kind), (*string)(&e.Enterprise), &e.USCC, (*string)(&e.Person), &e.Subject, &r.facts, &r.at,
	}
}

func (r *eventRow) open() error {
	r.event.At = timeOf(r.at)
	if err := json.Unmarshal([]byte(r.facts), &r.event.Facts); err != nil {
		return fmt.Errorf("database: event %s: %w", r.event.ID, err)
	}
	return nil
}

// NewEvents lists events of which nobody has heard.
func (db *DB) NewEvents(ctx context.Context, limit int) (all []*accounts.Event, err error) {
	err = db.list(ctx, "list new events", newEvents, []any{int64(limit)},
		func() { all = nil },
		func(r rows) error {
			var row eventRow
			if err := r.Scan(row.dest()...); err != nil {
				return err
			}
			all = append(all, &row.event)
			return row.open()
		})
	return all, err
}

// livingAt are the grants that were given before an instant and had not ended. What
// an epoch ended counts: who held it is who is to hear.
const livingAt = ` AND revoked_at = 0 AND created_at <= $1 AND expires_at > $1`

// acquainted says all that its index demands.
func acquainted(clients int) string {
	return `SELECT DISTINCT client_id FROM grants WHERE enterprise_id = $2 AND enterprise_id <> ''
		AND client_id IN (` + placeholders(3, clients) + `)` + livingAt
}

func holders(subjects, clients int) string {
	return `SELECT DISTINCT client_id, subject FROM grants WHERE subject IN (` + placeholders(2, subjects) + `)
		AND client_id IN (` + placeholders(2+subjects, clients) + `)` + livingAt + ` ORDER BY client_id, subject`
}

// heardChunk is how many portals one statement asks about.
const heardChunk = 500

// Acquainted lists which portals have to do with an enterprise.
func (db *DB) Acquainted(ctx context.Context, id accounts.EnterpriseID, clients []string, at time.Time) (all []string, err error) {
	for len(clients) > 0 && err == nil && id != "" {
		n := min(len(clients), heardChunk)
		args := []any{millis(at), string(id)}
		for _, c := range clients[:n] {
			args = append(args, c)
		}
		clients = clients[n:]
		before := len(all)
		err = db.list(ctx, "list acquainted clients", acquainted(n), args,
			func() { all = all[:before] },
			func(r rows) error {
				var client string
				err := r.Scan(&client)
				all = append(all, client)
				return err
			})
	}
	return all, err
}

// Holders lists which portals hold grants of which subjects.
func (db *DB) Holders(ctx context.Context, subjects, clients []string, at time.Time) (all []accounts.Acquaintance, err error) {
	for len(clients) > 0 && err == nil && len(subjects) > 0 {
		n := min(len(clients), heardChunk)
		args := []any{millis(at)}
		for _, list := range [][]string{subjects, clients[:n]} {
			for _, v := range list {
				args = append(args, v)
			}
		}
		clients = clients[n:]
		before := len(all)
		err = db.list(ctx, "list holders", holders(len(subjects), n), args,
			func() { all = all[:before] },
			func(r rows) error {
				var a accounts.Acquaintance
				err := r.Scan(&a.Client, &a.Subject)
				all = append(all, a)
				return err
			})
	}
	return all, err
}

const subjectsOf = `SELECT enterprise_id FROM mandates WHERE person_id = $1 AND person_id <> '' ORDER BY created_at DESC, id LIMIT 500`

// SubjectsOf are the subjects that a person acts under.
func (db *DB) SubjectsOf(ctx context.Context, id accounts.PersonID) (all []string, err error) {
	seen := map[string]bool{}
	err = db.list(ctx, "list subjects of person", subjectsOf, []any{string(id)},
		func() { all, seen = []string{string(id)}, map[string]bool{} },
		func(r rows) error {
			var enterprise string
			if err := r.Scan(&enterprise); err != nil || seen[enterprise] {
				return err
			}
			seen[enterprise] = true
			all = append(all, accounts.AgentSubject(accounts.EnterpriseID(enterprise), id))
			return nil
		})
	return all, err
}

const (
	insertDelivery = `INSERT INTO event_deliveries (id, event_id, client_id, subject, state, tries, due_at, expires_at, changed_at, outcome)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, '') ON CONFLICT DO NOTHING`
	markSpread = `UPDATE events SET spread_at = $2 WHERE id = $1 AND spread_at = 0`
)

// SpreadEvent records who hears of an event. Of two replicas that do it at once one
// records.
func (db *DB) SpreadEvent(ctx context.Context, id string, deliveries []accounts.EventDelivery, now time.Time) error {
	return db.InTx(ctx, func(tx *DB) error {
		n, err := tx.exec(ctx, "mark event spread", markSpread, id, max(millis(now), 1))
		if err != nil || n == 0 {
			return err
		}
		for _, d := range deliveries {
			_, err := tx.exec(ctx, "insert delivery", insertDelivery, d.ID, id, d.Client, d.Subject, string(d.State),
				millis(d.DueAt), millis(d.ExpiresAt), millis(now))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
