// Package grant holds the grant family: one per redeemed authorization code,
// the root of its access tokens and refresh generations (RFC 6749 §1.5, RFC 9700
// §4.14.2). It is the record that every token is checked against.
package grant

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

// ID is the family id. It is minted with the code and carried in every token.
type ID = uuid.UUID

// Grant is what one redeemed code gave to one client.
type Grant struct {
	ID        ID
	ClientID  string
	Principal accounts.Principal
	SessionID string // sid of the browser session it was born in
	Scopes    []string
	Claims    json.RawMessage // the request's claims parameter (OIDC Core §5.5), nil if none
	AuthTime  time.Time
	LOA       accounts.LOA
	AMR       []string

	Offline    bool      // has refresh tokens (offline_access)
	Generation int32     // of the refresh token that is current, from 1
	RotatedAt  time.Time // when Generation was reached
	CreatedAt  time.Time
	IdleUntil  time.Time // refresh tokens die unused then
	ExpiresAt  time.Time // the family ends then
	RevokedAt  time.Time // zero while alive

	// AccessAfter: access tokens issued before this instant are dead. Logout
	// sets it on offline families, which outlive the session.
	AccessAfter time.Time
}

// Alive reports whether the family itself still stands at now.
func (g *Grant) Alive(now time.Time) bool {
	return g.RevokedAt.IsZero() && now.Before(g.ExpiresAt)
}

// Rotation asks for the successor of refresh generation Presented.
type Rotation struct {
	ID        ID
	ClientID  string
	Presented int32
	Now       time.Time
	Grace     time.Duration // 0: none
	IdleUntil time.Time     // the new one, before clipping to the family's end
}

// Store keeps grants. Each method is one statement on its common path, in SQL
// (EndSession two), and returns accounts.ErrNotFound, ErrConflict or ErrUnavailable.
type Store interface {
	// Create inserts g, if its principal still stands under the same epochs and
	// in an admitting state, and its session was not ended, in one statement.
	// ErrConflict: the family exists, so the code was redeemed before.
	// ErrNotFound: the principal no longer stands, or the session was ended.
	Create(ctx context.Context, g *Grant) error
	// Check reads a grant together with its principal's standing now.
	Check(ctx context.Context, id ID) (*Grant, *accounts.Standing, error)
	// Rotate moves the family on from generation Presented to Presented+1, or,
	// within Grace of that move, returns the family as it is. It does so only
	// for the family's client, while the family is alive, idle time is not over
	// and its principal stands. Else it revokes the family if Presented is an
	// older generation (reuse, RFC 9700 §4.14.2) and returns ErrConflict, or
	// returns ErrNotFound.
	Rotate(ctx context.Context, r Rotation) (*Grant, *accounts.Standing, error)
	// Revoke ends a family of that client; an unknown one is not an error.
	Revoke(ctx context.Context, id ID, clientID string, now time.Time) error
	// EndSession ends what was born in a browser session: families without
	// refresh token entirely, offline ones by their access tokens; codes that
	// were not redeemed yet, offline or not, give no grant any more.
	EndSession(ctx context.Context, sessionID string, now time.Time) error
}

// TokenStore remembers tokens that stand alone, without a family: revoked
// client_credentials tokens and spent client assertions, each until it expires.
type TokenStore interface {
	// Spend records id; ErrConflict if it is there already.
	Spend(ctx context.Context, id string, until time.Time) error
	// Spent reports whether id is recorded.
	Spent(ctx context.Context, id string) (bool, error)
}

// ConsentStore remembers which scopes an account holder allowed a client.
type ConsentStore interface {
	Consented(ctx context.Context, subject, clientID string) (scopes []string, err error)
	// Consent adds scopes to those remembered.
	Consent(ctx context.Context, subject, clientID string, scopes []string, now time.Time) error
	Withdraw(ctx context.Context, subject, clientID string) error
}
