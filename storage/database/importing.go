package database

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/seal"
)

var (
	_ accounts.ImportStore      = (*DB)(nil)
	_ accounts.ForeignHashStore = (*DB)(nil)
)

func importEnterprises(n int) string {
	return `INSERT INTO enterprises (` + enterpriseColumns + `, account_folded, phone_index, foreign_hash) VALUES ` + tuples(n, 22) + `
		ON CONFLICT DO NOTHING RETURNING id`
}

func knownUSCCs(n int) string {
	return `SELECT uscc FROM enterprises WHERE uscc IN (` + placeholders(1, n) + `)`
}

// ImportEnterprises adds those that are not there. Somebody may register at the
// same moment: what the insert left out is looked up once more.
func (db *DB) ImportEnterprises(ctx context.Context, list []accounts.ImportedEnterprise) ([]accounts.ImportOutcome, error) {
	var outcomes []accounts.ImportOutcome
	err := db.InTx(ctx, func(tx *DB) error {
		outcomes = make([]accounts.ImportOutcome, len(list))
		known, err := tx.knownUSCCs(ctx, list)
		if err != nil {
			return err
		}
		var fresh []accounts.ImportedEnterprise
		for _, e := range list {
			if !known[e.USCC] {
				known[e.USCC] = true // for the next row with it
				fresh = append(fresh, e)
			}
		}
		// All who import the same lock it in one order.
		slices.SortFunc(fresh, func(a, b accounts.ImportedEnterprise) int { return strings.Compare(a.USCC, b.USCC) })
		add := make([][]any, len(fresh))
		for i, e := range fresh {
			add[i] = db.importArgs(e)
		}
		added, err := tx.addImported(ctx, add)
		if err != nil || len(added) == len(list) {
			return err
		}
		if known, err = tx.knownUSCCs(ctx, list); err != nil {
			return err
		}
		for i, e := range list {
			switch {
			case added[string(e.ID)]:
			case known[e.USCC]:
				outcomes[i] = accounts.ImportPresent
			default:
				outcomes[i] = accounts.ImportAccountTaken
			}
		}
		return nil
	})
	return outcomes, err
}

func (db *DB) knownUSCCs(ctx context.Context, list []accounts.ImportedEnterprise) (map[string]bool, error) {
	asked := make([][]any, len(list))
	for i, e := range list {
		asked[i] = []any{e.USCC}
	}
	known := map[string]bool{}
	err := chunks(asked, func(n int, flat []any) error {
		return db.list(ctx, "find enterprises", knownUSCCs(n), flat, func() {}, scanInto(known))
	})
	return known, err
}

// addImported returns the ids of those that were added.
func (db *DB) addImported(ctx context.Context, add [][]any) (map[string]bool, error) {
	added := map[string]bool{}
	err := chunks(add, func(n int, flat []any) error {
		return db.listing(ctx, "import enterprises", importEnterprises(n), flat, func() {}, scanInto(added))
	})
	return added, err
}

func scanInto(set map[string]bool) func(rows) error {
	return func(r rows) error {
		var text string
		err := r.Scan(&text)
		set[text] = true
		return err
	}
}

func (db *DB) importArgs(e accounts.ImportedEnterprise) []any {
	foreign := []byte{}
	if e.ForeignHash != "" {
		foreign = db.seal(columnForeignHash, string(e.ID), []byte(e.ForeignHash))
	}
	return append(db.enterpriseArgs(&e.Enterprise), foreign)
}

// CountForeignHashes counts the hashes that wait to be wrapped.
func (db *DB) CountForeignHashes(ctx context.Context) (n int64, err error) {
	const query = `SELECT COUNT(*) FROM enterprises WHERE length(foreign_hash) > 0`
	err = db.row(ctx, "count foreign hashes", query, nil, &n)
	return n, err
}

const listForeignHashes = `SELECT id, foreign_hash FROM enterprises
	WHERE length(foreign_hash) > 0 AND id > $1 ORDER BY id LIMIT $2`

// ForeignHashes returns hashes that wait to be wrapped. One that does not open
// has no text, so that it does not stand in the way of the others.
func (db *DB) ForeignHashes(ctx context.Context, after accounts.EnterpriseID, n int) ([]accounts.ForeignHash, error) {
	var (
		list   []accounts.ForeignHash
		sealed [][]byte
	)
	err := db.list(ctx, "list foreign hashes", listForeignHashes, []any{string(after), int64(n)},
		func() { list, sealed = nil, nil },
		func(r rows) error {
			var (
				h    accounts.ForeignHash
				text []byte
			)
			err := r.Scan((*string)(&h.ID), &text)
			list, sealed = append(list, h), append(sealed, text)
			return err
		})
	if err != nil {
		return nil, err
	}
	for i := range list {
		text, err := db.open(ctx, columnForeignHash, string(list[i].ID), sealed[i])
		if err != nil && !errors.Is(err, seal.ErrOpen) {
			return nil, err
		}
		list[i].Text = string(text)
	}
	return list, nil
}

// SettleForeignHash forgets a foreign hash, and keeps what it was wrapped into
// unless the account has got a password meanwhile.
func (db *DB) SettleForeignHash(ctx context.Context, id accounts.EnterpriseID, wrapped string) error {
	const query = `UPDATE enterprises SET foreign_hash = $3,
			password_hash = CASE WHEN password_hash = '' AND status = $4 THEN $2 ELSE password_hash END
		WHERE id = $1 AND length(foreign_hash) > 0`
	_, err := db.exec(ctx, "settle foreign hash", query, string(id), wrapped, []byte{}, string(accounts.StatusPendingActivation))
	return err
}
