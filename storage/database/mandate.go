package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.MandateStore = (*DB)(nil)

const mandateColumns = `id, enterprise_id, person_id, role, valid_from, valid_until, manager, services, state, epoch, revision,
	password_hash, preset, doc_from, doc_to, grantor, evidence, created_at, updated_at, invitee, invitee_index, confirm_by, subject`

// viewMandates reads mandates with both sides. There is no person while somebody
// is invited.
const viewMandates = `SELECT m.id, m.enterprise_id, m.person_id, m.role, m.valid_from, m.valid_until, m.manager, m.services, m.state,
		m.epoch, m.revision, m.password_hash, m.preset, m.doc_from, m.doc_to, m.grantor, m.evidence, m.created_at, m.updated_at, m.invitee, m.confirm_by,
		e.name, e.uscc, e.legal_type, e.status, e.enterprise_epoch,
		p.name, p.doc_type, p.doc_number, p.phone, p.status, p.account_epoch
	FROM mandates m JOIN enterprises e ON e.id = m.enterprise_id LEFT JOIN persons p ON p.id = m.person_id `

const (
	readMandate      = viewMandates + `WHERE m.id = $1`
	openMandate      = viewMandates + `WHERE m.enterprise_id = $1 AND m.person_id = $2 AND m.person_id <> '' AND m.state NOT IN ('revoked', 'declined')`
	mandatesOfPerson = viewMandates + `WHERE m.person_id = $1 AND m.person_id <> '' ORDER BY m.created_at DESC, m.id LIMIT 500`
	// The page after a row begins in the index there.
	agentsOf    = viewMandates + `WHERE m.enterprise_id = $1 AND (m.created_at, m.id) < ($2, $3) AND m.state NOT IN ('revoked', 'declined')` + agentsPage
	allAgentsOf = viewMandates + `WHERE m.enterprise_id = $1 AND (m.created_at, m.id) < ($2, $3)` + agentsPage
	agentsPage  = ` ORDER BY m.created_at DESC, m.id DESC LIMIT $4`
)

// invitations says all that its index demands.
const invitations = viewMandates + `WHERE m.invitee_index = $1 AND m.state = 'invited' ORDER BY m.created_at DESC, m.id LIMIT 100`

// Invitations lists what the holder of a document was offered.
func (db *DB) Invitations(ctx context.Context, document string) ([]*accounts.MandateView, error) {
	if document == "" {
		return nil, nil
	}
	return db.mandates(ctx, "list invitations", invitations, db.index(indexDocument, document))
}

const (
	endRepresentatives = `UPDATE mandates SET state = 'revoked', epoch = epoch + 1, revision = revision + 1, updated_at = $2
		WHERE enterprise_id = $1 AND role = 'legal_representative' AND state NOT IN ('revoked', 'declined')
		RETURNING id, person_id, valid_from, valid_until, manager`
	unconfirmMandates = `UPDATE mandates SET confirm_by = $3, revision = revision + 1, updated_at = $2
		WHERE enterprise_id = $1 AND role <> 'legal_representative' AND state NOT IN ('revoked', 'declined')`
)

// RepresentativeChanged ends the mandates by the register, and has the others wait.
func (db *DB) RepresentativeChanged(ctx context.Context, id accounts.EnterpriseID, confirmBy string, now time.Time) error {
	return db.InTx(ctx, func(tx *DB) error {
		if err := tx.endRepresentatives(ctx, id, now); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "unconfirm mandates", unconfirmMandates, string(id), millis(now), confirmBy); err != nil {
			return err
		}
		return tx.tell(ctx, &accounts.Event{
			Kind: accounts.EventRepresentativeChanged, Enterprise: id, Subject: string(id), At: now,
			Facts: accounts.EventFacts{ConfirmBy: confirmBy},
		})
	})
}

func (db *DB) endRepresentatives(ctx context.Context, id accounts.EnterpriseID, now time.Time) error {
	var ended []*accounts.Mandate
	err := db.listing(ctx, "end representatives", endRepresentatives, []any{string(id), millis(now)},
		func() { ended = nil },
		func(r rows) error {
			m := &accounts.Mandate{Enterprise: id, State: accounts.MandateRevoked}
			err := r.Scan(&m.ID, (*string)(&m.Person), &m.ValidFrom, &m.ValidUntil, &m.Manager)
			ended = append(ended, m)
			return err
		})
	for _, m := range ended {
		if e := accounts.MandateChange(nil, m, now); e != nil && err == nil {
			err = db.tell(ctx, e)
		}
	}
	return err
}

// Mandate reads one.
func (db *DB) Mandate(ctx context.Context, id string) (*accounts.MandateView, error) {
	if !storable(id) {
		return nil, notFound("read mandate")
	}
	return db.oneMandate(ctx, "read mandate", readMandate, id)
}

// OpenMandate is the one that stands between the two.
func (db *DB) OpenMandate(ctx context.Context, e accounts.EnterpriseID, p accounts.PersonID) (*accounts.MandateView, error) {
	return db.oneMandate(ctx, "find open mandate", openMandate, string(e), string(p))
}

