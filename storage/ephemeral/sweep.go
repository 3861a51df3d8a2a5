package ephemeral

import (
	"context"
)

// batch is how many rows one statement of Sweep deletes at most: few enough that
// a sign-in waiting for the writer does not notice.
const batch = 500

// Sweep deletes what is past its end, in bounded batches, and returns how many
// records there were. What it finds could not be read any more in any case.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	var swept int
	for _, query := range []string{
		`DELETE FROM code WHERE id IN (SELECT id FROM code WHERE expires <= ? LIMIT ?)`,
		`DELETE FROM session WHERE key IN (SELECT key FROM session WHERE expires <= ? LIMIT ?)`,
		`DELETE FROM interaction WHERE key IN (SELECT key FROM interaction WHERE expires <= ? LIMIT ?)`,
		`DELETE FROM challenge WHERE key IN (SELECT key FROM challenge WHERE expires <= ? LIMIT ?)`,
	} {
		for last := int64(batch); last == batch; {
			err := s.call(ctx, "sweep", func(ctx context.Context) error {
				result, err := s.db.Write.Exec(ctx, query, s.now(), batch)
				if err != nil {
					return err
				}
				last, err = result.RowsAffected()
				return err
			})
			if err != nil {
				return swept, err
			}
			swept += int(last)
		}
	}
	return swept, nil
}
