package storagetest

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
)

// SlowPersons returns s with d of latency in every call.
func SlowPersons(s accounts.PersonStore, d time.Duration) accounts.PersonStore {
	return slowPersons{s, lag(d)}
}

// SlowLedger returns s with d of latency before and after every transaction and
// in each of its writes that decide.
func SlowLedger(s accounts.Ledger, d time.Duration) accounts.Ledger { return slowLedger{s, lag(d)} }

// SlowOutbox returns s with d of latency in what sends.
func SlowOutbox(s OutboxBoth, d time.Duration) OutboxBoth { return slowOutbox{s, lag(d)} }

// SlowCases returns s with d of latency in every call.
func SlowCases(s accounts.CaseStore, d time.Duration) accounts.CaseStore { return slowCases{s, lag(d)} }

// OutboxBoth are both sides of an outbox.
type OutboxBoth interface {
	accounts.Outbox
	accounts.OutboxStore
}

type slowPersons struct {
	accounts.PersonStore

	lag lag
}

func (s slowPersons) CreatePerson(ctx context.Context, p *accounts.Person) error {
	return s.lag.do(ctx, func() error { return s.PersonStore.CreatePerson(ctx, p) })
}

func (s slowPersons) SetPersonPassword(ctx context.Context, id accounts.PersonID, old, hash string, raise bool, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.PersonStore.SetPersonPassword(ctx, id, old, hash, raise, now) })
}

type slowLedger struct {
	ledger accounts.Ledger
	lag    lag
}

// Within waits before f, between what f did and its commit, and afterwards.
func (s slowLedger) Within(ctx context.Context, f func(tx accounts.Tx) error) error {
	return s.lag.do(ctx, func() error {
		return s.ledger.Within(ctx, func(tx accounts.Tx) error {
			if err := f(tx); err != nil {
				return err
			}
			return (s.lag / 10).wait(ctx)
		})
	})
}

type slowOutbox struct {
	OutboxBoth

	lag lag
}

func (s slowOutbox) Post(ctx context.Context, m accounts.Message, now time.Time) error {
	return s.lag.do(ctx, func() error { return s.OutboxBoth.Post(ctx, m, now) })
}

func (s slowOutbox) ClaimMessages(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]accounts.Outgoing, error) {
	return get(ctx, s.lag, func() ([]accounts.Outgoing, error) { return s.OutboxBoth.ClaimMessages(ctx, now, lease, limit) })
}

func (s slowOutbox) ClaimReceipts(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]accounts.Receipt, error) {
	return get(ctx, s.lag, func() ([]accounts.Receipt, error) { return s.OutboxBoth.ClaimReceipts(ctx, now, lease, limit) })
}

type slowCases struct {
	store accounts.CaseStore
	lag   lag
}

func (s slowCases) PutCase(ctx context.Context, r *accounts.CaseRecord) error {
	return s.lag.do(ctx, func() error { return s.store.PutCase(ctx, r) })
}

func (s slowCases) Case(ctx context.Context, id string) (*accounts.CaseRecord, error) {
	return get(ctx, s.lag, func() (*accounts.CaseRecord, error) { return s.store.Case(ctx, id) })
}

func (s slowCases) MoveCase(ctx context.Context, r *accounts.CaseRecord) error {
	return s.lag.do(ctx, func() error { return s.store.MoveCase(ctx, r) })
}
