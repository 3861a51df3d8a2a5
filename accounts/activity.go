package accounts

import (
	"context"
	"time"
)

// ActivityKind is what a line of an enterprise's ledger tells of.
type ActivityKind string

// Kinds of activities.
const (
	ActivitySignIn  ActivityKind = "sign_in" // at a portal
	ActivityMandate ActivityKind = "mandate" // what happened to one
)

// Activity is one line of an enterprise's ledger (操作记录): who did what as it,
// where, when.
type Activity struct {
	Kind ActivityKind
	At   time.Time
	Mark ActivityMark

	// Mandate is what a sign-in was under, empty for the enterprise's own account;
	// or what the event is of. Agent is its person's name, empty once that account
	// is closed.
	Mandate string
	Agent   string

	// Of a sign-in: where, and whether what came of it is still good.
	ClientID string
	Alive    bool

	// Of an event: what was done, by what kind of account.
	Action    MandateAction
	ActorType Type
}

// ActivityMark is a place in a ledger, by which the page after it is found in
// constant time.
type ActivityMark struct {
	At     time.Time
	Source int    // of what table the line is
	ID     string // of its row
}

// ActivityQuery asks for a page of an enterprise's ledger, the newest first.
type ActivityQuery struct {
	Enterprise EnterpriseID
	// Mandate wants what was done under one mandate, and what happened to it; Own
	// what the enterprise's own account did.
	Mandate string
	Own     bool
	// ClientID wants the sign-ins at one portal.
	ClientID string
	// From is the first instant, Until the first after the last; zero: no bound.
	From, Until time.Time
	After       ActivityMark // the last line of the page before; zero: from the newest on
	Limit       int
	Now         time.Time
}

// ActivityReader reads the ledgers of enterprises.
type ActivityReader interface {
	Activities(ctx context.Context, q ActivityQuery) ([]*Activity, error)
}