// MandatesOf lists a person's mandates.
func (db *DB) MandatesOf(ctx context.Context, id accounts.PersonID) ([]*accounts.MandateView, error) {
	return db.mandates(ctx, "list mandates of person", mandatesOfPerson, string(id))
}

// Agents lists an enterprise's mandates, a page.
func (db *DB) Agents(ctx context.Context, q accounts.AgentQuery) ([]*accounts.MandateView, error) {
	query := agentsOf
	if q.Ended {
		query = allAgentsOf
	}
	return db.mandates(ctx, "list agents", query, string(q.Enterprise), afterOf(q), q.AfterID, int64(q.Limit))
}

// afterOf is where a page begins.
func afterOf(q accounts.AgentQuery) int64 {
	const endless = int64(1) << 62
	if q.AfterCreated.IsZero() {
		return endless
	}
	return millis(q.AfterCreated)
}

func (db *DB) oneMandate(ctx context.Context, op, query string, args ...any) (*accounts.MandateView, error) {
	list, err := db.mandates(ctx, op, query, args...)
	if err == nil && len(list) == 0 {
		return nil, notFound(op)
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// mandates reads rows and opens them afterwards: no rows may be open then.
func (db *DB) mandates(ctx context.Context, op, query string, args ...any) ([]*accounts.MandateView, error) {
	var found []*mandateRow
	err := db.list(ctx, op, query, args,
		func() { found = nil },
		func(r rows) error {
			m := &mandateRow{}
			found = append(found, m)
			return r.Scan(m.dest()...)
		})
	if err != nil {
		return nil, err
	}
	views := make([]*accounts.MandateView, 0, len(found))
	for _, m := range found {
		if err := m.open(ctx, db); err != nil {
			return nil, err
		}
		views = append(views, &m.view)
	}
	return views, nil
}

// mandateRow is a row of viewMandates before it is opened.
type mandateRow struct {
	view                  accounts.MandateView
	services              string
	created, updated      int64
	invitee               []byte
	name, document, phone []byte
	docType, status       *string
	personEpoch           *int64
}

func (r *mandateRow) dest() []any {
	m := &r.view
	return []any{
		&m.ID, (*string)(&m.Enterprise), (*string)(&m.Person), (*string)(&m.Role), &m.ValidFrom, &m.ValidUntil, &m.Manager, &r.services,
		(*string)(&m.State), &m.Epoch, &m.Revision, &m.PasswordHash, &m.Preset, &m.DocFrom, &m.DocTo, &m.Grantor, &m.Evidence,
		&r.created, &r.updated, &r.invitee, &m.ConfirmBy,
		&m.Company, &m.USCC, (*string)(&m.LegalType), (*string)(&m.EnterpriseStatus), &m.EnterpriseEpoch,
		&r.name, &r.docType, &r.document, &r.phone, &r.status, &r.personEpoch,
	}
}

func (r *mandateRow) open(ctx context.Context, db *DB) error {
	m := &r.view
	m.Services = split(r.services)
	m.CreatedAt, m.UpdatedAt = timeOf(r.created), timeOf(r.updated)
	if len(r.invitee) > 0 {
		text, err := db.open(ctx, columnInvitee, m.ID, r.invitee)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &m.Invitee); err != nil {
			return fmt.Errorf("database: invitee of %s: %w", m.ID, err)
		}
	}
	if r.status == nil {
		if i := m.Invitee; i != nil {
			m.Name, m.DocType, m.DocNumber, m.Phone = i.Name, i.DocType, i.DocNumber, i.Phone
		}
		return nil
	}
	m.PersonStatus, m.DocType, m.PersonEpoch = accounts.Status(*r.status), accounts.DocType(*r.docType), *r.personEpoch
	if m.PersonStatus == accounts.StatusCancelled {
		return nil // the row knows nothing more of the person
	}
	id := string(m.Person)
	name, errName := db.open(ctx, columnPersonName, id, r.name)
	document, errDocument := db.open(ctx, columnPersonDocNumber, id, r.document)
	phone, errPhone := db.open(ctx, columnPersonPhone, id, r.phone)
	m.Name, m.DocNumber, m.Phone = string(name), string(document), string(phone)
	return errors.Join(errName, errDocument, errPhone)
}

// mandateArgs are the values of mandateColumns.
func (db *DB) mandateArgs(m *accounts.Mandate) ([]any, error) {
	services, err := joined(m.Services)
	if err != nil {
		return nil, err
	}
	subject, invitee, index := "", []byte{}, []byte{}
	if m.Person != "" {
		subject = accounts.AgentSubject(m.Enterprise, m.Person)
	}
	if m.Invitee != nil {
		text, err := json.Marshal(m.Invitee)
		if err != nil {
			return nil, fmt.Errorf("database: invitee: %w", err)
		}
		invitee = db.seal(columnInvitee, m.ID, text)
		index = db.index(indexDocument, m.Invitee.DocumentKey())
	}
	return []any{
		m.ID, string(m.Enterprise), string(m.Person), string(m.Role), m.ValidFrom, m.ValidUntil, m.Manager, services,
		string(m.State), m.Epoch, m.Revision, m.PasswordHash, m.Preset, m.DocFrom, m.DocTo, m.Grantor, m.Evidence,
		millis(m.CreatedAt), millis(m.UpdatedAt), invitee, index, m.ConfirmBy, subject,
	}, nil
}

// CreateMandate inserts a mandate.
func (db *DB) CreateMandate(ctx context.Context, m *accounts.Mandate) error {
	const query = `INSERT INTO mandates (` + mandateColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) ON CONFLICT DO NOTHING`
	args, err := db.mandateArgs(m)
	if err != nil {
		return err
	}
	n, err := db.told(ctx, accounts.MandateChange(nil, m, m.UpdatedAt), "create mandate", query, args...)
	if err == nil && n == 0 {
		return conflict("create mandate")
	}
	return err
}

// changeMandate leaves id, enterprise, role and created_at as they are.
const changeMandate = `UPDATE mandates SET person_id = $3, valid_from = $5, valid_until = $6, manager = $7, services = $8,
		state = $9, epoch = $10, revision = $11 + 1, password_hash = $12, preset = $13, doc_from = $14, doc_to = $15,
		grantor = $16, evidence = $17, updated_at = $19, invitee = $20, invitee_index = $21, confirm_by = $22, subject = $23
	WHERE id = $1 AND enterprise_id = $2 AND role = $4 AND created_at = $18 AND revision = $11`

// ChangeMandate writes what may change, if nobody came first.
func (db *DB) ChangeMandate(ctx context.Context, m *accounts.Mandate) error {
	args, err := db.mandateArgs(m)
	if err != nil {
		return err
	}
	err = db.InTx(ctx, func(tx *DB) error {
		old, err := tx.termsOf(ctx, m.ID, m.Revision)
		if err != nil {
			return err
		}
		n, err := tx.exec(ctx, "change mandate", changeMandate, args...)
		switch event := accounts.MandateChange(old, m, m.UpdatedAt); {
		case err != nil:
			return err
		case n == 0:
			return conflict("change mandate")
		case event == nil:
			return nil
		default:
			return tx.tell(ctx, event)
		}
	})
	if err != nil {
		return err
	}
	m.Revision++
	return nil
}

const raiseMandateEpoch = `UPDATE mandates SET epoch = epoch + 1, revision = revision + 1, updated_at = $2 WHERE id = $1
	RETURNING enterprise_id, person_id`

// RaiseMandateEpoch ends every session and grant of an agent.
func (db *DB) RaiseMandateEpoch(ctx context.Context, id string, now time.Time) error {
	return db.InTx(ctx, func(tx *DB) error {
		var e accounts.Event
		if err := tx.returning(ctx, "raise mandate epoch", raiseMandateEpoch, []any{id, millis(now)}, (*string)(&e.Enterprise), (*string)(&e.Person)); err != nil {
			return err
		}
		if e.Person == "" {
			return nil // nobody has accepted
		}
		return tx.tell(ctx, &accounts.Event{
			Kind: accounts.EventSessionRevoked, Enterprise: e.Enterprise, Subject: accounts.AgentSubject(e.Enterprise, e.Person), At: now,
		})
	})
}

// RecordMandate adds to the history.
func (db *DB) RecordMandate(ctx context.Context, e *accounts.MandateEvent) error {
	const query = `INSERT INTO mandate_events (id, mandate_id, enterprise_id, action, actor_type, actor,
			valid_from, valid_until, manager, services, evidence, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	services, err := joined(e.Services)
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "record mandate", query, e.ID, e.Mandate, string(e.Enterprise), string(e.Action), string(e.ActorType), e.Actor,
		e.ValidFrom, e.ValidUntil, e.Manager, services, e.Evidence, millis(e.At))
	return err
}

const mandateHistory = `SELECT id, mandate_id, enterprise_id, action, actor_type, actor, valid_from, valid_until, manager, services, evidence, at
	FROM mandate_events WHERE mandate_id = $1 ORDER BY at DESC, id LIMIT 200`

// MandateHistory lists what happened to a mandate.
func (db *DB) MandateHistory(ctx context.Context, id string) (all []*accounts.MandateEvent, err error) {
	err = db.list(ctx, "list mandate history", mandateHistory, []any{id},
		func() { all = nil },
		func(r rows) error {
			var (
				e        accounts.MandateEvent
				services string
				at       int64
			)
			err := r.Scan(&e.ID, &e.Mandate, (*string)(&e.Enterprise), (*string)(&e.Action), (*string)(&e.ActorType), &e.Actor,
				&e.ValidFrom, &e.ValidUntil, &e.Manager, &services, &e.Evidence, &at)
			e.Services, e.At = split(services), timeOf(at)
			all = append(all, &e)
			return err
		})
	return all, err
}
