package database

import (
	"context"
	"fmt"
	"strings"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.MandateAsker = (*DB)(nil)

// agentKind is what the person of a question is named by.
type agentKind int

const (
	bySubject agentKind = iota
	byPerson
	byPhone
	byDocument
	agentKinds
)

// askChunk is how many questions one statement answers.
const askChunk = 250

// askedMandate is the one that stands between the two, or the last one that did.
// What was only offered or asked for is none; nobody granted it.
const askedMandate = `m.id = (SELECT x.id FROM mandates x WHERE %s AND x.state NOT IN ('invited', 'requested', 'declined')
			AND (x.state <> 'revoked' OR x.grantor <> '')
		ORDER BY CASE WHEN x.state = 'revoked' THEN 1 ELSE 0 END, x.created_at DESC LIMIT 1)`

// askMandates answers n questions, each of its number, a USCC and a key. An
// enterprise whose account has ended counts only while there is no other with that
// code.
func askMandates(w words, kind agentKind, n int) string {
	keyType := "TEXT"
	if kind == byPhone || kind == byDocument {
		keyType = w.blob
	}
	var rows strings.Builder
	for i := range n {
		if i > 0 {
			rows.WriteString(", ")
		}
		at := 3 * i
		fmt.Fprintf(&rows, "(CAST($%d AS BIGINT), CAST($%d AS TEXT), CAST($%d AS %s))", at+1, at+2, at+3, keyType)
	}
	ofPerson := strings.Replace(askedMandate, "%s", "x.person_id = p.id AND x.enterprise_id = e.id", 1)
	between := ""
	switch kind {
	case bySubject:
		between = `JOIN mandates m ON ` + strings.Replace(askedMandate, "%s", "x.subject = asked.agent AND x.subject <> ''", 1) +
			` AND m.enterprise_id = e.id JOIN persons p ON p.id = m.person_id`
	case byPerson:
		between = `JOIN persons p ON p.id = asked.agent JOIN mandates m ON ` + ofPerson
	case byPhone:
		between = `JOIN persons p ON p.phone_index = asked.agent AND p.status <> 'cancelled' JOIN mandates m ON ` + ofPerson
	case byDocument:
		between = `JOIN persons p ON p.doc_index = asked.agent AND p.status <> 'cancelled' JOIN mandates m ON ` + ofPerson
	case agentKinds:
	}
	return `WITH asked (n, uscc, agent) AS (VALUES ` + rows.String() + `)
	SELECT asked.n, m.id, m.enterprise_id, m.person_id, m.role, m.valid_from, m.valid_until, m.manager, m.services, m.state,
		m.confirm_by, m.created_at, e.status, p.status
	FROM asked JOIN enterprises e ON e.uscc = asked.uscc AND (e.status <> 'cancelled' OR NOT EXISTS
			(SELECT 1 FROM enterprises s WHERE s.uscc = asked.uscc AND s.status <> 'cancelled'))
		` + between
}

// AskMandates answers one question in one statement; many in one for each way to
// name a person and askChunk questions.
func (db *DB) AskMandates(ctx context.Context, questions []accounts.MandateQuestion) ([]*accounts.MandateFacts, error) {
	var asked [agentKinds][][]any
	for i, q := range questions {
		kind, key := db.agentKey(q.Agent)
		if key != nil {
			asked[kind] = append(asked[kind], []any{int64(i), q.USCC, key})
		}
	}
	answers := make([]*accounts.MandateFacts, len(questions))
	for kind, rows := range asked {
		for len(rows) > 0 {
			n := min(len(rows), askChunk)
			if err := db.askChunk(ctx, agentKind(kind), rows[:n], answers); err != nil {
				return nil, err
			}
			rows = rows[n:]
		}
	}
	return answers, nil
}

// agentKey is how a person is looked up; no key finds nobody.
func (db *DB) agentKey(a accounts.AgentKey) (agentKind, any) {
	switch {
	case a.Subject != "" && storable(a.Subject):
		return bySubject, a.Subject
	case a.Person != "" && storable(string(a.Person)):
		return byPerson, string(a.Person)
	case a.Phone != "":
		return byPhone, db.index(indexPhone, a.Phone)
	case a.Document != "":
		return byDocument, db.index(indexDocument, a.Document)
	default:
		return bySubject, nil
	}
}

// askChunk makes one statement. There are two sizes of it, so that its text, which
// is prepared once, is one of few; what is left over asks for no enterprise.
func (db *DB) askChunk(ctx context.Context, kind agentKind, asked [][]any, answers []*accounts.MandateFacts) error {
	size := 1
	if len(asked) > 1 {
		size = askChunk
	}
	args := make([]any, 0, 3*size)
	for _, row := range asked {
		args = append(args, row...)
	}
	for range size - len(asked) {
		args = append(args, int64(-1), "", asked[0][2])
	}
	return db.list(ctx, "ask mandates", askMandates(db.engine.words(), kind, size), args,
		func() {
			for _, row := range asked {
				answers[row[0].(int64)] = nil
			}
		},
		func(r rows) error {
			var (
				f          accounts.MandateFacts
				n, created int64
				services   string
			)
			err := r.Scan(&n, &f.ID, (*string)(&f.Enterprise), (*string)(&f.Person), (*string)(&f.Role), &f.ValidFrom, &f.ValidUntil,
				&f.Manager, &services, (*string)(&f.State), &f.ConfirmBy, &created, (*string)(&f.EnterpriseStatus), (*string)(&f.PersonStatus))
			if err != nil {
				return err
			}
			f.Services, f.CreatedAt = split(services), timeOf(created)
			if answers[n] == nil || better(&f, answers[n]) {
				answers[n] = &f
			}
			return nil
		})
}

// better reports whether one answer to a question goes before another: several
// persons may have one phone, and several ended accounts one USCC.
func better(a, b *accounts.MandateFacts) bool {
	if a.State.Open() != b.State.Open() {
		return a.State.Open()
	}
	return a.CreatedAt.After(b.CreatedAt)
}

// The page after a row begins in the index there.
const mandatesOfUSCC = viewMandates + `WHERE m.enterprise_id = (SELECT s.id FROM enterprises s WHERE s.uscc = $1 AND s.status <> 'cancelled')
		AND (m.created_at, m.id) < ($2, $3) AND m.state NOT IN ('revoked', 'declined')` + agentsPage

// MandatesOfUSCC lists an enterprise's mandates for portals, a page.
func (db *DB) MandatesOfUSCC(ctx context.Context, uscc string, q accounts.AgentQuery) ([]*accounts.MandateView, error) {
	if !storable(uscc) || !storable(q.AfterID) {
		return nil, nil
	}
	return db.mandates(ctx, "list mandates of a code", mandatesOfUSCC, uscc, afterOf(q), q.AfterID, int64(q.Limit))
}

const (
	listUnnamed = `SELECT id, enterprise_id, person_id FROM mandates WHERE subject = '' AND person_id <> '' LIMIT $1`
	nameMandate = `UPDATE mandates SET subject = $2 WHERE id = $1 AND subject = ''`
)

// NameMandates gives mandates that were written by a version without that column
// their subjects, at most so many, and returns how many.
func (db *DB) NameMandates(ctx context.Context, limit int) (int, error) {
	type row struct{ id, enterprise, person string }
	var unnamed []row
	err := db.list(ctx, "list unnamed mandates", listUnnamed, []any{int64(limit)},
		func() { unnamed = nil },
		func(r rows) error {
			var u row
			err := r.Scan(&u.id, &u.enterprise, &u.person)
			unnamed = append(unnamed, u)
			return err
		})
	if err != nil {
		return 0, err
	}
	for _, u := range unnamed {
		subject := accounts.AgentSubject(accounts.EnterpriseID(u.enterprise), accounts.PersonID(u.person))
		if _, err := db.exec(ctx, "name mandate", nameMandate, u.id, subject); err != nil {
			return 0, err
		}
	}
	return len(unnamed), nil
}
