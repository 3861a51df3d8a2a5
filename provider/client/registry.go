package client

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/tongid/tongid/accounts"
)

// Registry is the in-process copy of all clients that requests read: no round
// trip. Refresh brings it up to date and is called twice a second.
type Registry struct {
	store Store
	all   atomic.Pointer[snapshot]
}

type snapshot struct {
	revision int64
	byID     map[string]*Client
}

// NewRegistry returns a registry that has read the store once.
func NewRegistry(ctx context.Context, store Store) (*Registry, error) {
	r := &Registry{store: store}
	return r, r.load(ctx)
}

// Get returns the client, or accounts.ErrNotFound. The record is shared and
// must not be changed.
func (r *Registry) Get(id string) (*Client, error) {
	c, ok := r.all.Load().byID[id]
	if !ok {
		return nil, accounts.ErrNotFound
	}
	return c, nil
}

// Refresh reads the clients again if any changed since.
func (r *Registry) Refresh(ctx context.Context) error {
	revision, err := r.store.ClientsRevision(ctx)
	if err != nil {
		return fmt.Errorf("client: revision: %w", err)
	}
	if revision == r.all.Load().revision {
		return nil
	}
	return r.load(ctx)
}

func (r *Registry) load(ctx context.Context) error {
	list, revision, err := r.store.Clients(ctx)
	if err != nil {
		return fmt.Errorf("client: load: %w", err)
	}
	byID := make(map[string]*Client, len(list))
	for _, c := range list {
		byID[c.ID] = c
	}
	r.all.Store(&snapshot{revision: revision, byID: byID})
	return nil
}
