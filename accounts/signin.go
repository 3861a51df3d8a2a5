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
	Code  Code // what there was too much of; empty: wrong passwords at a sign-in
}

func (e *WaitError) Error() string { return "too many tries" }

// EnterpriseLogins is what a sign-in of enterprises needs of the store.
type EnterpriseLogins interface {
	FindEnterprise(ctx context.Context, identifier string) (*Enterprise, error)
	SetEnterprisePassword(ctx context.Context, id EnterpriseID, old, hash string, raise bool, now time.Time) error
}

// PersonLogins is what a sign-in of persons needs of the store.
type PersonLogins interface {
	FindPerson(ctx context.Context, by PersonIdentifier) (*Person, error)
	SetPersonPassword(ctx context.Context, id PersonID, old, hash string, raise bool, now time.Time) error
	SetPersonClosing(ctx context.Context, id PersonID, at time.Time, raise bool, now time.Time) error
}

// Passwords hashes and verifies (passhash.Hasher).
type Passwords interface {
	Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error)
	Hash(ctx context.Context, password string) (string, error)
}

// SignIn is 法人登录, 经办人登录 and 个人登录: an account proves itself by password.
//
// An unknown account and a wrong password take the same statements and the same
// one hash, so that neither answer nor time tells which accounts exist.
type SignIn struct {
	Enterprises EnterpriseLogins
	Persons     PersonLogins
	Mandates    AgentMandates
	Attempts    AttemptStore
	Passwords   Passwords
	Limits      bool     // off only with simulators
	CounterKey  [32]byte // keys what is counted
	Now         func() time.Time
}

// Credentials are one try at signing in.
type Credentials struct {
	Enterprise string // of an agent: login name or USCC of whom they act for, as typed
	Identifier string // login name or USCC, phone or document number, as typed
	Password   string
	Address    netip.Addr // zero: unknown, and not counted
	Device     Device
}

// Device is a browser that signed in before, as its authentic cookie says. The
// zero Device is a browser that never did.
type Device struct {
	ID       string
	Accounts []string // subjects
}

// SignedIn is an account that proved itself.
type SignedIn struct {
	Principal Principal
	LOA       LOA
	AMR       []string // RFC 8176
	Acting    string   // the mandate that a person signed in to act under
	// Reopened says that its holder was about to close it and has now come back.
	Reopened bool
}

// login is the account that a try found.
type login struct {
	subject string
	hash    string
	keep    func(ctx context.Context, hash string) error // a rehash
}

// Enterprise signs an enterprise's account in. It returns a RefusalError, a
// WaitError, or a fault.
func (s *SignIn) Enterprise(ctx context.Context, c Credentials) (*SignedIn, error) {
	identifier := idnum.Normalise(c.Identifier)
	found, err := s.Enterprises.FindEnterprise(ctx, identifier)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("sign in: find account: %w", err)
	}
	var l *login
	if found != nil {
		l = &login{subject: string(found.ID), hash: found.PasswordHash, keep: func(ctx context.Context, hash string) error {
			return s.Enterprises.SetEnterprisePassword(ctx, found.ID, found.PasswordHash, hash, false, s.Now())
		}}
	}
	if err := s.prove(ctx, TypeEnterprise, identifier, l, c); err != nil {
		return nil, err
	}
	if !found.Status.Admits() {
		return nil, Refuse(closed(found.Status))
	}
	return &SignedIn{Principal: found.Principal(), LOA: min(found.Proofing, LOAPassword), AMR: []string{"pwd"}}, nil
}

// Person signs a person in. Who was about to close the account and comes back
// within the cooling period keeps it.
func (s *SignIn) Person(ctx context.Context, c Credentials) (*SignedIn, error) {
	by := personIdentifier(c.Identifier)
	identifier := countedAs(c.Identifier)
	found, err := s.Persons.FindPerson(ctx, by)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("sign in: find account: %w", err)
	}
	if err == nil && found.Closed(s.Now()) {
		found = nil
	}
	var l *login
	if found != nil {
		l = &login{subject: string(found.ID), hash: found.PasswordHash, keep: func(ctx context.Context, hash string) error {
			return s.Persons.SetPersonPassword(ctx, found.ID, found.PasswordHash, hash, false, s.Now())
		}}
	}
	if err := s.prove(ctx, TypePerson, identifier, l, c); err != nil {
		return nil, err
	}
	if !found.Status.Admits() {
		return nil, Refuse(closed(found.Status))
	}
	reopened := !found.ClosingAt.IsZero()
	if reopened {
		if err := s.Persons.SetPersonClosing(ctx, found.ID, time.Time{}, false, s.Now()); err != nil {
			return nil, fmt.Errorf("sign in: reopen: %w", err)
		}
	}
	return &SignedIn{
		Principal: found.Principal(), LOA: min(found.Proofing, LOAPassword), AMR: []string{"pwd"}, Reopened: reopened,
	}, nil
}

