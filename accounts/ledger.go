package accounts

import (
	"context"
	"time"
)

// Ledger makes changes that belong together in one transaction.
type Ledger interface {
	// Within runs f; it may run again after a lost race, so f resets what it
	// sets and has no effect outside of tx.
	Within(ctx context.Context, f func(tx Tx) error) error
}

// Tx is what a transaction can change.
type Tx interface {
	PersonStore
	EnterpriseStore
	EnterpriseChanger
	EvidenceStore
	MandateStore
	MandateReminder
	Outbox
	Spender
	// HoldPhone makes the transactions about one phone wait for each other, from
	// here to their end: how many accounts it serves is counted after it.
	HoldPhone(ctx context.Context, phone string) error
}

// Spender remembers what was used up: a wizard's last step spends the wizard, so
// that its proofs count once even if the ephemeral store forgets.
type Spender interface {
	// Spend records id until then; ErrConflict if it is there already.
	Spend(ctx context.Context, id string, until time.Time) error
}

// EnterpriseChanger changes enterprise accounts after they were made.
type EnterpriseChanger interface {
	// ActivateEnterprise gives a pending account its login name, password and
	// phone, opens it and raises its epochs. ErrConflict: it is not
	// pending any more, or the login name is taken.
	ActivateEnterprise(ctx context.Context, a Activation) error
	// EnterprisesWithPhone counts the accounts that a phone is bound to.
	EnterprisesWithPhone(ctx context.Context, phone string) (int, error)
	// SettleRegistration ends an account's waiting for the register: it opens
	// (active, restricted), or is cancelled. ErrConflict if it does not wait.
	SettleRegistration(ctx context.Context, id EnterpriseID, s Status, asOf string, now time.Time) error
	// WaitingEnterprises lists accounts that wait for the register, the ones
	// that were looked at longest ago first.
	WaitingEnterprises(ctx context.Context, before time.Time, limit int) ([]*Enterprise, error)
	// Looked records that the register was asked.
	Looked(ctx context.Context, id EnterpriseID, now time.Time) error
	// ChangeEnterprise changes what an account says of its enterprise. With a
	// new representative it raises both epochs, which ends everything that came
	// before, of agents too. ErrConflict: an epoch is another by now, or the
	// account admits nobody.
	ChangeEnterprise(ctx context.Context, c EnterpriseChange) error
	// SetEnterprisePhone binds another phone. ErrNotFound if the account is gone
	// or cancelled.
	SetEnterprisePhone(ctx context.Context, id EnterpriseID, phone string, now time.Time) error
}

// EnterpriseChange is what changing an enterprise's facts sets.
type EnterpriseChange struct {
	ID             EnterpriseID
	Epochs         Epochs // that the account must still have
	Name           string
	LegalType      LegalType
	Representative Representative
	// NewRepresentative says that it is another person than before; Proofing,
	// which counts only then, how well that was proved.
	NewRepresentative bool
	Proofing          LOA
	AsOf              string // YYYY-MM-DD; empty: as before
	Now               time.Time
}

// Activation is what activating an account sets.
type Activation struct {
	ID           EnterpriseID
	Account      string
	Phone        string // E.164
	PasswordHash string
	Proofing     LOA
	Status       Status // that it opens in
	AsOf         string // YYYY-MM-DD
	ValidFrom    string // of the representative's document
	ValidTo      string
	Now          time.Time
}

// Outbox takes messages to send: in the transaction of what they tell of, so
// that none is sent of what did not happen, and none is lost.
type Outbox interface {
	// Post keeps a message until it was handed to a provider. Posting the same
	// id again does nothing. A message without a phone is kept and never sent:
	// it costs as much as one that is.
	Post(ctx context.Context, m Message, now time.Time) error
}
