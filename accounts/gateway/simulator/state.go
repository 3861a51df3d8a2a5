package simulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
)

// ErrInvalid says that what the simulator is told makes no sense.
var ErrInvalid = errors.New("simulator: makes no sense")

func invalid(what string) error { return fmt.Errorf("%w: %s", ErrInvalid, what) }

func save(ctx context.Context, s Store, topic, id string, value any, life time.Duration) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("simulator: %s: %w", topic, err)
	}
	if err := s.Put(ctx, topic, id, data, life); err != nil {
		return fmt.Errorf("simulator: %s: %w", topic, err)
	}
	return nil
}

// load fills value, or returns accounts.ErrNotFound.
func load(ctx context.Context, s Store, topic, id string, value any) error {
	data, err := s.Get(ctx, topic, id)
	if err != nil {
		return fmt.Errorf("simulator: %s: %w", topic, err)
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("simulator: %s: %w", topic, err)
	}
	return nil
}

// loadIfAny leaves value as it is if there is nothing to fill it with.
func loadIfAny(ctx context.Context, s Store, topic, id string, value any) error {
	if err := load(ctx, s, topic, id, value); err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return err
	}
	return nil
}

// digest makes a key of a store of what should not stand there.
func digest(parts string) string {
	sum := sha256.Sum256([]byte(parts))
	return hex.EncodeToString(sum[:16])
}
