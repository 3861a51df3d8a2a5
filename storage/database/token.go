package database

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/tongid/tongid/provider/grant"
)

var _ grant.TokenStore = (*DB)(nil)

const (
	spend = `INSERT INTO spent AS s (id, until) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET until = excluded.until WHERE s.until <= $3`
	spent = `SELECT COUNT(*) FROM spent WHERE id = $1 AND until > $2`
)

// Spend records id until then. One that has expired is as if it were gone,
// whether Sweep came by or not.
func (db *DB) Spend(ctx context.Context, id string, until time.Time) error {
	n, err := db.exec(ctx, "spend", spend, spentKey(id), millisUp(until), millis(db.now()))
	if err == nil && n == 0 {
		return conflict("spend")
	}
	return err
}

// Spent reports whether id is recorded.
func (db *DB) Spent(ctx context.Context, id string) (bool, error) {
	var n int64
	err := db.row(ctx, "look up spent", spent, []any{spentKey(id), millis(db.now())}, &n)
	return n > 0, err
}

// spentKey bounds what others chose: a key has one length and no content.
func spentKey(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:]
}