// prove counts the try, makes it, and settles the count when it was right. l is
// nil where no account was found.
func (s *SignIn) prove(ctx context.Context, t Type, identifier string, l *login, c Credentials) error {
	tries := s.count(t, identifier, l, c)
	if err := s.try(ctx, tries); err != nil {
		return err
	}
	hash := "" // makes Verify work on a dummy
	if l != nil {
		hash = l.hash
	}
	ok, rehash, err := s.Passwords.Verify(ctx, hash, c.Password)
	if err != nil {
		return fmt.Errorf("sign in: verify: %w", errors.Join(ifBusy(err), s.takeBack(ctx, tries)))
	}
	if !ok || l == nil {
		return Refuse(CodeCredentials)
	}
	if err := s.settle(ctx, tries); err != nil {
		return err
	}
	if rehash {
		return s.rehash(ctx, l, c.Password)
	}
	return nil
}

// closed is the refusal of an account in a state that does not admit.
func closed(status Status) Code {
	switch status {
	case StatusPendingActivation:
		return CodePendingActivation
	case StatusWaiting:
		return CodeWaitingRegister
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

func (t tries) ofAddress() []string {
	if t.address == "" {
		return nil
	}
	return []string{t.address}
}

// count names what the try counts under: the identifier as typed, whether such
// an account exists or not; or else, from a browser that signed in to that
// account before, the browser, so that nobody who merely knows a firm's public
// code can lock it out. The address counts besides.
func (s *SignIn) count(kind Type, identifier string, found *login, c Credentials) tries {
	t := tries{account: s.counter(kind, "identifier", identifier), limit: identifierLockout}
	if found != nil && c.Device.ID != "" && slices.Contains(c.Device.Accounts, found.subject) {
		t.account, t.limit = s.counter(kind, "device", c.Device.ID, found.subject), deviceLockout
	}
	if c.Address.IsValid() {
		t.address = counterKey(s.CounterKey, "address", network(c.Address))
	}
	return t
}

// counter keeps the counts of enterprises and persons apart.
func (s *SignIn) counter(kind Type, parts ...string) string {
	if kind != TypeEnterprise {
		parts = append([]string{string(kind)}, parts...)
	}
	return counterKey(s.CounterKey, parts...)
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
	if err := s.Attempts.Settle(ctx, []string{t.account}, t.ofAddress()); err != nil {
		return fmt.Errorf("sign in: settle: %w", err)
	}
	return nil
}

// takeBack follows a try that was not made after all: it was no wrong password.
func (s *SignIn) takeBack(ctx context.Context, t tries) error {
	if !s.Limits {
		return nil
	}
	// Who hangs up has made no try either.
	if err := s.Attempts.Settle(context.WithoutCancel(ctx), nil, append(t.ofAddress(), t.account)); err != nil {
		return fmt.Errorf("take back: %w", err)
	}
	return nil
}

// Unlock forgets the wrong passwords that were counted under an account's
// identifiers: its holder has just proved to be there in another way.
func (s *SignIn) Unlock(ctx context.Context, kind Type, identifiers ...string) error {
	if !s.Limits {
		return nil
	}
	var keys []string
	for _, identifier := range identifiers {
		if kind == TypePerson {
			identifier = countedAs(identifier)
		}
		if identifier = idnum.Normalise(identifier); identifier != "" {
			keys = append(keys, s.counter(kind, "identifier", identifier))
			if kind == TypePerson { // whose password opens 经办人登录, too
				keys = append(keys, s.counter(TypeAgent, "identifier", identifier))
			}
		}
	}
	if err := s.Attempts.Settle(ctx, keys, nil); err != nil {
		return fmt.Errorf("sign in: unlock: %w", err)
	}
	return nil
}

// rehash keeps the password under the present parameters. If another change came
// first, or there is too much to do, it is left for the next time.
func (s *SignIn) rehash(ctx context.Context, l *login, password string) error {
	hash, err := s.Passwords.Hash(ctx, password)
	if errors.Is(err, passhash.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sign in: rehash: %w", err)
	}
	if err = l.keep(ctx, hash); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("sign in: keep rehash: %w", err)
	}
	return nil
}

// ifBusy lets callers answer "come back soon" without knowing how passwords are
// hashed.
func ifBusy(err error) error {
	if errors.Is(err, passhash.ErrBusy) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
