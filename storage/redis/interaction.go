package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// An interaction's value is its end in milliseconds (15 digits), its version
// (10 digits), a nonce of the write (16 characters), its record.
const interactionHead = 15 + 10 + 16

// moveScript replaces the value of a living interaction if its version is the
// one named. A client may send a command twice when the answer to the first got
// lost: the nonce tells its own write from a racer's equal one.
//
//	KEYS[1] the interaction
//	ARGV    now, version, nonce, value, milliseconds to keep
var moveScript = redis.NewScript(`
local head = redis.call('GETRANGE', KEYS[1], 0, 40)
if head == '' or tonumber(string.sub(head, 1, 15)) <= tonumber(ARGV[1]) then
	return 'gone'
end
if string.sub(head, 16, 25) == ARGV[2] then
	redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
	return 'moved'
end
if string.sub(head, 26, 41) == ARGV[3] then
	return 'moved'
end
return 'conflict'
`)

// PutInteraction keeps an interaction until its end.
func (s *Store) PutInteraction(ctx context.Context, i *interaction.Interaction) error {
	return s.call(ctx, "put_interaction", func(ctx context.Context) error {
		value := interactionValue(i, i.Version, writeNonce())
		return s.client.Set(ctx, s.interactionKey(i.ID), value, s.ttl(i.ExpiresAt)).Err()
	})
}

// Interaction reads an interaction.
func (s *Store) Interaction(ctx context.Context, id string) (*interaction.Interaction, error) {
	var i *interaction.Interaction
	err := s.call(ctx, "interaction", func(ctx context.Context) error {
		value, err := s.client.Get(ctx, s.interactionKey(id)).Result()
		if err != nil {
			return err
		}
		if len(value) < interactionHead {
			return fmt.Errorf("%w: interaction of %d bytes", errDamaged, len(value))
		}
		found, err := record.ParseInteraction(id, value[interactionHead:])
		if err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		if !s.options.Now().Before(found.ExpiresAt) {
			return redis.Nil
		}
		i = found
		return nil
	})
	return i, err
}

// MoveInteraction replaces the record if its stored version is i.Version, and
// then raises i.Version. ErrNotFound if there is no such record any more.
func (s *Store) MoveInteraction(ctx context.Context, i *interaction.Interaction) error {
	return s.call(ctx, "move_interaction", func(ctx context.Context) error {
		nonce := writeNonce()
		value := interactionValue(i, i.Version+1, nonce)
		answer, err := moveScript.Run(ctx, s.client, []string{s.interactionKey(i.ID)},
			s.options.Now().UnixMilli(), appendFixed(nil, int64(i.Version), 10), nonce, value,
			s.ttl(i.ExpiresAt).Milliseconds()).Text()
		switch {
		case err != nil:
			return err
		case answer == "gone":
			return accounts.ErrNotFound
		case answer == "conflict":
			return accounts.ErrConflict
		}
		i.Version++
		return nil
	})
}

func interactionValue(i *interaction.Interaction, version int, nonce string) []byte {
	body := record.Interaction(i, version)
	value := make([]byte, 0, interactionHead+len(body))
	value = appendFixed(value, i.ExpiresAt.UnixMilli(), 15)
	value = appendFixed(value, int64(version), 10)
	value = append(value, nonce...)
	return append(value, body...)
}

func writeNonce() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
