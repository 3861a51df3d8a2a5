package storagetest

import (
	"context"
	"time"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// AliveStore is everything that an ephemeral store keeps.
type AliveStore interface {
	grant.CodeStore
	session.Store
	interaction.Store
	interaction.ChallengeStore
}

// SlowAlive returns s with d of latency in every call.
func SlowAlive(s AliveStore, d time.Duration) AliveStore {
	return struct {
		grant.CodeStore
		session.Store
		slowInteractions
		interaction.ChallengeStore
	}{SlowCodes(s, d), SlowSessions(s, d), slowInteractions{s, lag(d)}, SlowChallenges(s, d)}
}

// SlowCodes returns s with d of latency in every call.
func SlowCodes(s grant.CodeStore, d time.Duration) grant.CodeStore { return slowCodes{s, lag(d)} }

// SlowSessions returns s with d of latency in every call.
func SlowSessions(s session.Store, d time.Duration) session.Store { return slowSessions{s, lag(d)} }

// SlowInteractions returns s with d of latency in every call.
func SlowInteractions(s interaction.Store, d time.Duration) interaction.Store {
	return slowInteractions{s, lag(d)}
}

// SlowChallenges returns s with d of latency in every call.
func SlowChallenges(s interaction.ChallengeStore, d time.Duration) interaction.ChallengeStore {
	return slowChallenges{s, lag(d)}
}

type slowCodes struct {
	store grant.CodeStore
	lag   lag
}

func (s slowCodes) PutCode(ctx context.Context, c *grant.Code) error {
	return s.lag.do(ctx, func() error { return s.store.PutCode(ctx, c) })
}

func (s slowCodes) TakeCode(ctx context.Context, id grant.ID) (*grant.Code, error) {
	return get(ctx, s.lag, func() (*grant.Code, error) { return s.store.TakeCode(ctx, id) })
}

type slowSessions struct {
	store session.Store
	lag   lag
}

func (s slowSessions) PutSession(ctx context.Context, k session.Key, in *session.Session, until time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.PutSession(ctx, k, in, until) })
}

func (s slowSessions) Session(ctx context.Context, k session.Key) (*session.Session, error) {
	return get(ctx, s.lag, func() (*session.Session, error) { return s.store.Session(ctx, k) })
}

func (s slowSessions) TouchSession(ctx context.Context, k session.Key, seen, until time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.TouchSession(ctx, k, seen, until) })
}

func (s slowSessions) DeleteSession(ctx context.Context, k session.Key) error {
	return s.lag.do(ctx, func() error { return s.store.DeleteSession(ctx, k) })
}

func (s slowSessions) Sessions(ctx context.Context, subject string) ([]*session.Session, error) {
	return get(ctx, s.lag, func() ([]*session.Session, error) { return s.store.Sessions(ctx, subject) })
}

func (s slowSessions) EndSession(ctx context.Context, subject, sid string) error {
	return s.lag.do(ctx, func() error { return s.store.EndSession(ctx, subject, sid) })
}

type slowInteractions struct {
	store interaction.Store
	lag   lag
}

func (s slowInteractions) PutInteraction(ctx context.Context, i *interaction.Interaction) error {
	return s.lag.do(ctx, func() error { return s.store.PutInteraction(ctx, i) })
}

func (s slowInteractions) Interaction(ctx context.Context, id string) (*interaction.Interaction, error) {
	return get(ctx, s.lag, func() (*interaction.Interaction, error) { return s.store.Interaction(ctx, id) })
}

func (s slowInteractions) MoveInteraction(ctx context.Context, i *interaction.Interaction) error {
	return s.lag.do(ctx, func() error { return s.store.MoveInteraction(ctx, i) })
}

type slowChallenges struct {
	store interaction.ChallengeStore
	lag   lag
}

func (s slowChallenges) PutChallenge(ctx context.Context, c *interaction.Challenge) error {
	return s.lag.do(ctx, func() error { return s.store.PutChallenge(ctx, c) })
}

func (s slowChallenges) Challenge(ctx context.Context, purpose, id string) (*interaction.Challenge, error) {
	return get(ctx, s.lag, func() (*interaction.Challenge, error) { return s.store.Challenge(ctx, purpose, id) })
}

func (s slowChallenges) TakeChallenge(ctx context.Context, purpose, id string) (*interaction.Challenge, error) {
	return get(ctx, s.lag, func() (*interaction.Challenge, error) { return s.store.TakeChallenge(ctx, purpose, id) })
}
