package interaction

import (
	"context"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
)

// SimulatorState keeps what simulated outside systems remember where challenges
// are kept, so that all replicas play one world. It is sealed: people try a demo
// with their own phone and name.
type SimulatorState struct {
	Store ChallengeStore
	Box   accounts.Sealer
	Now   func() time.Time
}

func simulatorAAD(topic, id string) []byte { return []byte("simulator\x00" + topic + "\x00" + id) }

// Put keeps data for so long.
func (s SimulatorState) Put(ctx context.Context, topic, id string, data []byte, life time.Duration) error {
	return s.Store.PutChallenge(ctx, &Challenge{
		ID: id, Purpose: topic, Data: s.Box.Seal(simulatorAAD(topic, id), data), ExpiresAt: s.Now().Add(life),
	})
}

// Get returns what was put; accounts.ErrNotFound if nothing is alive.
func (s SimulatorState) Get(ctx context.Context, topic, id string) ([]byte, error) {
	c, err := s.Store.Challenge(ctx, topic, id)
	if err != nil {
		return nil, err
	}
	data, err := s.Box.Open(simulatorAAD(topic, id), c.Data)
	if err != nil {
		return nil, fmt.Errorf("simulator: of another time's keys: %w", accounts.ErrNotFound)
	}
	return data, nil
}
