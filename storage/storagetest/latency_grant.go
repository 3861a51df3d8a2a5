package storagetest

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// SlowGrants returns s with d of latency in every call.
func SlowGrants(s grant.Store, d time.Duration) grant.Store { return slowGrants{s, lag(d)} }

// SlowTokens returns s with d of latency in every call.
func SlowTokens(s grant.TokenStore, d time.Duration) grant.TokenStore { return slowTokens{s, lag(d)} }

// SlowConsents returns s with d of latency in every call.
func SlowConsents(s grant.ConsentStore, d time.Duration) grant.ConsentStore {
	return slowConsents{s, lag(d)}
}

type slowGrants struct {
	store grant.Store
	lag   lag
}

func (s slowGrants) Create(ctx context.Context, g *grant.Grant) error {
	return s.lag.do(ctx, func() error { return s.store.Create(ctx, g) })
}

func (s slowGrants) Check(ctx context.Context, id grant.ID) (*grant.Grant, *accounts.Standing, error) {
	return get2(ctx, s.lag, func() (*grant.Grant, *accounts.Standing, error) { return s.store.Check(ctx, id) })
}

func (s slowGrants) Rotate(ctx context.Context, r grant.Rotation) (*grant.Grant, *accounts.Standing, error) {
	return get2(ctx, s.lag, func() (*grant.Grant, *accounts.Standing, error) { return s.store.Rotate(ctx, r) })
}

func (s slowGrants) Revoke(ctx context.Context, id grant.ID, clientID string, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.Revoke(ctx, id, clientID, now) })
}

func (s slowGrants) EndSession(ctx context.Context, sessionID string, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.EndSession(ctx, sessionID, now) })
}

type slowTokens struct {
	store grant.TokenStore
	lag   lag
}

func (s slowTokens) Spend(ctx context.Context, id string, until time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.Spend(ctx, id, until) })
}

func (s slowTokens) Spent(ctx context.Context, id string) (bool, error) {
	return get(ctx, s.lag, func() (bool, error) { return s.store.Spent(ctx, id) })
}

type slowConsents struct {
	store grant.ConsentStore
	lag   lag
}

func (s slowConsents) Consented(ctx context.Context, subject, clientID string) ([]string, error) {
	return get(ctx, s.lag, func() ([]string, error) { return s.store.Consented(ctx, subject, clientID) })
}

func (s slowConsents) Consent(ctx context.Context, subject, clientID string, scopes []string, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.Consent(ctx, subject, clientID, scopes, now) })
}

func (s slowConsents) Withdraw(ctx context.Context, subject, clientID string) error {
	return s.lag.do(ctx, func() error { return s.store.Withdraw(ctx, subject, clientID) })
}
