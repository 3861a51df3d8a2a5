// Package session holds the browser's SSO session: born at login with a new
// secret, ended by idleness (30 min), age (12 h), logout or the account's epoch.
package session

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
)

// Session is one signed-in browser.
type Session struct {
	ID        string             `json:"id"` // sid: public, stands in ID tokens
	Principal accounts.Principal `json:"p"`
	AuthTime  time.Time          `json:"at"` // whole seconds, UTC
	LOA       accounts.LOA       `json:"l"`
	AMR       []string           `json:"m"`
	CreatedAt time.Time          `json:"c"`
	SeenAt    time.Time          `json:"s"` // written at most once a minute
	ExpiresAt time.Time          `json:"x"` // absolute
	Address   string             `json:"ip"`
	UserAgent string             `json:"ua"`
	// Before are the ids under which the same account was signed in in this browser
	// before it proved itself again, the latest last. What was granted under them
	// goes on, and ends with the session.
	Before []string `json:"b,omitempty"`
}

// SIDs are the ids of all that ends with the session.
func (s *Session) SIDs() []string { return append([]string{s.ID}, s.Before...) }

// Key is the SHA-256 of the cookie's secret, which is itself never stored.
type Key [32]byte

// Lifetimes of a session.
type Lifetimes struct {
	Idle     time.Duration
	Absolute time.Duration
}

// Alive reports whether s is within its idle and absolute limits at now.
func (s *Session) Alive(now time.Time, l Lifetimes) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(l.Idle))
}

// Store keeps sessions until the earlier of idle and absolute end.
type Store interface {
	PutSession(ctx context.Context, k Key, s *Session, until time.Time) error
	Session(ctx context.Context, k Key) (*Session, error)
	// TouchSession moves SeenAt and the record's end, if the session still is.
	TouchSession(ctx context.Context, k Key, seen, until time.Time) error
	DeleteSession(ctx context.Context, k Key) error
	// Sessions lists the living sessions of one subject.
	Sessions(ctx context.Context, subject string) ([]*Session, error)
	// EndSession deletes the session with that sid if it belongs to subject;
	// ErrNotFound otherwise.
	EndSession(ctx context.Context, subject, sid string) error
}
