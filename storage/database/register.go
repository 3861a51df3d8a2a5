package database

import (
	"context"
	"errors"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.RegisterTable = (*DB)(nil)

const entryColumns = `uscc, name, type, status, rep_name, rep_doc_type, rep_doc_number,
	address, capital, founded, scope, industry, authority, approved, as_of`

const readRegisterEntry = `SELECT ` + entryColumns + ` FROM register_entries WHERE uscc = $1`

// RegisterEntry reads an entry of the copy of the register.
func (db *DB) RegisterEntry(ctx context.Context, uscc string) (*accounts.RegisterEntry, error) {
	if !storable(uscc) {
		return nil, notFound("read register entry")
	}
	var (
		e              accounts.RegisterEntry
		name, document []byte
	)
	err := db.row(ctx, "read register entry", readRegisterEntry, []any{uscc},
		&e.USCC, &e.Name, (*string)(&e.Type), (*string)(&e.Status), &name, (*string)(&e.RepDocType), &document,
		&e.Address, &e.Capital, &e.Founded, &e.Scope, &e.Industry, &e.Authority, &e.Approved, &e.AsOf)
	if err != nil {
		return nil, err
	}
	repName, errName := db.open(ctx, columnEntryRepName, e.USCC, name)
	repDocument, errDocument := db.open(ctx, columnEntryRepDocNumber, e.USCC, document)
	if err := errors.Join(errName, errDocument); err != nil {
		return nil, err
	}
	e.RepName, e.RepDocNumber = string(repName), string(repDocument)
	return &e, nil
}

func putRegisterEntries(n int) string {
	return `INSERT INTO register_entries (` + entryColumns + `, loaded_at) VALUES ` + tuples(n, 16) + `
		ON CONFLICT (uscc) DO UPDATE SET
			name = excluded.name, type = excluded.type, status = excluded.status, rep_name = excluded.rep_name,
			rep_doc_type = excluded.rep_doc_type, rep_doc_number = excluded.rep_doc_number,
			address = excluded.address, capital = excluded.capital, founded = excluded.founded, scope = excluded.scope,
			industry = excluded.industry, authority = excluded.authority, approved = excluded.approved,
			as_of = excluded.as_of, loaded_at = excluded.loaded_at`
}

// PutRegisterEntries inserts or replaces entries. Of several with one USCC the
// last counts.
func (db *DB) PutRegisterEntries(ctx context.Context, entries []accounts.RegisterEntry) error {
	last := make(map[string]int, len(entries))
	for i, e := range entries {
		last[e.USCC] = i
	}
	now := millis(db.now())
	args := make([][]any, 0, len(last))
	for i, e := range entries {
		if last[e.USCC] != i {
			continue
		}
		args = append(args, []any{
			e.USCC, e.Name, string(e.Type), string(e.Status),
			db.seal(columnEntryRepName, e.USCC, []byte(e.RepName)), string(e.RepDocType),
			db.seal(columnEntryRepDocNumber, e.USCC, []byte(e.RepDocNumber)),
			e.Address, e.Capital, e.Founded, e.Scope, e.Industry, e.Authority, e.Approved, e.AsOf, now,
		})
	}
	byFirst(args)
	return db.InTx(ctx, func(tx *DB) error {
		return chunks(args, func(n int, flat []any) error {
			_, err := tx.exec(ctx, "put register entries", putRegisterEntries(n), flat...)
			return err
		})
	})
}

// RegisterCopy is what the copy of the register holds.
type RegisterCopy struct {
	Entries  int64
	AsOf     string    // the newest date of its facts, YYYY-MM-DD
	LoadedAt time.Time // when an entry was last loaded
}

// RegisterCopy reads the whole table: it is for who looks after it.
func (db *DB) RegisterCopy(ctx context.Context) (c RegisterCopy, err error) {
	const query = `SELECT count(*), coalesce(max(as_of), ''), coalesce(max(loaded_at), 0) FROM register_entries`
	var loaded int64
	err = db.row(ctx, "register copy", query, nil, &c.Entries, &c.AsOf, &loaded)
	c.LoadedAt = timeOf(loaded)
	return c, err
}
