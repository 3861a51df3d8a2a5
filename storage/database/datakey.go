package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tongid/tongid/storage/seal"
)

// keyring is what this process has heard of the data keys.
type keyring struct {
	mu       sync.Mutex
	revision int64
	keys     []seal.DataKey
}

// RefreshDataKeys reads the data keys again if any changed since, and seals
// under a new one once it has settled.
func (db *DB) RefreshDataKeys(ctx context.Context) error {
	revision, err := db.revision(ctx, "seal")
	if err != nil {
		return err
	}
	if db.heard(revision) {
		return db.adopt(revision, nil)
	}
	keys, revision, err := db.DataKeys(ctx)
	if err != nil {
		return err
	}
	return db.adopt(revision, keys)
}

func (db *DB) heard(revision int64) bool {
	db.ring.mu.Lock()
	defer db.ring.mu.Unlock()
	return db.ring.keys != nil && db.ring.revision == revision
}

// adopt teaches the box the keys that were read, unless newer ones came first.
// Without any it looks at those it knows.
func (db *DB) adopt(revision int64, keys []seal.DataKey) error {
	db.ring.mu.Lock()
	defer db.ring.mu.Unlock()
	if revision < db.ring.revision {
		return nil
	}
	changed := keys != nil
	if !changed {
		keys = db.ring.keys
	}
	current := seal.CurrentOf(keys, db.now())
	if !changed && current == db.box.Current() {
		return nil
	}
	if err := db.box.Load(keys, current); err != nil {
		return fmt.Errorf("database: data keys: %w", err)
	}
	db.ring.revision, db.ring.keys = revision, keys
	return nil
}

// DataKeys returns all data keys, the oldest first, and their revision, of one
// instant.
func (db *DB) DataKeys(ctx context.Context) (keys []seal.DataKey, revision int64, err error) {
	const query = `SELECT r.n, COALESCE(k.version, 0), k.wrapped, COALESCE(k.state, ''), COALESCE(k.created_at, 0)
		FROM revisions r LEFT JOIN data_keys k ON 1 = 1
		WHERE r.topic = 'seal' ORDER BY k.version`
	err = db.list(ctx, "list data keys", query, nil,
		func() { keys = nil },
		func(r rows) error {
			var (
				k                seal.DataKey
				version, created int64
			)
			if err := r.Scan(&revision, &version, &k.Wrapped, (*string)(&k.State), &created); err != nil {
				return err
			}
			if version < 1 || version > seal.MaxVersion {
				return fmt.Errorf("data key %d: no such version", version)
			}
			k.Version, k.CreatedAt = byte(version), timeOf(created)
			if len(k.Wrapped) == 0 {
				k.Wrapped = nil
			}
			keys = append(keys, k)
			return nil
		})
	return keys, revision, err
}

