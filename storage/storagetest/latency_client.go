package storagetest

import (
	"context"
	"time"

	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

// SlowClients returns s with d of latency in every call.
func SlowClients(s client.Store, d time.Duration) client.Store { return slowClients{s, lag(d)} }

// SlowKeys returns s with d of latency in every call.
func SlowKeys(s keys.Store, d time.Duration) keys.Store { return slowKeys{s, lag(d)} }

type slowClients struct {
	store client.Store
	lag   lag
}

func (s slowClients) Clients(ctx context.Context) ([]*client.Client, int64, error) {
	return get2(ctx, s.lag, func() ([]*client.Client, int64, error) { return s.store.Clients(ctx) })
}

func (s slowClients) ClientsRevision(ctx context.Context) (int64, error) {
	return get(ctx, s.lag, func() (int64, error) { return s.store.ClientsRevision(ctx) })
}

func (s slowClients) Client(ctx context.Context, id string) (*client.Client, error) {
	return get(ctx, s.lag, func() (*client.Client, error) { return s.store.Client(ctx, id) })
}

func (s slowClients) CreateClient(ctx context.Context, c *client.Client) error {
	return s.lag.do(ctx, func() error { return s.store.CreateClient(ctx, c) })
}

func (s slowClients) UpdateClient(ctx context.Context, c *client.Client) error {
	return s.lag.do(ctx, func() error { return s.store.UpdateClient(ctx, c) })
}

func (s slowClients) DeleteClient(ctx context.Context, id string) error {
	return s.lag.do(ctx, func() error { return s.store.DeleteClient(ctx, id) })
}

type slowKeys struct {
	store keys.Store
	lag   lag
}

func (s slowKeys) Keys(ctx context.Context) ([]keys.Record, int64, error) {
	return get2(ctx, s.lag, func() ([]keys.Record, int64, error) { return s.store.Keys(ctx) })
}

func (s slowKeys) KeysRevision(ctx context.Context) (int64, error) {
	return get(ctx, s.lag, func() (int64, error) { return s.store.KeysRevision(ctx) })
}

func (s slowKeys) ChangeKeys(ctx context.Context, revision int64, changed []keys.Record) error {
	return s.lag.do(ctx, func() error { return s.store.ChangeKeys(ctx, revision, changed) })
}

func (s slowKeys) DeleteKeys(ctx context.Context, ids []string) error {
	return s.lag.do(ctx, func() error { return s.store.DeleteKeys(ctx, ids) })
}
