package accounts

import (
	"context"
	"slices"
	"time"
)

// EventKind is what an event tells of. The provider makes its URI of it.
type EventKind string

// Kinds of events.
const (
	EventMandateRevoked        EventKind = "mandate-revoked"
	EventMandateChanged        EventKind = "mandate-changed" // granted, accepted, edited, renewed, suspended, resumed
	EventEnterpriseStatus      EventKind = "enterprise-status"
	EventRepresentativeChanged EventKind = "representative-changed"
	EventSessionRevoked        EventKind = "session-revoked" // all sessions and tokens of an account ended at once
)

// EventKinds lists every kind.
func EventKinds() []EventKind {
	return []EventKind{
		EventMandateRevoked, EventMandateChanged, EventEnterpriseStatus, EventRepresentativeChanged, EventSessionRevoked,
	}
}

// Event is one thing that portals are told. It names nobody but by subject.
type Event struct {
	ID         string // UUID version 7: in order of time
	Kind       EventKind
	Enterprise EnterpriseID // empty: of a person's own account
	USCC       string       // of Enterprise
	Person     PersonID     // of EventSessionRevoked of a person's account, which his agents' sessions end with
	Subject    string       // whom it is about: an agent, an enterprise; empty with Person
	Facts      EventFacts
	At         time.Time
}

// EventFacts are what an event says, by its kind.
type EventFacts struct {
	// Of a mandate, as it stands after the event.
	Mandate    string       `json:"mandate,omitempty"`
	State      MandateState `json:"state,omitempty"`
	ValidFrom  string       `json:"valid_from,omitempty"`
	ValidUntil string       `json:"valid_until,omitempty"`
	Manager    bool         `json:"manager,omitempty"`
	Services   []string     `json:"services,omitempty"`
	// Before are the services that it was for before the event, if others.
	Before  []string `json:"before,omitempty"`
	Widened bool     `json:"widened,omitempty"` // before or after it was for all

	Status Status `json:"status,omitempty"` // of the enterprise
	// ConfirmBy is the last day on which mandates count without the new
	// representative's word.
	ConfirmBy string `json:"confirm_by,omitempty"`
}

// MandateChange is the event of a mandate that changed; old is nil for a new one.
// It is nil for a change that portals are not told: of an offer, of a password that
// was replaced without ending anything.
func MandateChange(old, next *Mandate, now time.Time) *Event {
	if next.Person == "" || !next.State.granted() {
		return nil
	}
	if old != nil && !old.State.granted() {
		if next.State == MandateRevoked {
			return nil // an offer or a wish that came to nothing
		}
		old = nil
	}
	e := &Event{
		Kind: EventMandateChanged, Enterprise: next.Enterprise, Subject: AgentSubject(next.Enterprise, next.Person), At: now,
		Facts: EventFacts{
			Mandate: next.ID, State: next.State, ValidFrom: next.ValidFrom, ValidUntil: next.ValidUntil,
			Manager: next.Manager, Services: next.Services, Widened: len(next.Services) == 0,
		},
	}
	if next.State == MandateRevoked {
		e.Kind = EventMandateRevoked
	}
	if old == nil {
		return e
	}
	if len(old.Services) == 0 {
		e.Facts.Widened = true
	} else if !slices.Equal(old.Services, next.Services) {
		e.Facts.Before = old.Services
	}
	same := old.State == next.State && old.ValidFrom == next.ValidFrom && old.ValidUntil == next.ValidUntil &&
		old.Manager == next.Manager && slices.Equal(old.Services, next.Services) && old.ConfirmBy == next.ConfirmBy
	switch {
	case !same:
		return e
	case old.Epoch != next.Epoch:
		return &Event{Kind: EventSessionRevoked, Enterprise: e.Enterprise, Subject: e.Subject, At: now}
	default:
		return nil
	}
}

// Covers reports whether the mandate that the event is about is, or was until then,
// for a portal. Events of other kinds are for all.
func (e *Event) Covers(clientID string) bool {
	f := &e.Facts
	return f.Mandate == "" || f.Widened || slices.Contains(f.Services, clientID) || slices.Contains(f.Before, clientID)
}

