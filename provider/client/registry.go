package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	revision  int64
	byID      map[string]*Client
	origins   map[string]bool
	receivers []accounts.EventReceiver
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

// Serving lists the ids of the clients that people sign in to with accounts of
// that type, in order.
func (r *Registry) Serving(t accounts.Type) []string {
	var ids []string
	for id, c := range r.all.Load().byID {
		if len(c.RedirectURIs) > 0 && slices.Contains(c.AccountTypes, t) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// EventReceivers lists the clients that hear of events, in order.
func (r *Registry) EventReceivers() []accounts.EventReceiver { return r.all.Load().receivers }

// KnowsOrigin reports whether some client calls from that web origin.
func (r *Registry) KnowsOrigin(origin string) bool { return r.all.Load().origins[origin] }

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
	next := &snapshot{revision: revision, byID: make(map[string]*Client, len(list)), origins: map[string]bool{}}
	for _, c := range list {
		next.byID[c.ID] = c
		if receiver, hears := c.EventReceiver(); hears {
			next.receivers = append(next.receivers, receiver)
		}
		for _, origin := range c.AllowedOrigins {
			next.origins[origin] = true
		}
		for _, uri := range c.RedirectURIs {
			if origin := OriginOf(uri); origin != "" {
				next.origins[origin] = true
			}
		}
	}
	slices.SortFunc(next.receivers, func(a, b accounts.EventReceiver) int { return strings.Compare(a.ID, b.ID) })
	r.all.Store(next)
	return nil
}
