package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/tongid/tongid/provider/egress"
)

const (
	keySetTimeout = 2 * time.Second
	keySetSize    = 64 << 10 // bytes
	keySetLife    = 10 * time.Minute
	keySetPause   = time.Minute // between two fetches of one URI, whatever the reason
	keySetMost    = 10_000      // cached sets
)

// Fetcher fetches clients' key sets, by the rules of egress, and asks one URI at
// most once a minute, so that nobody can use it to amplify.
type Fetcher struct {
	http   *http.Client
	now    func() time.Time
	flight singleflight.Group

	mu   sync.Mutex
	sets map[string]fetched
}

type fetched struct {
	set *jose.JSONWebKeySet
	at  time.Time
	err error
}

// NewFetcher returns a fetcher. Hosts in allow may have special-use addresses.
func NewFetcher(allow []string, now func() time.Time) *Fetcher {
	return &Fetcher{now: now, sets: map[string]fetched{}, http: egress.NewClient(allow, keySetTimeout)}
}

// KeySet returns the set at uri from the cache, fetching it when it is stale or
// lacks kid.
func (f *Fetcher) KeySet(ctx context.Context, uri, kid string) (*jose.JSONWebKeySet, error) {
	f.mu.Lock()
	have, ok := f.sets[uri]
	f.mu.Unlock()
	age := f.now().Sub(have.at)
	fresh := ok && have.err == nil && age < keySetLife && (kid == "" || len(have.set.Key(kid)) > 0)
	if fresh || (ok && age < keySetPause) {
		return have.set, have.err
	}
	found, err, _ := f.flight.Do(uri, func() (any, error) {
		set, err := f.fetch(context.WithoutCancel(ctx), uri)
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.sets) >= keySetMost {
			clear(f.sets)
		}
		f.sets[uri] = fetched{set: set, at: f.now(), err: err}
		return set, err
	})
	if err != nil {
		return nil, err
	}
	set, _ := found.(*jose.JSONWebKeySet)
	return set, nil
}

func (f *Fetcher) fetch(ctx context.Context, uri string) (*jose.JSONWebKeySet, error) {
	u, err := url.Parse(uri)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("oauth: jwks_uri is not an https URI")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("oauth: jwks_uri: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := f.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("oauth: fetch jwks_uri: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("oauth: fetch jwks_uri: status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, keySetSize+1))
	if err != nil {
		return nil, fmt.Errorf("oauth: read jwks_uri: %w", err)
	}
	if len(body) > keySetSize {
		return nil, errors.New("oauth: key set is too large")
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("oauth: decode jwks_uri: %w", err)
	}
	return &set, nil
}
