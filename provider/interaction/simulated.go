package interaction

import (
	"context"
	"time"
)

// SimulatorState keeps what simulated outside systems remember where challenges
// are kept, so that all replicas play one world.
type SimulatorState struct {
	Store ChallengeStore
	Now   func() time.Time
}

// Put keeps data for so long.
func (s SimulatorState) Put(ctx context.Context, topic, id string, data []byte, life time.Duration) error {
	return s.Store.PutChallenge(ctx, &Challenge{ID: id, Purpose: topic, Data: data, ExpiresAt: s.Now().Add(life)})
}

// Get returns what was put; accounts.ErrNotFound if nothing is alive.
func (s SimulatorState) Get(ctx context.Context, topic, id string) ([]byte, error) {
	c, err := s.Store.Challenge(ctx, topic, id)
	if err != nil {
		return nil, err
	}
	return c.Data, nil
}
