package redis

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// PutCode keeps a code until its end.
func (s *Store) PutCode(ctx context.Context, c *grant.Code) error {
	return s.call(ctx, "put_code", func(ctx context.Context) error {
		return s.client.Set(ctx, s.codeKey(c.ID), record.Code(c), s.ttl(c.ExpiresAt)).Err()
	})
}

// TakeCode returns a code and deletes it, in one command.
func (s *Store) TakeCode(ctx context.Context, id grant.ID) (*grant.Code, error) {
	var c *grant.Code
	err := s.call(ctx, "take_code", func(ctx context.Context) error {
		value, err := s.client.GetDel(ctx, s.codeKey(id)).Result()
		if err != nil {
			return err
		}
		found, err := record.ParseCode(id, value)
		if err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		if !s.options.Now().Before(found.ExpiresAt) {
			return redis.Nil
		}
		c = found
		return nil
	})
	return c, err
}
