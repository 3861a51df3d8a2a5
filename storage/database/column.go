package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongid/tongid/storage/seal"
)

// millis is how a column holds a time: milliseconds since 1970, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisUp rounds up: what ends at t has ended for all that is held as t.
func millisUp(t time.Time) int64 {
	ms := millis(t)
	if ms != 0 && t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// joined joins what RFC 6749 §3.3 joins: values without space.
func joined(values []string) (string, error) {
	for _, v := range values {
		if v == "" || strings.ContainsAny(v, " \x00") {
			return "", fmt.Errorf("database: %q cannot stand in a list", v)
		}
	}
	return strings.Join(values, " "), nil
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

// storable reports whether Postgres can hold the text at all. No record has a
// name that it cannot.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// seal encrypts a column's value for its row. The value does not open in
// another row or column.
func (db *DB) seal(column, row string, plaintext []byte) []byte {
	return db.box.Seal(place(column, row), plaintext)
}

// open decrypts it again. One sealed under a data key that this process has not
// heard of has it read the keys anew, once. No rows may be open: in a
// transaction and in memory there is no second connection to read by.
func (db *DB) open(ctx context.Context, column, row string, sealed []byte) ([]byte, error) {
	plaintext, err := db.box.Open(place(column, row), sealed)
	if errors.Is(err, seal.ErrUnknownKey) {
		if err := db.RefreshDataKeys(ctx); err != nil {
			return nil, fmt.Errorf("database: %s of %s: %w", column, row, err)
		}
		plaintext, err = db.box.Open(place(column, row), sealed)
	}
	if err != nil {
		return nil, fmt.Errorf("database: %s of %s: %w", column, row, err)
	}
	return plaintext, nil
}

// place is the additional data of a sealed value: table.column and row.
func place(column, row string) []byte {
	return []byte(column + "\x00" + row)
}

// The sealed columns, as the additional data names them. Each is in the list of
// sealedColumns too.
const (
	columnPhone             = "enterprises.phone"
	columnRepName           = "enterprises.rep_name"
	columnRepDocNumber      = "enterprises.rep_doc_number"
	columnForeignHash       = "enterprises.foreign_hash"
	columnPrivate           = "signing_keys.private"
	columnEntryRepName      = "register_entries.rep_name"
	columnEntryRepDocNumber = "register_entries.rep_doc_number"

	columnPersonName      = "persons.name"
	columnPersonDocNumber = "persons.doc_number"
	columnPersonPhone     = "persons.phone"
	columnOutboxPayload   = "outbox.payload"

	columnInvitee = "mandates.invitee"
)

// sealedColumn is a column whose values are sealed, each for its row's key.
type sealedColumn struct{ table, key, column, place string }

// sealedColumns lists every sealed column, so that they can be counted and
// sealed anew. A value of no bytes is none.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"enterprises", "id", "rep_name", columnRepName},
		{"enterprises", "id", "rep_doc_number", columnRepDocNumber},
		{"enterprises", "id", "phone", columnPhone},
		{"enterprises", "id", "foreign_hash", columnForeignHash},
		{"signing_keys", "id", "private", columnPrivate},
		{"register_entries", "uscc", "rep_name", columnEntryRepName},
		{"register_entries", "uscc", "rep_doc_number", columnEntryRepDocNumber},
		{"persons", "id", "name", columnPersonName},
		{"persons", "id", "doc_number", columnPersonDocNumber},
		{"persons", "id", "phone", columnPersonPhone},
		{"outbox", "id", "payload", columnOutboxPayload},
		{"mandates", "id", "invitee", columnInvitee},
	}
}
