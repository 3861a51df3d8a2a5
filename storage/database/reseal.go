package database

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tongid/tongid/storage/seal"
)

// resealBatch is how many values one statement replaces. Requests wait no
// longer for a row than one such statement takes.
const resealBatch = 200

// Resealed is what Reseal did.
type Resealed struct {
	Values     int64    // sealed anew
	Unreadable []string // "table.column of key", under no key that is there, or altered
}

// Reseal seals anew, under the current data key, every value that is under
// another. progress hears how many values were looked at, of all that were to
// be sealed anew. A value that is written meanwhile is left as it was written.
// When it is stopped it may be called again, and goes on with what is left.
func (db *DB) Reseal(ctx context.Context, progress func(looked int64)) (Resealed, error) {
	var done Resealed
	if err := db.RefreshDataKeys(ctx); err != nil {
		return done, err
	}
	current := db.box.Current()
	for _, c := range sealedColumns() {
		for after := ""; ; {
			batch, err := db.sealedBatch(ctx, c, current, after)
			if err != nil {
				return done, err
			}
			if len(batch) == 0 {
				break
			}
			after = batch[len(batch)-1].key
			if err := db.resealBatch(ctx, c, batch, &done); err != nil {
				return done, err
			}
			progress(int64(len(batch)))
		}
	}
	return done, nil
}

// sealedValue is a value of a sealed column.
type sealedValue struct {
	key string
	old []byte
}

// sealedBatch reads the next values that are not under the current key.
func (db *DB) sealedBatch(ctx context.Context, c sealedColumn, current byte, after string) (batch []sealedValue, err error) {
	query := `SELECT ` + c.key + `, ` + c.column + ` FROM ` + c.table + `
		WHERE ` + c.key + ` > $1 AND length(` + c.column + `) > 0 AND substr(` + c.column + `, 1, 1) <> $2
		ORDER BY ` + c.key + ` LIMIT $3`
	err = db.list(ctx, "list sealed", query, []any{after, []byte{current}, int64(resealBatch)},
		func() { batch = nil },
		func(r rows) error {
			var v sealedValue
			if err := r.Scan(&v.key, &v.old); err != nil {
				return err
			}
			batch = append(batch, v)
			return nil
		})
	return batch, err
}

func (db *DB) resealBatch(ctx context.Context, c sealedColumn, batch []sealedValue, done *Resealed) error {
	var replaced [][]any
	for _, v := range batch {
		plaintext, err := db.open(ctx, c.place, v.key, v.old)
		if errors.Is(err, seal.ErrOpen) {
			done.Unreadable = append(done.Unreadable, c.place+" of "+v.key)
			continue
		}
		if err != nil {
			return err
		}
		replaced = append(replaced, []any{v.key, v.old, db.seal(c.place, v.key, plaintext)})
	}
	return chunks(replaced, func(n int, flat []any) error {
		changed, err := db.exec(ctx, "reseal", replaceSealed(c, db.engine.words(), n), flat...)
		done.Values += changed
		return err
	})
}

// replaceSealed replaces n values of a column where they still are what was read.
func replaceSealed(c sealedColumn, w words, n int) string {
	var values strings.Builder
	for i := range n {
		if i > 0 {
			values.WriteString(", ")
		}
		fmt.Fprintf(&values, "(CAST($%d AS TEXT), CAST($%d AS %s), CAST($%d AS %s))", 3*i+1, 3*i+2, w.blob, 3*i+3, w.blob)
	}
	return `UPDATE ` + c.table + ` SET ` + c.column + ` = v.column3 FROM (VALUES ` + values.String() + `) AS v
		WHERE ` + c.table + `.` + c.key + ` = v.column1 AND ` + c.table + `.` + c.column + ` = v.column2`
}
