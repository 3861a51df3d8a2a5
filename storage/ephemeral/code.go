package ephemeral

import (
	"context"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

const (
	putCodeSQL = `INSERT INTO code (id, expires, data) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET expires = excluded.expires, data = excluded.data`
	takeCodeSQL = `DELETE FROM code WHERE id = ? RETURNING expires, data`
)

// PutCode keeps a code until its end. The family id it is kept under is no
// secret: a code is worth something only with its MAC.
func (s *Store) PutCode(ctx context.Context, c *grant.Code) error {
	return s.call(ctx, "put_code", func(ctx context.Context) error {
		_, err := s.db.Write.Exec(ctx, putCodeSQL, c.ID[:], c.ExpiresAt.UnixNano(), record.Code(c))
		return err
	})
}

// TakeCode returns a code and deletes it, in one statement.
func (s *Store) TakeCode(ctx context.Context, id grant.ID) (*grant.Code, error) {
	var c *grant.Code
	err := s.call(ctx, "take_code", func(ctx context.Context) error {
		data, err := s.take(ctx, takeCodeSQL, id[:])
		if err != nil {
			return err
		}
		c, err = record.ParseCode(id, data)
		return err
	})
	return c, err
}
