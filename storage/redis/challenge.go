package redis

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// PutChallenge keeps a challenge until its end.
func (s *Store) PutChallenge(ctx context.Context, c *interaction.Challenge) error {
	return s.call(ctx, "put_challenge", func(ctx context.Context) error {
		return s.client.Set(ctx, s.challengeKey(c.Purpose, c.ID), record.Challenge(c), s.ttl(c.ExpiresAt)).Err()
	})
}

// Challenge reads a challenge without using it up.
func (s *Store) Challenge(ctx context.Context, purpose, id string) (*interaction.Challenge, error) {
	var c *interaction.Challenge
	err := s.call(ctx, "challenge", func(ctx context.Context) error {
		var err error
		c, err = s.living(purpose, id, s.client.Get(ctx, s.challengeKey(purpose, id)))
		return err
	})
	return c, err
}

// TakeChallenge returns a challenge and deletes it, in one command.
func (s *Store) TakeChallenge(ctx context.Context, purpose, id string) (*interaction.Challenge, error) {
	var c *interaction.Challenge
	err := s.call(ctx, "take_challenge", func(ctx context.Context) error {
		var err error
		c, err = s.living(purpose, id, s.client.GetDel(ctx, s.challengeKey(purpose, id)))
		return err
	})
	return c, err
}

// living decodes a challenge that is not past its end.
func (s *Store) living(purpose, id string, reply *redis.StringCmd) (*interaction.Challenge, error) {
	value, err := reply.Result()
	if err != nil {
		return nil, err
	}
	c, err := record.ParseChallenge(purpose, id, value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if !s.options.Now().Before(c.ExpiresAt) {
		return nil, redis.Nil
	}
	return c, nil
}
