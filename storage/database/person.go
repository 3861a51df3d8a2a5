package database

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.PersonStore = (*DB)(nil)

const personColumns = `id, name, doc_type, doc_number, doc_valid_from, doc_valid_to, phone,
	password_hash, status, proofing, account_epoch, closing_at, created_at, updated_at`

// Labels of blind indexes. A phone has one wherever it stands.
const (
	indexDocument = "persons.document"
	indexPhone    = "phone"
)

// index is the keyed hash that a sealed value is looked up by; of nothing it is
// empty, and nothing is found by that.
func (db *DB) index(label, value string) []byte {
	if value == "" {
		return []byte{}
	}
	return db.box.Index(label, []byte(value))
}

// Nobody's index is empty whose account stands. A stand-in comes as in
// findEnterprise.
const findPerson = `SELECT ` + personColumns + ` FROM (
		SELECT ` + personColumns + `, CASE WHEN phone_index = $1 THEN 0 ELSE 1 END AS place FROM persons
		WHERE id IN (
			SELECT id FROM persons WHERE phone_index = $1 AND status <> 'cancelled'
			UNION SELECT id FROM persons WHERE doc_index IN ($2, $3, $4, $5, $6, $7) AND status <> 'cancelled')
		UNION ALL SELECT '', '', '', '', '', '', '', '', '', 0, 0, 0, 0, 0, 2) AS candidates
	ORDER BY place, created_at
	LIMIT 1`

// FindPerson looks a person up by phone or document.
func (db *DB) FindPerson(ctx context.Context, by accounts.PersonIdentifier) (*accounts.Person, error) {
	args := []any{db.index(indexPhone, by.Phone)}
	for i := range accounts.MaxDocuments {
		document := ""
		if i < len(by.Documents) {
			document = by.Documents[i]
		}
		args = append(args, db.index(indexDocument, document))
	}
	return db.person(ctx, "find person", findPerson, args...)
}

// Person reads an account.
func (db *DB) Person(ctx context.Context, id accounts.PersonID) (*accounts.Person, error) {
	if !storable(string(id)) {
		return nil, notFound("read person")
	}
	const query = `SELECT ` + personColumns + ` FROM persons WHERE id = $1`
	return db.person(ctx, "read person", query, string(id))
}

func (db *DB) person(ctx context.Context, op, query string, args ...any) (*accounts.Person, error) {
	var (
		p                                   accounts.Person
		name, document, phone               []byte
		proofing, closing, created, updated int64
	)
	err := db.row(ctx, op, query, args,
		(*string)(&p.ID), &name, (*string)(&p.DocType), &document, &p.ValidFrom, &p.ValidTo, &phone,
		&p.PasswordHash, (*string)(&p.Status), &proofing, &p.Epoch, &closing, &created, &updated)
	if err == nil && p.ID == "" {
		err = db.nobody(op, columnPersonName, columnPersonDocNumber, columnPersonPhone)
	}
	if err != nil {
		return nil, err
	}
	id := string(p.ID)
	openName, errName := db.open(ctx, columnPersonName, id, name)
	openDocument, errDocument := db.open(ctx, columnPersonDocNumber, id, document)
	openPhone, errPhone := db.open(ctx, columnPersonPhone, id, phone)
	if err := errors.Join(errName, errDocument, errPhone); err != nil {
		return nil, err
	}
	p.Name, p.DocNumber, p.Phone = string(openName), string(openDocument), string(openPhone)
	p.Proofing, p.ClosingAt = accounts.LOA(proofing), timeOf(closing)
	p.CreatedAt, p.UpdatedAt = timeOf(created), timeOf(updated)
	return &p, nil
}

const (
	countPersonsWithPhone = `SELECT COUNT(*) FROM persons WHERE phone_index = $1 AND status <> 'cancelled'`
	listClosedPersons     = `SELECT id FROM persons
		WHERE closing_at > 0 AND closing_at <= $1 AND status <> 'cancelled' ORDER BY closing_at LIMIT $2`
)

// PersonsWithPhone counts the accounts that a phone is bound to.
func (db *DB) PersonsWithPhone(ctx context.Context, phone string) (int, error) {
	var n int64
	err := db.row(ctx, "count persons with phone", countPersonsWithPhone, []any{db.index(indexPhone, phone)}, &n)
	return int(n), err
}

// HoldPhone waits for the transactions about the same phone. Two phones may share
// a number, which costs a wait.
func (db *DB) HoldPhone(ctx context.Context, phone string) error {
	query := db.engine.words().holdNumber
	if query == "" || phone == "" {
		return nil
	}
	number := binary.BigEndian.Uint64(db.index(indexPhone, phone))
	_, err := db.exec(ctx, "hold phone", query, int64(number)) //nolint:gosec // any 64 bits do
	return err
}

// CreatePerson inserts an account.
func (db *DB) CreatePerson(ctx context.Context, p *accounts.Person) error {
	const query = `INSERT INTO persons (` + personColumns + `, doc_index, phone_index)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT DO NOTHING`
	id := string(p.ID)
	n, err := db.exec(ctx, "create person", query,
		id, db.seal(columnPersonName, id, []byte(p.Name)), string(p.DocType),
		db.seal(columnPersonDocNumber, id, []byte(p.DocNumber)), p.ValidFrom, p.ValidTo,
		db.seal(columnPersonPhone, id, []byte(p.Phone)), p.PasswordHash, string(p.Status), int64(p.Proofing),
		p.Epoch, millis(p.ClosingAt), millis(p.CreatedAt), millis(p.UpdatedAt),
		db.index(indexDocument, p.DocumentKey()), db.index(indexPhone, p.Phone))
	if err == nil && n == 0 {
		return conflict("create person")
	}
	return err
}

