package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts/idnum"
)

// Reason says why a mandate answers a question as it does. Portals read it.
type Reason string

// Reasons. Only ReasonOK allows.
const (
	ReasonOK                Reason = "ok"
	ReasonNoMandate         Reason = "no_mandate" // unknown enterprise, unknown person, or nothing between them
	ReasonExpired           Reason = "expired"
	ReasonNotYetValid       Reason = "not_yet_valid"
	ReasonSuspended         Reason = "suspended"
	ReasonRevoked           Reason = "revoked"
	ReasonUnconfirmed       Reason = "unconfirmed" // the new representative did not confirm it in time
	ReasonServiceNotCovered Reason = "service_not_covered"

	ReasonEnterpriseInactive  Reason = "enterprise_inactive" // not activated yet, or waiting for the register
	ReasonEnterpriseFrozen    Reason = "enterprise_frozen"
	ReasonEnterpriseCancelled Reason = "enterprise_cancelled"
	ReasonPersonFrozen        Reason = "person_frozen"
	ReasonPersonCancelled     Reason = "person_cancelled"
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ReasonOK, ReasonNoMandate, ReasonExpired, ReasonNotYetValid, ReasonSuspended, ReasonRevoked, ReasonUnconfirmed,
		ReasonServiceNotCovered, ReasonEnterpriseInactive, ReasonEnterpriseFrozen, ReasonEnterpriseCancelled,
		ReasonPersonFrozen, ReasonPersonCancelled,
	}
}

// MandateQuestion asks what stands between an enterprise and a person.
type MandateQuestion struct {
	USCC  string // normalised
	Agent AgentKey
}

// AgentKey names the person of a question, by exactly one of its fields.
type AgentKey struct {
	Subject  string   // AgentSubject, for the enterprise asked about
	Person   PersonID // the person's own account
	Phone    string   // E.164
	Document string   // Person.DocumentKey
}

// Faults of what names an agent.
var (
	ErrAgentSubject  = errors.New("no subject of ours")
	ErrAgentPhone    = errors.New("no mobile number")
	ErrAgentDocument = errors.New("no number of such a document")
)

// agentVersion is the UUID version of AgentSubject.
const agentVersion = 5

// AgentBySubject reads an OpenID Connect subject, of an agent or of a person's own
// account. The two are told apart by the version of the UUID (RFC 9562 §4.2):
// AgentSubject makes version 5.
func AgentBySubject(sub string) (AgentKey, error) {
	id, err := uuid.Parse(sub)
	if err != nil || id.String() != sub {
		return AgentKey{}, ErrAgentSubject
	}
	if id.Version() == agentVersion {
		return AgentKey{Subject: sub}, nil
	}
	return AgentKey{Person: PersonID(sub)}, nil
}

// AgentByPhone reads a mobile number, E.164 or national.
func AgentByPhone(text string) (AgentKey, error) {
	phone, err := idnum.ParseMobile(text)
	if err != nil {
		return AgentKey{}, ErrAgentPhone
	}
	return AgentKey{Phone: string(phone)}, nil
}

// AgentByDocument reads the number of a document.
func AgentByDocument(kind DocType, number string, now time.Time) (AgentKey, error) {
	canonical, err := idnum.ParseDocument(string(kind), number, idnum.DateOf(now))
	if err != nil {
		return AgentKey{}, ErrAgentDocument
	}
	return AgentKey{Document: documentKey(kind, canonical)}, nil
}

// MandateFacts are what a question is answered from: the mandate that stands
// between the two, or the last one that did, and both sides.
type MandateFacts struct {
	Mandate

	EnterpriseStatus Status
	PersonStatus     Status
}

// MandateAsker reads what questions are answered from.
type MandateAsker interface {
	// AskMandates returns one entry for each question, in order; nil where nothing
	// stands, nor stood, between the two. An offer that was not accepted,
	// and a wish that was not granted, are nothing. One question is one statement; many are a bounded number.
	AskMandates(ctx context.Context, questions []MandateQuestion) ([]*MandateFacts, error)
	// MandatesOfUSCC lists what stands between the enterprise with that code and
	// persons, page by page as AgentQuery does, in one statement. It is empty for
	// an unknown enterprise and for one whose account has ended.
	MandatesOfUSCC(ctx context.Context, uscc string, after AgentQuery) ([]*MandateView, error)
}

// granted reports whether a mandate in this state stands, or once stood: an offer, a
// wish and what came of neither are no mandates to anybody else.
func (s MandateState) granted() bool {
	return s == MandateActive || s == MandateSuspended || s == MandateRevoked
}

