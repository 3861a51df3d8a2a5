package database

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/tongid/tongid/provider/keys"
)

var _ keys.Store = (*DB)(nil)

// Keys returns all signing keys and their revision, of one instant.
func (db *DB) Keys(ctx context.Context) (records []keys.Record, revision int64, err error) {
	const query = `SELECT r.n, COALESCE(k.id, ''), COALESCE(k.algorithm, ''), COALESCE(k.state, ''), k.private,
			COALESCE(k.created_at, 0), COALESCE(k.current_at, 0), COALESCE(k.retired_at, 0)
		FROM revisions r LEFT JOIN signing_keys k ON 1 = 1
		WHERE r.topic = 'keys' ORDER BY k.created_at, k.id`
	var sealed [][]byte
	err = db.list(ctx, "list keys", query, nil,
		func() { records, sealed = nil, nil },
		func(r rows) error {
			var (
				k                         keys.Record
				private                   []byte
				created, current, retired int64
			)
			err := r.Scan(&revision, &k.ID, &k.Algorithm, (*string)(&k.State), &private, &created, &current, &retired)
			if err != nil || k.ID == "" {
				return err
			}
			k.CreatedAt, k.CurrentAt, k.RetiredAt = timeOf(created), timeOf(current), timeOf(retired)
			records, sealed = append(records, k), append(sealed, private)
			return nil
		})
	for i := 0; i < len(records) && err == nil; i++ {
		records[i].Private, err = db.open(ctx, columnPrivate, records[i].ID, sealed[i])
	}
	if err != nil {
		return nil, 0, err
	}
	return records, revision, nil
}

// KeysRevision returns a number that every change of a key raises.
func (db *DB) KeysRevision(ctx context.Context) (int64, error) { return db.revision(ctx, "keys") }

// ChangeKeys inserts or updates records if nobody else did since revision.
func (db *DB) ChangeKeys(ctx context.Context, revision int64, changed []keys.Record) error {
	const (
		raise  = `UPDATE revisions SET n = n + 1 WHERE topic = 'keys' AND n = $1`
		upsert = `INSERT INTO signing_keys (id, algorithm, state, private, created_at, current_at, retired_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET
				state = excluded.state, current_at = excluded.current_at, retired_at = excluded.retired_at`
	)
	return db.InTx(ctx, func(tx *DB) error {
		n, err := tx.exec(ctx, "raise revision of keys", raise, revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return conflict("change keys")
		}
		for _, k := range changed {
			_, err := tx.exec(ctx, "change key", upsert, k.ID, k.Algorithm, string(k.State),
				db.seal(columnPrivate, k.ID, k.Private), millis(k.CreatedAt), millis(k.CurrentAt), millis(k.RetiredAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteKeys removes keys that are retired or revoked, and no others.
func (db *DB) DeleteKeys(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	query := `DELETE FROM signing_keys WHERE state IN ('retired', 'revoked') AND id IN (` + placeholders(1, len(ids)) + `)`
	err := db.InTx(ctx, func(tx *DB) error {
		if err := tx.raise(ctx, "keys"); err != nil { // first, as ChangeKeys does
			return err
		}
		n, err := tx.exec(ctx, "delete keys", query, args...)
		if err == nil && n == 0 {
			return errNothingDone
		}
		return err
	})
	if errors.Is(err, errNothingDone) {
		return nil
	}
	return err
}

// errNothingDone rolls back a transaction that turned out to be needless.
var errNothingDone = errors.New("nothing done")

// placeholders returns $first, … for n arguments.
func placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	return b.String()
}
