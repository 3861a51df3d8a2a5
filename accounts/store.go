package accounts

import (
	"context"
	"time"
)

// EnterpriseStore keeps enterprise accounts.
type EnterpriseStore interface {
	// FindEnterprise looks an account up by login name (without regard to case)
	// or by normalised USCC, in one statement. A cancelled account is found only
	// when no other account has that USCC.
	FindEnterprise(ctx context.Context, identifier string) (*Enterprise, error)
	Enterprise(ctx context.Context, id EnterpriseID) (*Enterprise, error)
	CreateEnterprise(ctx context.Context, e *Enterprise) error // ErrConflict: login name or USCC taken
	// SetEnterpriseStatus raises the enterprise epoch when the new state ends
	// or freezes the account, and does nothing if the state is the same.
	SetEnterpriseStatus(ctx context.Context, id EnterpriseID, s Status, now time.Time) error
	// SetEnterprisePassword replaces the hash if it still is old, and raises
	// the account epoch when raise is true (a changed password does, a rehash
	// of the same one does not). ErrConflict if the hash is another by now.
	SetEnterprisePassword(ctx context.Context, id EnterpriseID, old, hash string, raise bool, now time.Time) error
	// RaiseAccountEpoch ends every session and grant of the account.
	RaiseAccountEpoch(ctx context.Context, id EnterpriseID, now time.Time) error
}

// StandingStore reads what is true of a principal now.
type StandingStore interface {
	// Standing is one statement. ErrNotFound if the account is gone.
	Standing(ctx context.Context, p Principal) (*Standing, error)
}

// Attempt is one counted try at something that may be guessed. Key is opaque:
// a keyed hash of what is counted, never the thing itself.
type Attempt struct {
	Key   string
	Limit LockoutPolicy
}

// AttemptStore counts tries, durably.
type AttemptStore interface {
	// Try counts one try under every key that is not locked, before the try is
	// made, in one statement, and returns the latest instant until which a key
	// was locked already (zero: none, the try may be made). Concurrent tries
	// are each counted: with 5 free, of 20 at once exactly 5 may be made.
	// The arithmetic is LockoutPolicy.Next.
	Try(ctx context.Context, tries []Attempt, now time.Time) (lockedUntil time.Time, err error)
	// Settle follows a success, in one statement: the counts under forget are
	// forgotten, those under refund are lowered by the one try.
	Settle(ctx context.Context, forget, refund []string) error
}
