package database

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.ActivityReader = (*DB)(nil)

// The tables that a ledger is read from. Grants and what is left of them are one
// source: a row goes from one to the other.
const (
	sourceSignIns = iota
	sourceMandates
)

// The filters of activityQuery.
const (
	byMandate = 1 << iota
	byPortal
)

// A sign-in is alive while its grant is and all stands that it was born under
// (accounts.Standing.Admits).
var signInAlive = `a.revoked_at = 0 AND a.expires_at > $6 AND a.idle_until > $6 AND ` + enterpriseAdmits + ` AND a.enterprise_epoch = e.enterprise_epoch
		AND CASE WHEN a.mandate_id = '' THEN a.account_epoch = e.account_epoch
			ELSE a.account_epoch = m.epoch AND a.person_epoch = p.account_epoch AND ` + personAdmits + ` AND ` + fmt.Sprintf(mandateAdmits, "$7") + ` END`

const (
	activityPersons = `LEFT JOIN mandates m ON m.id = a.mandate_id LEFT JOIN persons p ON p.id = m.person_id`
	activityNames   = `a.mandate_id, COALESCE(m.person_id, ''), m.invitee, p.name, p.status`
)

// signInsQuery reads a page of the sign-ins.
func signInsQuery(filter int) string {
	return `SELECT a.id, a.created_at, ` + activityNames + `, a.client_id, CASE WHEN ` + signInAlive + ` THEN 1 ELSE 0 END
		FROM grants a JOIN enterprises e ON e.id = a.enterprise_id ` + activityPersons + `
		WHERE a.enterprise_id = $1` + activityPage("created_at", filter, "a.created_at > 0", "a.account_type <> 'person'", 8)
}

// pastQuery reads a page of the sign-ins whose grants are gone.
func pastQuery(filter int) string {
	return `SELECT a.id, a.created_at, ` + activityNames + `, a.client_id, 0 FROM past_sign_ins a ` + activityPersons + `
		WHERE a.enterprise_id = $1` + activityPage("created_at", filter, "a.enterprise_id <> ''", "", 6)
}

// eventsQuery reads a page of what happened to mandates.
func eventsQuery(filter int) string {
	return `SELECT a.id, a.at, ` + activityNames + `, a.action, a.actor_type FROM mandate_events a ` + activityPersons + `
		WHERE a.enterprise_id = $1` + activityPage("at", filter&byMandate, "a.enterprise_id <> ''", "", 6)
}

// activityPage ends a query: $2 is the first instant, $3 and $4 are the place
// after which the page begins, $5 is how long it is; what it is filtered by comes
// from number first on. The index for all of a ledger demands what whole says, those
// that are filtered by what filtered says.
func activityPage(at string, filter int, whole, filtered string, first int) string {
	var b strings.Builder
	switch {
	case filter == 0:
		b.WriteString(` AND ` + whole)
	case filtered != "":
		b.WriteString(` AND ` + filtered)
	}
	for bit, column := range []string{"mandate_id", "client_id"} {
		if filter&(1<<bit) != 0 {
			fmt.Fprintf(&b, ` AND a.%s = $%d`, column, first)
			first++
		}
	}
	fmt.Fprintf(&b, ` AND a.%[1]s >= $2 AND (a.%[1]s, a.id) < ($3, $4) ORDER BY a.%[1]s DESC, a.id DESC LIMIT $5`, at)
	return b.String()
}

// Activities reads a page of an enterprise's ledger: one of each table that it is
// in, of which the newest count.
func (db *DB) Activities(ctx context.Context, q accounts.ActivityQuery) ([]*accounts.Activity, error) {
	filter, extra := 0, []any(nil)
	if q.Mandate != "" || q.Own {
		filter, extra = filter|byMandate, append(extra, q.Mandate)
	}
	events := extra
	if q.ClientID != "" {
		filter, extra = filter|byPortal, append(extra, q.ClientID)
	}
	id, err := hex.DecodeString(q.After.ID)
	if q.After.Source != sourceSignIns || err != nil {
		id = nil
	}
	start := func(source int, own, last any) []any {
		at, id := activityBound(q, source, own, last)
		return []any{string(q.Enterprise), millis(q.From), at, id, int64(q.Limit)}
	}
	signIns := start(sourceSignIns, id, []byte(strings.Repeat("\xff", 17)))
	var rows []*activityRow
	read := func(op, query string, args []any, source int) error {
		found, err := db.activityRows(ctx, op, query, args, source)
		rows = append(rows, found...)
		return err
	}
	err = read("list sign-ins", signInsQuery(filter), slices.Concat(signIns, []any{millis(q.Now), day(q.Now)}, extra), sourceSignIns)
	if err == nil {
		err = read("list past sign-ins", pastQuery(filter), slices.Concat(signIns, extra), sourceSignIns)
	}
	if err == nil && q.ClientID == "" && !q.Own {
		args := slices.Concat(start(sourceMandates, q.After.ID, "g"), events) // g comes after every id
		err = read("list events of mandates", eventsQuery(filter), args, sourceMandates)
	}
	if err != nil {
		return nil, err
	}
	return db.newest(ctx, rows, q.Limit)
}

