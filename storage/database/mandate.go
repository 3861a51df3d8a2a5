package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.MandateStore = (*DB)(nil)

// CreateMandate inserts a mandate.
func (db *DB) CreateMandate(ctx context.Context, m *accounts.Mandate) error {
	const query = `INSERT INTO mandates (id, enterprise_id, person_id, valid_from, valid_until, manager, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	n, err := db.exec(ctx, "create mandate", query, m.ID, string(m.Enterprise), string(m.Person), m.ValidFrom, m.ValidUntil,
		m.Manager, string(m.State), millis(m.CreatedAt), millis(m.UpdatedAt))
	if err == nil && n == 0 {
		return conflict("create mandate")
	}
	return err
}

const mandatesOfPerson = `SELECT m.id, m.enterprise_id, m.person_id, m.valid_from, m.valid_until, m.manager, m.state,
		m.created_at, m.updated_at, e.name, e.uscc
	FROM mandates m JOIN enterprises e ON e.id = m.enterprise_id
	WHERE m.person_id = $1 ORDER BY m.created_at DESC, m.id LIMIT 500`

// MandatesOf lists a person's mandates.
func (db *DB) MandatesOf(ctx context.Context, id accounts.PersonID) (all []*accounts.Mandate, err error) {
	err = db.list(ctx, "list mandates of person", mandatesOfPerson, []any{string(id)},
		func() { all = nil },
		func(r rows) error {
			var (
				m                accounts.Mandate
				created, updated int64
			)
			err := r.Scan(&m.ID, (*string)(&m.Enterprise), (*string)(&m.Person), &m.ValidFrom, &m.ValidUntil, &m.Manager,
				(*string)(&m.State), &created, &updated, &m.EnterpriseName, &m.USCC)
			m.CreatedAt, m.UpdatedAt = timeOf(created), timeOf(updated)
			all = append(all, &m)
			return err
		})
	return all, err
}