// SetPersonPassword replaces the hash if it still is old.
func (db *DB) SetPersonPassword(
	ctx context.Context, id accounts.PersonID, old, hash string, raise bool, now time.Time,
) error {
	const query = `UPDATE persons SET password_hash = $3, updated_at = $4,
			account_epoch = account_epoch + CASE WHEN $5 THEN 1 ELSE 0 END
		WHERE id = $1 AND password_hash = $2`
	n, err := db.told(ctx, personEnded(id, raise, now), "set person password", query, string(id), old, hash, millis(now), raise)
	if err != nil || n > 0 {
		return err
	}
	if _, err := db.Person(ctx, id); err != nil {
		return err
	}
	return conflict("set person password")
}

// personEnded is the event of a person's sessions that end; nil if they do not.
func personEnded(id accounts.PersonID, ended bool, now time.Time) *accounts.Event {
	if !ended {
		return nil
	}
	return &accounts.Event{Kind: accounts.EventSessionRevoked, Person: id, At: now}
}

// changed is the answer to a change of one person's row.
func changed(op string, n int64, err error) error {
	if err == nil && n == 0 {
		return notFound(op)
	}
	return err
}

// SetPersonPhone binds another phone.
func (db *DB) SetPersonPhone(ctx context.Context, id accounts.PersonID, phone string, now time.Time) error {
	const query = `UPDATE persons SET phone = $2, phone_index = $3, updated_at = $4 WHERE id = $1 AND status <> 'cancelled'`
	n, err := db.exec(ctx, "set person phone", query,
		string(id), db.seal(columnPersonPhone, string(id), []byte(phone)), db.index(indexPhone, phone), millis(now))
	return changed("set person phone", n, err)
}

// SetPersonClosing sets when the account ends.
func (db *DB) SetPersonClosing(ctx context.Context, id accounts.PersonID, at time.Time, raise bool, now time.Time) error {
	const query = `UPDATE persons SET closing_at = $2, updated_at = $3,
			account_epoch = account_epoch + CASE WHEN $4 THEN 1 ELSE 0 END
		WHERE id = $1 AND status <> 'cancelled'`
	n, err := db.told(ctx, personEnded(id, raise, now), "set person closing", query, string(id), millis(at), millis(now), raise)
	return changed("set person closing", n, err)
}

const (
	setPersonStatus = `UPDATE persons SET status = $2, updated_at = $3,
			account_epoch = account_epoch + CASE WHEN $4 THEN 1 ELSE 0 END
		WHERE id = $1 AND status <> $2 AND status <> 'cancelled'`
	// Of a cancelled account nothing is kept that was known of the person.
	cancelPerson = `UPDATE persons SET status = 'cancelled', updated_at = $2, account_epoch = account_epoch + 1,
			name = $3, doc_number = $4, phone = $5, doc_index = $6, phone_index = $6,
			doc_valid_from = '', doc_valid_to = '', password_hash = ''
		WHERE id = $1 AND status <> 'cancelled'`
	cancelClosedPerson = cancelPerson + ` AND closing_at > 0 AND closing_at <= $2`
)

func (db *DB) cancelArgs(id accounts.PersonID, now time.Time) []any {
	return []any{
		string(id), millis(now), db.seal(columnPersonName, string(id), nil), db.seal(columnPersonDocNumber, string(id), nil),
		db.seal(columnPersonPhone, string(id), nil),
		[]byte{},
	}
}

// SetPersonStatus changes the state.
func (db *DB) SetPersonStatus(ctx context.Context, id accounts.PersonID, s accounts.Status, now time.Time) error {
	query, args := setPersonStatus, []any{string(id), string(s), millis(now), !s.Admits()}
	if s == accounts.StatusCancelled {
		query, args = cancelPerson, db.cancelArgs(id, now)
	}
	n, err := db.told(ctx, personEnded(id, !s.Admits(), now), "set person status", query, args...)
	if err != nil || n > 0 {
		return err
	}
	_, err = db.Person(ctx, id)
	return err
}

// EndClosed cancels accounts whose cooling period is over, at most so many at
// once. One whose holder comes back at the same moment stays.
func (db *DB) EndClosed(ctx context.Context, now time.Time, limit int) error {
	ids, err := db.closedPersons(ctx, now, limit)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := db.told(ctx, personEnded(id, true, now), "end closed person", cancelClosedPerson, db.cancelArgs(id, now)...); err != nil {
			return err
		}
	}
	return nil
}

// RaisePersonEpoch ends every session and grant of the account.
func (db *DB) RaisePersonEpoch(ctx context.Context, id accounts.PersonID, now time.Time) error {
	const query = `UPDATE persons SET account_epoch = account_epoch + 1, updated_at = $2 WHERE id = $1`
	n, err := db.told(ctx, personEnded(id, true, now), "raise person epoch", query, string(id), millis(now))
	return changed("raise person epoch", n, err)
}

func (db *DB) closedPersons(ctx context.Context, now time.Time, limit int) (ids []accounts.PersonID, err error) {
	err = db.list(ctx, "list closed persons", listClosedPersons, []any{millis(now), int64(limit)},
		func() { ids = nil },
		func(r rows) error {
			var id string
			if err := r.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, accounts.PersonID(id))
			return nil
		})
	return ids, err
}
