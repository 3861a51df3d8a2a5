package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/accounts/passhash"
)

// Refusals of a sign-in.
const (
	// CodeCredentials answers an unknown account and a wrong password alike.
	CodeCredentials Code = "wrong_credentials"
	// The account's state, told only to who knows its password.
	CodePendingActivation Code = "pending_activation"
	CodeFrozen            Code = "frozen"
	CodeCancelled         Code = "cancelled"
)

// LOAPassword is what a password alone assures (contract: urn:tongid:loa:2).
const LOAPassword LOA = 2

// WaitError is the answer to a try that came too soon after too many others.
type WaitError struct {
	Until time.Time
}

func (e *WaitError) Error() string { return "too many tries" }

// EnterpriseLogins is what a sign-in needs of the store.
type EnterpriseLogins interface {
	FindEnterprise(ctx context.Context, identifier string) (*Enterprise, error)
	SetEnterprisePassword(ctx context.Context, id EnterpriseID, old, hash string, raise bool, now time.Time) error
}

// Passwords hashes and verifies (passhash.Hasher).
type Passwords interface {
	Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error)
	Hash(ctx context.Context, password string) (string, error)
}

// SignIn is 法人登录: an enterprise's own account proves itself by password.
//
// An unknown account and a wrong password take the same statements and the same
// one hash, so that neither answer nor time tells which accounts exist.
type SignIn struct {
	Enterprises EnterpriseLogins
	Attempts    AttemptStore
	Passwords   Passwords
	Limits      bool     // off only with simulators
	CounterKey  [32]byte // keys what is counted
	Now         func() time.Time
}

// Credentials are one try at signing in.
type Credentials struct {
	Identifier string // login name or USCC, as typed
	Password   string
	Address    netip.Addr // zero: unknown, and not counted
	Device     Device
}

// Device is a browser that signed in before, as its authentic cookie says. The
// zero Device is a browser that never did.
type Device struct {
	ID       string
	Accounts []EnterpriseID
}

// SignedIn is an account that proved itself.
type SignedIn struct {
	Enterprise *Enterprise
	LOA        LOA
	AMR        []string // RFC 8176
}

// Enterprise signs an enterprise's account in. It returns a RefusalError, a
// WaitError, or a fault.
func (s *SignIn) Enterprise(ctx context.Context, c Credentials) (*SignedIn, error) {
	identifier := idnum.Normalise(c.Identifier)
	found, err := s.Enterprises.FindEnterprise(ctx, identifier)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("sign in: find account: %w", err)
	}
	tries := s.count(identifier, found, c)
	if err := s.try(ctx, tries); err != nil {
		return nil, err
	}
	hash := "" // makes Verify work on a dummy
	if found != nil {
		hash = found.PasswordHash
	}
	ok, rehash, err := s.Passwords.Verify(ctx, hash, c.Password)
	if err != nil {
		return nil, fmt.Errorf("sign in: verify: %w", unavailableIfBusy(err))
	}
	if !ok || found == nil {
		return nil, Refuse(CodeCredentials)
	}
	if err := s.settle(ctx, tries); err != nil {
		return nil, err
	}
	if rehash {
		if err := s.rehash(ctx, found, c.Password); err != nil {
			return nil, err
		}
	}
	if !found.Status.Admits() {
		return nil, Refuse(closed(found.Status))
	}
	return &SignedIn{Enterprise: found, LOA: min(found.Proofing, LOAPassword), AMR: []string{"pwd"}}, nil
}

// closed is the refusal of an account in a state that does not admit.
func closed(status Status) Code {
	switch status {
	case StatusPendingActivation:
		return CodePendingActivation
	case StatusCancelled:
		return CodeCancelled
	default:
		return CodeFrozen
	}
}

// tries are what one try counts under.
type tries struct {
	account string // key of the identifier, or of the device
	limit   LockoutPolicy
	address string // empty: unknown
}

// count names what the try counts under: the identifier as typed, whether such
// an account exists or not; or else, from a browser that signed in to that
// account before, the browser, so that nobody who merely knows a firm's public
// code can lock it out. The address counts besides.
func (s *SignIn) count(identifier string, found *Enterprise, c Credentials) tries {
	t := tries{account: counterKey(s.CounterKey, "identifier", identifier), limit: identifierLockout}
	if found != nil && c.Device.ID != "" && slices.Contains(c.Device.Accounts, found.ID) {
		t.account, t.limit = counterKey(s.CounterKey, "device", c.Device.ID, string(found.ID)), deviceLockout
	}
	if c.Address.IsValid() {
		t.address = counterKey(s.CounterKey, "address", network(c.Address))
	}
	return t
}

func (s *SignIn) try(ctx context.Context, t tries) error {
	if !s.Limits {
		return nil
	}
	counted := []Attempt{{Key: t.account, Limit: t.limit}}
	if t.address != "" {
		counted = append(counted, Attempt{Key: t.address, Limit: addressLockout})
	}
	until, err := s.Attempts.Try(ctx, counted, s.Now())
	if err != nil {
		return fmt.Errorf("sign in: count: %w", err)
	}
	if !until.IsZero() {
		return &WaitError{Until: until}
	}
	return nil
}

// settle follows a right password: the account's own count is forgotten, the
// address keeps what it owes for other tries.
func (s *SignIn) settle(ctx context.Context, t tries) error {
	if !s.Limits {
		return nil
	}
	var refund []string
	if t.address != "" {
		refund = []string{t.address}
	}
	if err := s.Attempts.Settle(ctx, []string{t.account}, refund); err != nil {
		return fmt.Errorf("sign in: settle: %w", err)
	}
	return nil
}

// rehash keeps the password under the present parameters. If another change came
// first, or there is too much to do, it is left for the next time.
func (s *SignIn) rehash(ctx context.Context, e *Enterprise, password string) error {
	hash, err := s.Passwords.Hash(ctx, password)
	if errors.Is(err, passhash.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sign in: rehash: %w", err)
	}
	err = s.Enterprises.SetEnterprisePassword(ctx, e.ID, e.PasswordHash, hash, false, s.Now())
	if err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("sign in: keep rehash: %w", err)
	}
	return nil
}

// unavailableIfBusy lets callers answer "come back soon" without knowing how
// passwords are hashed.
func unavailableIfBusy(err error) error {
	if errors.Is(err, passhash.ErrBusy) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
