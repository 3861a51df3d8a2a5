package database

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.EnterpriseStore = (*DB)(nil)

const enterpriseColumns = `id, account, uscc, name, legal_type, status,
	rep_name, rep_doc_type, rep_doc_number, rep_valid_from, rep_valid_to, phone,
	password_hash, proofing, as_of, account_epoch, enterprise_epoch, created_at, updated_at`

// The first of the accounts that an identifier may mean: who has it as USCC now,
// who has it as login name, who had it as USCC last. A login name that looks
// like another's USCC takes nothing from that other.
//
// Where there is none, a stand-in comes: reading a row takes longer than reading
// none, in SQLite by tens of microseconds, which outsiders who ask often enough
// can measure.
const findEnterprise = `SELECT ` + enterpriseColumns + ` FROM (
		SELECT ` + enterpriseColumns + `,
			CASE WHEN uscc = $2 AND status <> 'cancelled' THEN 0 WHEN account_folded = $1 THEN 1 ELSE 2 END AS place
		FROM enterprises WHERE (account_folded = $1 AND account_folded <> '') OR uscc = $2
		UNION ALL SELECT '', '', '', '', '', '', '', '', '', '', '', '', '', 0, '', 0, 0, 0, 0, 3) AS candidates
	ORDER BY place, created_at DESC
	LIMIT 1`

// FindEnterprise looks an account up by login name or USCC.
func (db *DB) FindEnterprise(ctx context.Context, identifier string) (*accounts.Enterprise, error) {
	const op = "find enterprise"
	if identifier == "" || !storable(identifier) {
		return nil, notFound(op)
	}
	return db.enterprise(ctx, op, findEnterprise, fold(identifier), strings.ToUpper(identifier))
}

// Enterprise reads an account.
func (db *DB) Enterprise(ctx context.Context, id accounts.EnterpriseID) (*accounts.Enterprise, error) {
	if !storable(string(id)) {
		return nil, notFound("read enterprise")
	}
	const query = `SELECT ` + enterpriseColumns + ` FROM enterprises WHERE id = $1`
	return db.enterprise(ctx, "read enterprise", query, string(id))
}

func (db *DB) enterprise(ctx context.Context, op, query string, args ...any) (*accounts.Enterprise, error) {
	var (
		e                           accounts.Enterprise
		repName, repDocument, phone []byte
		proofing, created, updated  int64
	)
	err := db.row(ctx, op, query, args,
		(*string)(&e.ID), &e.Account, &e.USCC, &e.Name, (*string)(&e.LegalType), (*string)(&e.Status),
		&repName, (*string)(&e.Representative.DocType), &repDocument,
		&e.Representative.ValidFrom, &e.Representative.ValidTo, &phone,
		&e.PasswordHash, &proofing, &e.AsOf, &e.Epochs.Account, &e.Epochs.Enterprise, &created, &updated)
	if err == nil && e.ID == "" {
		err = db.nobody(op, columnRepName, columnRepDocNumber, columnPhone)
	}
	if err != nil {
		return nil, err
	}
	e.Proofing, e.CreatedAt, e.UpdatedAt = accounts.LOA(proofing), timeOf(created), timeOf(updated)

	id := string(e.ID)
	name, errName := db.open(ctx, columnRepName, id, repName)
	document, errDocument := db.open(ctx, columnRepDocNumber, id, repDocument)
	number, errPhone := db.open(ctx, columnPhone, id, phone)
	if err := errors.Join(errName, errDocument, errPhone); err != nil {
		return nil, err
	}
	e.Representative.Name, e.Representative.DocNumber, e.Phone = string(name), string(document), string(number)
	return &e, nil
}

// nobody answers for the stand-in that was read, after as much work as opening
// these columns takes.
func (db *DB) nobody(op string, columns ...string) error {
	for _, column := range columns {
		db.seal(column, "00000000-0000-0000-0000-000000000000", []byte("220102199003070013"))
	}
	return notFound(op)
}

