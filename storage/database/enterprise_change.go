package database

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.EnterpriseChanger = (*DB)(nil)

// ActivateEnterprise opens a pending account.
func (db *DB) ActivateEnterprise(ctx context.Context, a accounts.Activation) error {
	const query = `UPDATE enterprises SET status = $2, account = $3, account_folded = $4, phone = $5, phone_index = $6,
			password_hash = $7, proofing = $8, rep_valid_from = $9, rep_valid_to = $10,
			as_of = CASE WHEN $11 = '' THEN as_of ELSE $11 END, updated_at = $12,
			account_epoch = account_epoch + 1, enterprise_epoch = enterprise_epoch + 1
		WHERE id = $1 AND status = $13`
	n, err := db.told(ctx, statusEvent(a.ID, a.Status, a.Now), "activate enterprise", query,
		string(a.ID), string(a.Status), a.Account, fold(a.Account),
		db.seal(columnPhone, string(a.ID), []byte(a.Phone)), db.index(indexPhone, a.Phone),
		a.PasswordHash, int64(a.Proofing), a.ValidFrom, a.ValidTo, a.AsOf, millis(a.Now),
		string(accounts.StatusPendingActivation))
	if err == nil && n == 0 {
		return conflict("activate enterprise")
	}
	return err
}

// ChangeEnterprise changes what an account says of its enterprise.
func (db *DB) ChangeEnterprise(ctx context.Context, c accounts.EnterpriseChange) error {
	const query = `UPDATE enterprises SET name = $2, legal_type = $3, rep_name = $4, rep_doc_type = $5, rep_doc_number = $6,
			rep_valid_from = $7, rep_valid_to = $8, as_of = CASE WHEN $9 = '' THEN as_of ELSE $9 END, updated_at = $10,
			proofing = CASE WHEN $11 THEN $12 ELSE proofing END,
			account_epoch = account_epoch + CASE WHEN $11 THEN 1 ELSE 0 END,
			enterprise_epoch = enterprise_epoch + CASE WHEN $11 THEN 1 ELSE 0 END
		WHERE id = $1 AND account_epoch = $13 AND enterprise_epoch = $14 AND status IN ('active', 'restricted')`
	id := string(c.ID)
	n, err := db.exec(ctx, "change enterprise", query,
		id, c.Name, string(c.LegalType),
		db.seal(columnRepName, id, []byte(c.Representative.Name)), string(c.Representative.DocType),
		db.seal(columnRepDocNumber, id, []byte(c.Representative.DocNumber)),
		c.Representative.ValidFrom, c.Representative.ValidTo, c.AsOf, millis(c.Now),
		c.NewRepresentative, int64(c.Proofing), c.Epochs.Account, c.Epochs.Enterprise)
	if err == nil && n == 0 {
		return conflict("change enterprise")
	}
	return err
}

// SetEnterprisePhone binds another phone.
func (db *DB) SetEnterprisePhone(ctx context.Context, id accounts.EnterpriseID, phone string, now time.Time) error {
	const query = `UPDATE enterprises SET phone = $2, phone_index = $3, updated_at = $4 WHERE id = $1 AND status <> 'cancelled'`
	n, err := db.exec(ctx, "set enterprise phone", query,
		string(id), db.seal(columnPhone, string(id), []byte(phone)), db.index(indexPhone, phone), millis(now))
	return changed("set enterprise phone", n, err)
}

// enterprisesWithPhone says all that its index demands.
func enterprisesWithPhone(w words) string {
	return `SELECT COUNT(*) FROM enterprises WHERE phone_index = $1 AND phone_index <> ` + w.noBlob + ` AND status <> 'cancelled'`
}

// EnterprisesWithPhone counts the accounts that a phone is bound to.
func (db *DB) EnterprisesWithPhone(ctx context.Context, phone string) (int, error) {
	var n int64
	err := db.row(ctx, "count enterprises with phone", enterprisesWithPhone(db.engine.words()),
		[]any{db.index(indexPhone, phone)}, &n)
	return int(n), err
}

// SettleRegistration ends an account's waiting for the register.
func (db *DB) SettleRegistration(
	ctx context.Context, id accounts.EnterpriseID, s accounts.Status, asOf string, now time.Time,
) error {
	const query = `UPDATE enterprises SET status = $2, as_of = $3, updated_at = $4 WHERE id = $1 AND status = $5`
	n, err := db.told(ctx, statusEvent(id, s, now), "settle registration", query, string(id), string(s), asOf, millis(now), string(accounts.StatusWaiting))
	if err == nil && n == 0 {
		return conflict("settle registration")
	}
	return err
}

// The state is accounts.StatusWaiting, written out for the index.
const listWaiting = `SELECT id FROM enterprises WHERE status = 'waiting_register' AND looked_at < $1 ORDER BY looked_at LIMIT $2`

// WaitingEnterprises lists accounts that wait for the register.
func (db *DB) WaitingEnterprises(ctx context.Context, before time.Time, limit int) (all []*accounts.Enterprise, err error) {
	var ids []accounts.EnterpriseID
	err = db.list(ctx, "list waiting enterprises", listWaiting, []any{millis(before), int64(limit)},
		func() { ids = nil },
		func(r rows) error {
			var id string
			if err := r.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, accounts.EnterpriseID(id))
			return nil
		})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		e, err := db.Enterprise(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// Looked records that the register was asked.
func (db *DB) Looked(ctx context.Context, id accounts.EnterpriseID, now time.Time) error {
	const query = `UPDATE enterprises SET looked_at = $2 WHERE id = $1`
	_, err := db.exec(ctx, "looked", query, string(id), millis(now))
	return err
}
