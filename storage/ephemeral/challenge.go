package ephemeral

import (
	"context"
	"database/sql"

	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

const (
	putChallengeSQL = `INSERT INTO challenge (key, expires, data) VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET expires = excluded.expires, data = excluded.data`
	challengeSQL     = `SELECT data FROM challenge WHERE key = ? AND expires > ?`
	takeChallengeSQL = `DELETE FROM challenge WHERE key = ? RETURNING expires, data`
)

// PutChallenge keeps a challenge until its end.
func (s *Store) PutChallenge(ctx context.Context, c *interaction.Challenge) error {
	return s.call(ctx, "put_challenge", func(ctx context.Context) error {
		key := record.ChallengeKey(c.Purpose, c.ID)
		_, err := s.db.Write.Exec(ctx, putChallengeSQL, key[:], c.ExpiresAt.UnixNano(), record.Challenge(c))
		return err
	})
}

// Challenge reads a challenge without using it up.
func (s *Store) Challenge(ctx context.Context, purpose, id string) (*interaction.Challenge, error) {
	var c *interaction.Challenge
	err := s.call(ctx, "challenge", func(ctx context.Context) error {
		key := record.ChallengeKey(purpose, id)
		var data string
		if err := s.db.Read.Row(ctx, challengeSQL, key[:], s.now()).Scan(&data); err != nil {
			return err
		}
		var err error
		c, err = record.ParseChallenge(purpose, id, data)
		return err
	})
	return c, err
}

// TakeChallenge returns a challenge and deletes it, in one statement.
func (s *Store) TakeChallenge(ctx context.Context, purpose, id string) (*interaction.Challenge, error) {
	var c *interaction.Challenge
	err := s.call(ctx, "take_challenge", func(ctx context.Context) error {
		key := record.ChallengeKey(purpose, id)
		data, err := s.take(ctx, takeChallengeSQL, key[:])
		if err != nil {
			return err
		}
		c, err = record.ParseChallenge(purpose, id, data)
		return err
	})
	return c, err
}

// take runs a DELETE … RETURNING expires, data. A record past its end is gone
// as well, but is not handed out.
func (s *Store) take(ctx context.Context, query string, key []byte) (string, error) {
	var (
		expires int64
		data    string
	)
	if err := s.db.Write.Row(ctx, query, key).Scan(&expires, &data); err != nil {
		return "", err
	}
	if expires <= s.now() {
		return "", sql.ErrNoRows
	}
	return data, nil
}