// AddDataKey makes a new data key, which seals once it has settled
// (seal.SettleTime), and returns its version.
func (db *DB) AddDataKey(ctx context.Context) (version byte, err error) {
	const insert = `INSERT INTO data_keys (version, wrapped, state, created_at) VALUES ($1, $2, $3, $4)`
	err = db.InTx(ctx, func(tx *DB) error {
		if err := tx.raise(ctx, "seal"); err != nil { // first: one after the other
			return err
		}
		keys, _, err := tx.DataKeys(ctx)
		if err != nil {
			return err
		}
		last := keys[len(keys)-1].Version
		if last == seal.MaxVersion {
			return fmt.Errorf("database: add data key: %d is the last version there is", last)
		}
		k, err := tx.box.NewDataKey(last+1, db.now())
		if err != nil {
			return err
		}
		version = k.Version
		_, err = tx.exec(ctx, "add data key", insert, int64(k.Version), k.Wrapped, string(k.State), millis(k.CreatedAt))
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, db.RefreshDataKeys(ctx)
}

// SealStatus is a data key and what is sealed under it.
type SealStatus struct {
	seal.DataKey
	Current bool             // seals
	Values  int64            // values sealed under it, in all columns
	Columns map[string]int64 // by "table.column", those with none left out
	// RetireAfter is when the key may be retired if nothing is sealed under it;
	// zero: it seals, or will.
	RetireAfter time.Time
}

// retireDelay is how long a data key is kept after it was followed by another:
// a process that was stopped in the middle of a write, or away from the
// database, may go on with it for a while.
const retireDelay = 24 * time.Hour

// SealStatus lists every data key, the oldest first, and counts what is sealed
// under each. It reads whole tables.
func (db *DB) SealStatus(ctx context.Context) ([]SealStatus, error) {
	keys, _, err := db.DataKeys(ctx)
	if err != nil {
		return nil, err
	}
	current := seal.CurrentOf(keys, db.now())
	var list []SealStatus
	for i, k := range keys {
		s := SealStatus{DataKey: k, Current: k.Version == current, Columns: map[string]int64{}}
		if i+1 < len(keys) {
			s.RetireAfter = keys[i+1].CreatedAt.Add(retireDelay)
		}
		list = append(list, s)
	}
	for _, c := range sealedColumns() {
		counts, err := db.countSealed(ctx, c)
		if err != nil {
			return nil, err
		}
		for version, n := range counts {
			i := slices.IndexFunc(list, func(s SealStatus) bool { return s.Version == version })
			if i < 0 { // a byte that no key ever had
				list = append(list, SealStatus{DataKey: seal.DataKey{Version: version, State: "unknown"}, Columns: map[string]int64{}})
				i = len(list) - 1
			}
			list[i].Values += n
			list[i].Columns[c.place] = n
		}
	}
	return list, nil
}

// countSealed counts the values of a column by their data key.
func (db *DB) countSealed(ctx context.Context, c sealedColumn) (counts map[byte]int64, err error) {
	query := `SELECT substr(` + c.column + `, 1, 1), COUNT(*) FROM ` + c.table +
		` WHERE length(` + c.column + `) > 0 GROUP BY substr(` + c.column + `, 1, 1)`
	err = db.list(ctx, "count sealed", query, nil,
		func() { counts = map[byte]int64{} },
		func(r rows) error {
			var (
				version []byte
				n       int64
			)
			if err := r.Scan(&version, &n); err != nil {
				return err
			}
			counts[version[0]] = n
			return nil
		})
	return counts, err
}

// RetireDataKeys takes out of use every data key that was followed by another
// long enough ago and seals nothing, for ever: its bytes are deleted. It
// returns their versions.
func (db *DB) RetireDataKeys(ctx context.Context) (retired []byte, err error) {
	const retire = `UPDATE data_keys SET state = $2, wrapped = $3 WHERE version = $1 AND state = $4`
	list, err := db.SealStatus(ctx) // counted once more below: a transaction may hold others up
	if err != nil || !slices.ContainsFunc(list, func(s SealStatus) bool { return s.Retirable(db.now()) }) {
		return nil, err
	}
	err = db.InTx(ctx, func(tx *DB) error {
		retired = nil
		if err := tx.raise(ctx, "seal"); err != nil {
			return err
		}
		list, err := tx.SealStatus(ctx)
		if err != nil {
			return err
		}
		for _, s := range list {
			if !s.Retirable(db.now()) {
				continue
			}
			if _, err := tx.exec(ctx, "retire data key", retire, int64(s.Version), string(seal.Retired), []byte{}, string(seal.Active)); err != nil {
				return err
			}
			retired = append(retired, s.Version)
		}
		if retired == nil {
			return errNothingDone
		}
		return nil
	})
	if errors.Is(err, errNothingDone) {
		return nil, nil // somebody was faster
	}
	if err != nil {
		return nil, err
	}
	return retired, db.RefreshDataKeys(ctx)
}

// Retirable reports whether RetireDataKeys would retire the key.
func (s SealStatus) Retirable(now time.Time) bool {
	return s.State == seal.Active && !s.Current && s.Values == 0 && !s.RetireAfter.IsZero() && !now.Before(s.RetireAfter)
}
