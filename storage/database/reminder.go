package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

var (
	_ accounts.EndingReader    = (*DB)(nil)
	_ accounts.MandateReminder = (*DB)(nil)
)

// endingMandates says all that its index demands. A reminder counts for the end
// that it was sent for.
const endingMandates = `SELECT m.id, m.valid_until, m.created_at, COALESCE(r.days, 0)
	FROM mandates m JOIN enterprises e ON e.id = m.enterprise_id JOIN persons p ON p.id = m.person_id
		LEFT JOIN mandate_reminders r ON r.mandate_id = m.id AND r.valid_until = m.valid_until
	WHERE m.state = 'active' AND m.valid_until <> '' AND (m.valid_until, m.id) > ($1, $2) AND m.valid_until <= $3
		AND ` + enterpriseAdmits + ` AND ` + personAdmits + `
	ORDER BY m.valid_until, m.id LIMIT $4`

// EndingMandates lists mandates that end soon.
func (db *DB) EndingMandates(ctx context.Context, after accounts.Ending, until string, limit int) (all []accounts.Ending, err error) {
	err = db.list(ctx, "list ending mandates", endingMandates, []any{after.ValidUntil, after.Mandate, until, int64(limit)},
		func() { all = nil },
		func(r rows) error {
			var (
				e             accounts.Ending
				created, days int64
			)
			err := r.Scan(&e.Mandate, &e.ValidUntil, &created, &days)
			e.CreatedAt, e.Reminded = timeOf(created), int(days)
			all = append(all, e)
			return err
		})
	return all, err
}

const remindMandate = `INSERT INTO mandate_reminders AS r (mandate_id, valid_until, days) VALUES ($1, $2, $3)
	ON CONFLICT (mandate_id) DO UPDATE SET valid_until = excluded.valid_until, days = excluded.days
	WHERE r.valid_until <> excluded.valid_until OR r.days > excluded.days`

// RemindMandate records a reminder, once.
func (db *DB) RemindMandate(ctx context.Context, id, validUntil string, days int) error {
	n, err := db.exec(ctx, "remind mandate", remindMandate, id, validUntil, int64(days))
	if err == nil && n == 0 {
		return conflict("remind mandate")
	}
	return err
}
