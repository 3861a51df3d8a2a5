package accounts

import (
	"context"
	"time"
)

// MandateReader reads mandates.
type MandateReader interface {
	// Mandate is one with both sides; ErrNotFound if there is none.
	Mandate(ctx context.Context, id string) (*MandateView, error)
	// OpenMandate is the one that stands between the two, if any: ErrNotFound.
	OpenMandate(ctx context.Context, e EnterpriseID, p PersonID) (*MandateView, error)
	// MandatesOf lists a person's mandates, the newest first, 500 at the most.
	MandatesOf(ctx context.Context, id PersonID) ([]*MandateView, error)
	// Agents lists an enterprise's mandates page by page, in constant time.
	Agents(ctx context.Context, q AgentQuery) ([]*MandateView, error)
	// Invitations lists what was offered to the holder of a document
	// (Invitee.DocumentKey) and not answered.
	Invitations(ctx context.Context, document string) ([]*MandateView, error)
	// MandateHistory lists what happened to a mandate, the newest first.
	MandateHistory(ctx context.Context, id string) ([]*MandateEvent, error)
}

// MandateStore keeps mandates.
type MandateStore interface {
	MandateReader
	// CreateMandate inserts one; ErrConflict if another stands between the two,
	// or the same person was invited already.
	CreateMandate(ctx context.Context, m *Mandate) error
	// ChangeMandate writes everything that may change if the stored revision is
	// m.Revision, and raises it; ErrConflict if another write came first.
	ChangeMandate(ctx context.Context, m *Mandate) error
	// RaiseMandateEpoch ends every session and grant of the agent.
	RaiseMandateEpoch(ctx context.Context, id string, now time.Time) error
	// RepresentativeChanged ends the mandates of who represented the enterprise by
	// the register, and has those that were granted wait for confirmation.
	RepresentativeChanged(ctx context.Context, id EnterpriseID, confirmBy string, now time.Time) error
	// RecordMandate adds to the history.
	RecordMandate(ctx context.Context, e *MandateEvent) error
}

// AgentQuery asks for a page of an enterprise's mandates, the newest first.
type AgentQuery struct {
	Enterprise EnterpriseID
	// After is the last of the page before; zero: from the start.
	AfterCreated time.Time
	AfterID      string
	Limit        int
	// Ended includes those that were revoked or declined.
	Ended bool
}

// MandateAction is what was done to a mandate.
type MandateAction string

// What is done to mandates.
const (
	MandateGranted     MandateAction = "granted"
	MandateInvitedBy   MandateAction = "invited"
	MandateRequestedBy MandateAction = "requested"
	MandateAccepted    MandateAction = "accepted"
	MandateDeclinedBy  MandateAction = "declined"
	MandateEdited      MandateAction = "edited"
	MandateRenewed     MandateAction = "renewed"
	MandateSuspendedBy MandateAction = "suspended"
	MandateResumed     MandateAction = "resumed"
	MandateRevokedBy   MandateAction = "revoked"
	MandatePassword    MandateAction = "password"
)

// MandateEvent is one entry of a mandate's history, which both sides see.
type MandateEvent struct {
	ID         string // UUID
	Mandate    string
	Enterprise EnterpriseID
	Action     MandateAction
	ActorType  Type
	Actor      string // subject
	// What the mandate said after it.
	ValidFrom, ValidUntil string
	Manager               bool
	Services              []string
	Evidence              string // proof, may be empty
	At                    time.Time
}
