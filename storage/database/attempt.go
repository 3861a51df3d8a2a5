package database

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.AttemptStore = (*DB)(nil)

// tryAttempts counts a try under n keys. It is accounts.LockoutPolicy.Next in
// SQL (a property test compares the two), under each key's limits of now:
//
//   - $1 is now, $2 names this try; then per key: key, first wait, limits;
//   - a new key starts at one;
//   - a locked key stays as it is, last_try included: that tells it in the
//     answer from one that this very try locked;
//   - a count that is older than the window starts at one again;
//   - the k-th count from free on waits first × 2^k, at most max.
func tryAttempts(n int) string {
	const (
		locked = `a.locked_until > $1`
		last   = `CASE WHEN a.locked_until > a.last_at THEN a.locked_until ELSE a.last_at END`
		count  = `CASE WHEN $1 - (` + last + `) > excluded.window_ms THEN 1 ELSE a.count + 1 END`
		over   = `(` + count + `) - excluded.free`
		// 30 doublings are more than any wait has, and stay within 64 bits.
		doubled = `excluded.first_ms * (CAST(1 AS BIGINT) << CAST(CASE WHEN ` + over + ` > 30 THEN 30 ELSE ` + over + ` END AS INTEGER))`
		wait    = `CASE WHEN ` + doubled + ` > excluded.max_ms THEN excluded.max_ms ELSE ` + doubled + ` END`
		until   = `CASE WHEN ` + over + ` < 0 OR excluded.first_ms = 0 OR excluded.max_ms = 0 THEN 0 ELSE $1 + ` + wait + ` END`
	)
	var values strings.Builder
	for i := range n {
		if i > 0 {
			values.WriteString(", ")
		}
		p := func(k int) string { return "$" + strconv.Itoa(3+6*i+k) }
		values.WriteString("(" + p(0) + ", 1, $1, " + p(1) + ", $2, " + p(2) + ", " + p(3) + ", " + p(4) + ", " + p(5) + ")")
	}
	return `INSERT INTO attempts AS a (key, count, last_at, locked_until, last_try, free, window_ms, first_ms, max_ms)
		VALUES ` + values.String() + `
		ON CONFLICT (key) DO UPDATE SET
			count = CASE WHEN ` + locked + ` THEN a.count ELSE ` + count + ` END,
			last_at = CASE WHEN ` + locked + ` THEN a.last_at ELSE $1 END,
			locked_until = CASE WHEN ` + locked + ` THEN a.locked_until ELSE ` + until + ` END,
			last_try = CASE WHEN ` + locked + ` THEN a.last_try ELSE excluded.last_try END,
			free = excluded.free, window_ms = excluded.window_ms,
			first_ms = excluded.first_ms, max_ms = excluded.max_ms
		RETURNING locked_until, last_try`
}

// Try counts one try under every key that is not locked.
func (db *DB) Try(ctx context.Context, tries []accounts.Attempt, now time.Time) (lockedUntil time.Time, err error) {
	if len(tries) == 0 {
		return time.Time{}, nil
	}
	tries = slices.Clone(tries)
	byKey := func(a, b accounts.Attempt) int { return strings.Compare(a.Key, b.Key) }
	slices.SortFunc(tries, byKey) // every statement locks its rows in one order
	tries = slices.CompactFunc(tries, func(a, b accounts.Attempt) bool { return a.Key == b.Key })

	this := rand.Int64() //nolint:gosec // a name, not a secret
	args := []any{millis(now), this}
	for _, t := range tries {
		first, _ := t.Limit.Next(accounts.Counter{}, now)
		args = append(args, t.Key, millis(first.LockedUntil), int64(t.Limit.Free),
			t.Limit.Window.Milliseconds(), t.Limit.First.Milliseconds(), t.Limit.Max.Milliseconds())
	}
	var locked int64
	err = db.listing(ctx, "count try", tryAttempts(len(tries)), args,
		func() { locked = 0 },
		func(r rows) error {
			var until, counted int64
			if err := r.Scan(&until, &counted); err != nil {
				return err
			}
			if counted != this {
				locked = max(locked, until)
			}
			return nil
		})
	return timeOf(locked), err
}

// settleAttempts forgets the first keys and takes a try back from the others. A
// key in both is forgotten.
func settleAttempts(w words, forget, refund int) string {
	forgotten := `1 = 0`
	if forget > 0 {
		forgotten = `key IN (` + placeholders(1, forget) + `)`
	}
	return `UPDATE attempts SET count = CASE WHEN ` + forgotten + ` THEN 0 ELSE count - 1 END, locked_until = 0
		WHERE count > 0 AND key IN (SELECT key FROM attempts WHERE key IN (` + placeholders(1, forget+refund) + `)
			ORDER BY key ` + w.lock + `)`
}

// Settle follows a success. A try that is taken back takes the wait with it
// that it began: while a wait runs, no other try is counted under the key.
func (db *DB) Settle(ctx context.Context, forget, refund []string) error {
	forget = slices.Compact(slices.Sorted(slices.Values(forget)))
	refund = slices.Compact(slices.Sorted(slices.Values(refund)))
	if len(forget)+len(refund) == 0 {
		return nil
	}
	args := make([]any, 0, len(forget)+len(refund))
	for _, key := range slices.Concat(forget, refund) {
		args = append(args, key)
	}
	query := settleAttempts(db.engine.words(), len(forget), len(refund))
	_, err := db.exec(ctx, "settle tries", query, args...)
	return err
}