// activityBound is the place in one table after which a page begins. Of the lines
// of one millisecond those of the first source come first.
func activityBound(q accounts.ActivityQuery, source int, own, last any) (at int64, id any) {
	const endless = int64(1) << 62
	at, id = endless, last
	if !q.Until.IsZero() {
		at, id = millis(q.Until)-1, last
	}
	mark := q.After
	if mark.At.IsZero() {
		return at, id
	}
	switch reached := millis(mark.At); {
	case reached > at: // the place is outside what is asked for
		return at, id
	case source == mark.Source:
		return reached, own
	case source > mark.Source:
		return reached, last
	default:
		return reached - 1, last
	}
}

// activityRow is a line before it is opened.
type activityRow struct {
	activity      accounts.Activity
	person        string
	invitee, name []byte
	status        *string
	at, alive     int64
	grantID       []byte
}

func (db *DB) activityRows(ctx context.Context, op, query string, args []any, source int) ([]*activityRow, error) {
	var found []*activityRow
	err := db.list(ctx, op, query, args,
		func() { found = nil },
		func(r rows) error {
			row := &activityRow{}
			a := &row.activity
			found = append(found, row)
			names := []any{&row.at, &a.Mandate, &row.person, &row.invitee, &row.name, &row.status}
			if source == sourceMandates {
				a.Kind = accounts.ActivityMandate
				return r.Scan(append(append([]any{&a.Mark.ID}, names...), (*string)(&a.Action), (*string)(&a.ActorType))...)
			}
			a.Kind = accounts.ActivitySignIn
			return r.Scan(append(append([]any{&row.grantID}, names...), &a.ClientID, &row.alive)...)
		})
	for _, row := range found {
		a := &row.activity
		a.At, a.Alive, a.Mark.Source = timeOf(row.at), row.alive == 1, source
		if source == sourceSignIns {
			a.Mark.ID = hex.EncodeToString(row.grantID)
		}
		a.Mark.At = a.At
	}
	return found, err
}

// activityPage puts the lines of all tables in order. One that was just moved
// from one table to another is in both.
func (db *DB) newest(ctx context.Context, rows []*activityRow, limit int) ([]*accounts.Activity, error) {
	slices.SortStableFunc(rows, func(a, b *activityRow) int {
		x, y := a.activity.Mark, b.activity.Mark
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.Source, y.Source), cmp.Compare(y.ID, x.ID))
	})
	rows = slices.CompactFunc(rows, func(a, b *activityRow) bool { return a.activity.Mark == b.activity.Mark })
	page := make([]*accounts.Activity, 0, min(limit, len(rows)))
	for _, row := range rows[:min(limit, len(rows))] {
		if err := row.open(ctx, db); err != nil {
			return nil, err
		}
		page = append(page, &row.activity)
	}
	return page, nil
}

// open finds out whose line it is: of who was invited, or of the person, of whom
// a closed account's row knows nothing.
func (r *activityRow) open(ctx context.Context, db *DB) error {
	a := &r.activity
	switch {
	case len(r.invitee) > 0:
		text, err := db.open(ctx, columnInvitee, a.Mandate, r.invitee)
		if err != nil {
			return err
		}
		var i struct { // of accounts.Invitee
			Name string `json:"Name"`
		}
		if err := json.Unmarshal(text, &i); err != nil {
			return fmt.Errorf("database: invitee of %s: %w", a.Mandate, err)
		}
		a.Agent = i.Name
	case r.status != nil && accounts.Status(*r.status) != accounts.StatusCancelled:
		name, err := db.open(ctx, columnPersonName, r.person, r.name)
		if err != nil {
			return err
		}
		a.Agent = string(name)
	}
	return nil
}

// ledgerTime is how long an enterprise can look up who signed in as it, besides
// what is alive: a year, and a month to ask in (docs/storage.md).
const ledgerTime = 396 * 24 * time.Hour

// keepSignIns copies what enterprises want to know of grants that are swept next.
const keepSignIns = `INSERT INTO past_sign_ins (id, enterprise_id, mandate_id, client_id, created_at)
		SELECT id, enterprise_id, mandate_id, client_id, created_at FROM grants
		WHERE expires_at < $1 AND enterprise_id <> '' ORDER BY expires_at LIMIT $2
		ON CONFLICT DO NOTHING`

func sweepSignIns(w words) string {
	return `DELETE FROM past_sign_ins WHERE id IN
		(SELECT id FROM past_sign_ins WHERE created_at < $1 ORDER BY created_at LIMIT $2 ` + w.skipLocked + `)`
}
