package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

// mandatesBeginning reads at most a few: half an id is as good as unique. Letters
// come after all digits, and g after all of an id.
const mandatesBeginning = viewMandates + `WHERE m.id >= $1 AND m.id < $2 ORDER BY m.id LIMIT 4`

// MandatesBeginning finds mandates by how their ids begin.
func (db *DB) MandatesBeginning(ctx context.Context, prefix string) ([]*accounts.MandateView, error) {
	if prefix == "" {
		return nil, nil
	}
	return db.mandates(ctx, "find mandates by the beginning of their id", mandatesBeginning, prefix, prefix+"g")
}
