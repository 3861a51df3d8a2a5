package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/cookie"
)

// touchEvery is how often "last seen" is written at most.
const touchEvery = time.Minute

// maxBefore is how many ids a session remembers; more sign-ins than that in one
// session are nobody's.
const maxBefore = 8

// Grants ends what was granted in a session.
type Grants interface {
	EndSession(ctx context.Context, sessionID string, now time.Time) error
}

// Manager ties sessions to browsers.
type Manager struct {
	Store     Store
	Grants    Grants
	Standings accounts.StandingStore
	Jar       cookie.Jar
	Life      Lifetimes
	Now       func() time.Time
}

// Authentication is how somebody just proved to be an account's holder.
type Authentication struct {
	Principal accounts.Principal
	LOA       accounts.LOA
	AMR       []string // RFC 8176
	Address   string
	UserAgent string
}

func secretKey(secret string) (Key, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(raw) != 32 {
		return Key{}, false
	}
	return sha256.Sum256(raw), true
}

// newID returns n random bytes as base64url.
func newID(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails, crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// Current returns the browser's session and what is true of its account now.
// accounts.ErrNotFound: there is none, or it ended; then the caller lets the
// person sign in. It costs one read of each store.
func (m *Manager) Current(ctx context.Context, r *http.Request) (*Session, *accounts.Standing, error) {
	key, ok := secretKey(m.Jar.Get(r, cookie.Session))
	if !ok {
		return nil, nil, accounts.ErrNotFound
	}
	s, err := m.Store.Session(ctx, key)
	if err != nil {
		return nil, nil, fmt.Errorf("session: read: %w", err)
	}
	now := m.Now()
	if !s.Alive(now, m.Life) {
		return nil, nil, accounts.ErrNotFound
	}
	standing, err := m.Standings.Standing(ctx, s.Principal)
	if err != nil {
		return nil, nil, fmt.Errorf("session: standing: %w", err)
	}
	if !standing.Admits(s.Principal, now) {
		return nil, nil, accounts.ErrNotFound
	}
	if now.Sub(s.SeenAt) >= touchEvery {
		if err := m.Store.TouchSession(ctx, key, now, m.until(s, now)); err != nil && !errors.Is(err, accounts.ErrNotFound) {
			return nil, nil, fmt.Errorf("session: touch: %w", err)
		}
		s.SeenAt = now
	}
	return s, standing, nil
}

func (m *Manager) until(s *Session, seen time.Time) time.Time {
	if idle := seen.Add(m.Life.Idle); idle.Before(s.ExpiresAt) {
		return idle
	}
	return s.ExpiresAt
}

// Start begins a session under a new secret and id. The session that the
// browser had before is over: what was granted in it goes on in the new one if
// that is the same account's, and else ends.
func (m *Manager) Start(ctx context.Context, w http.ResponseWriter, r *http.Request, a Authentication) (*Session, error) {
	before, err := m.supersede(ctx, r, a.Principal)
	if err != nil {
		return nil, fmt.Errorf("session: end the one before: %w", err)
	}
	secret, now := newID(32), m.Now().UTC()
	key, _ := secretKey(secret)
	s := &Session{
		ID: newID(16), Principal: a.Principal, LOA: a.LOA, AMR: a.AMR,
		AuthTime: now.Truncate(time.Second), CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(m.Life.Absolute),
		Address: a.Address, UserAgent: a.UserAgent, Before: before,
	}
	if err := m.Store.PutSession(ctx, key, s, m.until(s, now)); err != nil {
		return nil, fmt.Errorf("session: start: %w", err)
	}
	m.Jar.Set(w, cookie.Session, secret, 0)
	return s, nil
}

// supersede ends the session that a browser has before another begins for who, and
// returns the ids whose grants go on in that one.
func (m *Manager) supersede(ctx context.Context, r *http.Request, who accounts.Principal) (before []string, err error) {
	key, ok := secretKey(m.Jar.Get(r, cookie.Session))
	if !ok {
		return nil, nil
	}
	old, err := m.Store.Session(ctx, key)
	if errors.Is(err, accounts.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ended := old.SIDs()
	if old.Principal.Type == who.Type && old.Principal.Subject == who.Subject {
		before = append(slices.Clone(old.Before), old.ID)
		ended = before[:max(0, len(before)-maxBefore)]
		before = before[len(ended):]
	}
	if err := m.endGrants(ctx, ended); err != nil {
		return nil, err
	}
	if err := m.Store.DeleteSession(ctx, key); err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return nil, err
	}
	return before, nil
}

// EndGrants ends what was granted in a session.
func (m *Manager) EndGrants(ctx context.Context, s *Session) error { return m.endGrants(ctx, s.SIDs()) }

func (m *Manager) endGrants(ctx context.Context, sids []string) error {
	for _, sid := range sids {
		if err := m.Grants.EndSession(ctx, sid, m.Now()); err != nil {
			return fmt.Errorf("session: end grants: %w", err)
		}
	}
	return nil
}

// End ends the browser's session and takes its cookie back.
func (m *Manager) End(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	key, ok := secretKey(m.Jar.Get(r, cookie.Session))
	if !ok {
		return nil
	}
	if err := m.Store.DeleteSession(ctx, key); err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("session: end: %w", err)
	}
	m.Jar.Clear(w, cookie.Session)
	return nil
}
