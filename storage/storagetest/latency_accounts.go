package storagetest

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
)

// SlowEnterprises returns s with d of latency in every call.
func SlowEnterprises(s accounts.EnterpriseStore, d time.Duration) accounts.EnterpriseStore {
	return slowEnterprises{s, lag(d)}
}

// SlowStandings returns s with d of latency in every call.
func SlowStandings(s accounts.StandingStore, d time.Duration) accounts.StandingStore {
	return slowStandings{s, lag(d)}
}

// SlowAttempts returns s with d of latency in every call.
func SlowAttempts(s accounts.AttemptStore, d time.Duration) accounts.AttemptStore {
	return slowAttempts{s, lag(d)}
}

type slowEnterprises struct {
	store accounts.EnterpriseStore
	lag   lag
}

func (s slowEnterprises) FindEnterprise(ctx context.Context, identifier string) (*accounts.Enterprise, error) {
	return get(ctx, s.lag, func() (*accounts.Enterprise, error) { return s.store.FindEnterprise(ctx, identifier) })
}

func (s slowEnterprises) Enterprise(ctx context.Context, id accounts.EnterpriseID) (*accounts.Enterprise, error) {
	return get(ctx, s.lag, func() (*accounts.Enterprise, error) { return s.store.Enterprise(ctx, id) })
}

func (s slowEnterprises) CreateEnterprise(ctx context.Context, e *accounts.Enterprise) error {
	return s.lag.do(ctx, func() error { return s.store.CreateEnterprise(ctx, e) })
}

func (s slowEnterprises) SetEnterpriseStatus(ctx context.Context, id accounts.EnterpriseID, status accounts.Status, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.SetEnterpriseStatus(ctx, id, status, now) })
}

func (s slowEnterprises) SetEnterprisePassword(ctx context.Context, id accounts.EnterpriseID, old, hash string, raise bool, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.SetEnterprisePassword(ctx, id, old, hash, raise, now) })
}

func (s slowEnterprises) RaiseAccountEpoch(ctx context.Context, id accounts.EnterpriseID, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.store.RaiseAccountEpoch(ctx, id, now) })
}

type slowStandings struct {
	store accounts.StandingStore
	lag   lag
}

func (s slowStandings) Standing(ctx context.Context, p accounts.Principal) (*accounts.Standing, error) {
	return get(ctx, s.lag, func() (*accounts.Standing, error) { return s.store.Standing(ctx, p) })
}

type slowAttempts struct {
	store accounts.AttemptStore
	lag   lag
}

func (s slowAttempts) Try(ctx context.Context, tries []accounts.Attempt, now time.Time) (time.Time, error) {
	return get(ctx, s.lag, func() (time.Time, error) { return s.store.Try(ctx, tries, now) })
}

func (s slowAttempts) Settle(ctx context.Context, forget, refund []string) error {
	return s.lag.do(ctx, func() error { return s.store.Settle(ctx, forget, refund) })
}