// Reason is what the facts answer for a portal at now. It allows exactly when
// Standing.Admits and Mandate.Serves do; what is wrong with the enterprise is said
// before what is wrong with the person, and that before what is wrong with the
// mandate.
func (f *MandateFacts) Reason(clientID string, now time.Time) Reason {
	if f == nil || !f.State.granted() {
		return ReasonNoMandate
	}
	if !f.Serves(clientID) {
		return ReasonServiceNotCovered
	}
	switch {
	case f.EnterpriseStatus == StatusFrozen:
		return ReasonEnterpriseFrozen
	case f.EnterpriseStatus == StatusCancelled:
		return ReasonEnterpriseCancelled
	case !f.EnterpriseStatus.Admits():
		return ReasonEnterpriseInactive
	case f.PersonStatus == StatusCancelled:
		return ReasonPersonCancelled
	case !f.PersonStatus.Admits():
		return ReasonPersonFrozen
	}
	switch state := f.Mandate.Standing(now); state {
	case MandateActive:
		return ReasonOK
	case MandateExpired:
		return ReasonExpired
	case MandatePending:
		return ReasonNotYetValid
	case MandateSuspended:
		return ReasonSuspended
	case MandateRevoked:
		return ReasonRevoked
	case MandateUnconfirmed:
		return ReasonUnconfirmed
	default:
		return ReasonNoMandate
	}
}

// MandateAnswer is what a portal is told.
type MandateAnswer struct {
	Reason Reason
	// Facts are nil where the portal is told nothing of the mandate: there is none,
	// or it is not for that service.
	Facts *MandateFacts
}

// Allowed reports whether the person may act for the enterprise.
func (a MandateAnswer) Allowed() bool { return a.Reason == ReasonOK }

// Answer is the facts' answer for a portal at now.
func (f *MandateFacts) Answer(clientID string, now time.Time) MandateAnswer {
	a := MandateAnswer{Reason: f.Reason(clientID, now), Facts: f}
	if a.Reason == ReasonNoMandate || a.Reason == ReasonServiceNotCovered {
		a.Facts = nil
	}
	return a
}

// MandateQuestions answers portals.
type MandateQuestions struct {
	Store MandateAsker
	Now   func() time.Time
}

// ServiceQuestion is a question for one portal.
type ServiceQuestion struct {
	MandateQuestion

	Service string // client id
}

// Ask answers questions in order, all at one instant, which it returns.
func (m *MandateQuestions) Ask(ctx context.Context, asked []ServiceQuestion) ([]MandateAnswer, time.Time, error) {
	now := m.Now()
	questions := make([]MandateQuestion, len(asked))
	for i, q := range asked {
		questions[i] = q.MandateQuestion
	}
	facts, err := m.Store.AskMandates(ctx, questions)
	if err != nil {
		return nil, now, fmt.Errorf("mandate: ask: %w", err)
	}
	answers := make([]MandateAnswer, len(asked))
	for i, q := range asked {
		answers[i] = facts[i].Answer(q.Service, now)
	}
	return answers, now, nil
}

// ListedMandate is an entry of what a portal is told of an enterprise.
type ListedMandate struct {
	MandateAnswer

	Name string // of the person, as stored
}

// MandatePage is one page. Next is the zero query at the end.
type MandatePage struct {
	Mandates []ListedMandate
	Next     AgentQuery
	Now      time.Time
}

// List is the page after a place of what covers a portal at an enterprise. A page
// costs the same wherever it is; it may hold fewer than asked for, even none,
// where mandates are for other portals.
func (m *MandateQuestions) List(ctx context.Context, uscc, clientID string, after AgentQuery) (*MandatePage, error) {
	page := &MandatePage{Now: m.Now()}
	views, err := m.Store.MandatesOfUSCC(ctx, uscc, after)
	if err != nil {
		return nil, fmt.Errorf("mandate: list: %w", err)
	}
	for _, v := range views {
		facts := &MandateFacts{Mandate: v.Mandate, EnterpriseStatus: v.EnterpriseStatus, PersonStatus: v.PersonStatus}
		if a := facts.Answer(clientID, page.Now); a.Facts != nil {
			page.Mandates = append(page.Mandates, ListedMandate{MandateAnswer: a, Name: v.Name})
		}
	}
	if n := len(views); n > 0 && n == after.Limit {
		page.Next = AgentQuery{AfterCreated: views[n-1].CreatedAt, AfterID: views[n-1].ID, Limit: after.Limit}
	}
	return page, nil
}