// CreateEnterprise inserts an account.
func (db *DB) CreateEnterprise(ctx context.Context, e *accounts.Enterprise) error {
	const query = `INSERT INTO enterprises (` + enterpriseColumns + `, account_folded, phone_index)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT DO NOTHING`
	n, err := db.exec(ctx, "create enterprise", query, db.enterpriseArgs(e)...)
	if err == nil && n == 0 {
		return conflict("create enterprise")
	}
	return err
}

// enterpriseArgs are the values of enterpriseColumns, account_folded and phone_index.
func (db *DB) enterpriseArgs(e *accounts.Enterprise) []any {
	id := string(e.ID)
	return []any{
		id, e.Account, e.USCC, e.Name, string(e.LegalType), string(e.Status),
		db.seal(columnRepName, id, []byte(e.Representative.Name)), string(e.Representative.DocType),
		db.seal(columnRepDocNumber, id, []byte(e.Representative.DocNumber)),
		e.Representative.ValidFrom, e.Representative.ValidTo, db.seal(columnPhone, id, []byte(e.Phone)),
		e.PasswordHash, int64(e.Proofing), e.AsOf, e.Epochs.Account, e.Epochs.Enterprise,
		millis(e.CreatedAt), millis(e.UpdatedAt), fold(e.Account), db.index(indexPhone, e.Phone),
	}
}

// SetEnterpriseStatus changes the state, and raises the enterprise epoch when
// the new one admits nobody.
func (db *DB) SetEnterpriseStatus(ctx context.Context, id accounts.EnterpriseID, s accounts.Status, now time.Time) error {
	const query = `UPDATE enterprises SET status = $2, updated_at = $3,
			enterprise_epoch = enterprise_epoch + CASE WHEN $4 THEN 1 ELSE 0 END
		WHERE id = $1 AND status <> $2`
	n, err := db.told(ctx, statusEvent(id, s, now), "set enterprise status", query, string(id), string(s), millis(now), !s.Admits())
	if err != nil || n > 0 {
		return err
	}
	_, err = db.Enterprise(ctx, id)
	return err
}

// SetEnterprisePassword replaces the hash if it still is old.
func (db *DB) SetEnterprisePassword(
	ctx context.Context, id accounts.EnterpriseID, old, hash string, raise bool, now time.Time,
) error {
	const query = `UPDATE enterprises SET password_hash = $3, updated_at = $4,
			account_epoch = account_epoch + CASE WHEN $5 THEN 1 ELSE 0 END
		WHERE id = $1 AND password_hash = $2`
	var ended *accounts.Event
	if raise {
		ended = sessionsEnded(id, now)
	}
	n, err := db.told(ctx, ended, "set enterprise password", query, string(id), old, hash, millis(now), raise)
	if err != nil || n > 0 {
		return err
	}
	if _, err := db.Enterprise(ctx, id); err != nil {
		return err
	}
	return conflict("set enterprise password")
}

// RaiseAccountEpoch ends every session and grant of the account.
func (db *DB) RaiseAccountEpoch(ctx context.Context, id accounts.EnterpriseID, now time.Time) error {
	const query = `UPDATE enterprises SET account_epoch = account_epoch + 1, updated_at = $2 WHERE id = $1`
	n, err := db.told(ctx, sessionsEnded(id, now), "raise account epoch", query, string(id), millis(now))
	if err == nil && n == 0 {
		return notFound("raise account epoch")
	}
	return err
}

// statusEvent is the event of a new state.
func statusEvent(id accounts.EnterpriseID, s accounts.Status, now time.Time) *accounts.Event {
	return &accounts.Event{
		Kind: accounts.EventEnterpriseStatus, Enterprise: id, Subject: string(id), At: now, Facts: accounts.EventFacts{Status: s},
	}
}

// sessionsEnded is the event of an enterprise's own account.
func sessionsEnded(id accounts.EnterpriseID, now time.Time) *accounts.Event {
	return &accounts.Event{Kind: accounts.EventSessionRevoked, Enterprise: id, Subject: string(id), At: now}
}

// fold makes login names comparable without regard to case.
func fold(account string) string { return strings.ToLower(account) }