// Serves reports whether the mandate is for a portal after the event.
func (f *EventFacts) Serves(clientID string) bool {
	return (&Mandate{Services: f.Services}).Serves(clientID)
}

// EventReceiver is a portal that hears of events.
type EventReceiver struct {
	ID    string
	Push  bool
	All   bool        // hears of every enterprise
	Kinds []EventKind // empty: all
}

// hears reports whether a portal is to be told of an event, by everything but
// whether it has to do with the account.
func (r *EventReceiver) hears(e *Event) bool {
	return (len(r.Kinds) == 0 || slices.Contains(r.Kinds, e.Kind)) && e.Covers(r.ID)
}

// EventState is where one event stands on its way to one portal.
type EventState string

// States of a delivery. The first two wait.
const (
	EventPush      EventState = "push"
	EventPoll      EventState = "poll"
	EventDelivered EventState = "delivered"
	EventRefused   EventState = "refused" // the portal said that it cannot use it
	EventExpired   EventState = "expired" // too old to be of use
)

// EventDelivery is one event on its way to one portal.
type EventDelivery struct {
	ID        string // jti, UUID version 7
	Client    string
	Subject   string // whom it is about, for this portal
	State     EventState
	Tries     int
	DueAt     time.Time
	ExpiresAt time.Time
	ChangedAt time.Time
	Outcome   string // what the portal last answered, empty before
	Event     Event
}

// EventLife is for how long an event is delivered again and again.
const EventLife = 7 * 24 * time.Hour

// Acquaintance is a portal that has to do with a subject.
type Acquaintance struct{ Client, Subject string }

// EventSpreader decides who hears of events: what it needs of a store.
type EventSpreader interface {
	// NewEvents lists events of which it was not decided yet, the oldest first.
	NewEvents(ctx context.Context, limit int) ([]*Event, error)
	// Acquainted lists which of the portals hold a grant of the enterprise, its own
	// or an agent's, that was given before an instant and had not ended then.
	Acquainted(ctx context.Context, id EnterpriseID, clients []string, at time.Time) ([]string, error)
	// Holders lists which of the portals hold such a grant of which subject.
	Holders(ctx context.Context, subjects, clients []string, at time.Time) ([]Acquaintance, error)
	// SubjectsOf are the subjects that a person acts under: the own one and those
	// of mandates, 500 at the most.
	SubjectsOf(ctx context.Context, id PersonID) ([]string, error)
	// SpreadEvent records the deliveries of an event, once.
	SpreadEvent(ctx context.Context, id string, deliveries []EventDelivery, now time.Time) error
}

// EventOutbox is the side of the feed that hands over. What is claimed is nobody
// else's until the lease is over; then it is as if it had not been claimed.
type EventOutbox interface {
	ClaimPushes(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]EventDelivery, error)
	// EndDelivery ends one that waits.
	EndDelivery(ctx context.Context, id string, to EventState, outcome string, now time.Time) error
	// RetryDelivery has one tried again then, and counts the try.
	RetryDelivery(ctx context.Context, id string, at time.Time, outcome string, now time.Time) error
	// MoveDeliveries turns what waits for a portal to the other way of delivery.
	MoveDeliveries(ctx context.Context, client string, to EventState) error
	// PostponePushes has what waits for a portal wait until then at least.
	PostponePushes(ctx context.Context, client string, until time.Time) error
}

// EventPoller is the side of the feed that portals ask.
type EventPoller interface {
	// PollEvents leases what waits for a portal and is due, the oldest first.
	PollEvents(ctx context.Context, client string, now time.Time, lease time.Duration, limit int) ([]EventDelivery, error)
	// AcknowledgeEvents ends those of a portal's deliveries that wait: ids are
	// delivered, refused the others, each with what is wrong with it.
	AcknowledgeEvents(ctx context.Context, client string, ids []string, refused map[string]string, now time.Time) error
}

// EventLog shows what became of events.
type EventLog interface {
	// Deliveries lists those to a portal, the newest first.
	Deliveries(ctx context.Context, client string, limit int) ([]EventDelivery, error)
}
