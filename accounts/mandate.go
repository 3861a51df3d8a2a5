package accounts

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts/idnum"
)

// MandateState is the state of a mandate as it was last set. That one has expired,
// or has not begun, is computed from its dates.
type MandateState string

// States of a mandate.
const (
	MandateInvited   MandateState = "invited"   // offered to somebody who has not accepted
	MandateRequested MandateState = "requested" // asked for by the person, not granted
	MandateActive    MandateState = "active"
	MandateSuspended MandateState = "suspended"
	MandateRevoked   MandateState = "revoked"
	MandateDeclined  MandateState = "declined"
)

// What the clock makes of an active mandate.
const (
	MandateExpired MandateState = "expired"
	MandatePending MandateState = "pending" // has not begun
	// The enterprise has another representative and did not confirm the mandate.
	MandateUnconfirmed MandateState = "unconfirmed"
)

// Open reports whether a mandate in this state stands between enterprise and
// person: there is one of these at the most.
func (s MandateState) Open() bool { return s != MandateRevoked && s != MandateDeclined }

// MandateRole is where a mandate comes from.
type MandateRole string

// Roles of who acts for an enterprise.
const (
	RoleAgent          MandateRole = "agent"                // 经办人: granted
	RoleRepresentative MandateRole = "legal_representative" // 法定代表人: by the register
)

// Mandate is a person's dated authority to act for an enterprise (经办人授权).
type Mandate struct {
	ID         string // UUID
	Enterprise EnterpriseID
	Person     PersonID // empty while invited
	Role       MandateRole
	ValidFrom  string // YYYY-MM-DD, inclusive, Asia/Shanghai
	ValidUntil string // the same; empty: no end in sight, of a representative only
	Manager    bool   // 管理权限
	Services   []string
	State      MandateState
	Epoch      int64 // raised by what narrows the mandate or ends it, and by its own password
	Revision   int64 // raised by every change

	// PasswordHash is of a password of the mandate's own; empty: the person's is
	// asked. Preset says that the enterprise chose it and knows it.
	PasswordHash string
	Preset       bool

	// ConfirmBy is the last day on which the mandate counts without the new
	// representative's word; empty: it needs none.
	ConfirmBy string

	DocFrom, DocTo string // term of the agent's document as the grantor stated it
	Grantor        string // subject of who granted it
	Evidence       string // id of the proof that the grantor was there, may be empty
	Invitee        *Invitee
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Invitee is whom a mandate was offered to, before it is known which account that
// is.
type Invitee struct {
	Name      string  `json:"name"`
	DocType   DocType `json:"doc_type"`
	DocNumber string  `json:"doc_number"` // canonical
	Phone     string  `json:"phone"`      // E.164
}

// MandateView is a mandate with what is known of both sides.
type MandateView struct {
	Mandate

	Company          string // name of the enterprise
	USCC             string
	LegalType        LegalType
	EnterpriseStatus Status
	EnterpriseEpoch  int64

	// Of the person; while invited, of the invitee.
	Name         string
	DocType      DocType
	DocNumber    string
	Phone        string // E.164
	PersonStatus Status // empty while invited
	PersonEpoch  int64
}

// Standing is the mandate's state on a day: its own, or expired, or pending while
// it has not begun.
func (m *Mandate) Standing(now time.Time) MandateState {
	today := idnum.DateOf(now).String()
	switch {
	case m.State != MandateActive:
		return m.State
	case m.ValidUntil != "" && m.ValidUntil < today:
		return MandateExpired
	case m.ValidFrom > today:
		return MandatePending
	case m.ConfirmBy != "" && m.ConfirmBy < today:
		return MandateUnconfirmed
	default:
		return MandateActive
	}
}

// Ends is the first instant after the mandate's last day; zero: none.
func (m *Mandate) Ends() time.Time {
	if m.ValidUntil == "" {
		return time.Time{}
	}
	end, err := idnum.ParseDate(m.ValidUntil)
	if err != nil {
		return time.Time{}.Add(1) // no day at all: it has ended
	}
	return end.End()
}

// Serves reports whether the mandate is for a portal.
func (m *Mandate) Serves(clientID string) bool {
	return len(m.Services) == 0 || slices.Contains(m.Services, clientID)
}

// agentSpace is the name space of the subjects of agents (RFC 9562 §5.5).
var agentSpace = uuid.MustParse("b8f1c4de-7f0b-5d6e-9a51-0c4d9f6f2a37")

// AgentSubject is the OpenID Connect subject of a person who acts for an
// enterprise. It comes of the two alone, so a mandate that is renewed or granted
// again keeps it.
func AgentSubject(e EnterpriseID, p PersonID) string {
	return uuid.NewSHA1(agentSpace, []byte(strings.Join([]string{string(e), string(p)}, "\n"))).String()
}

// Principal returns the agent's account as it stands now.
func (v *MandateView) Principal() Principal {
	return Principal{
		Type: TypeAgent, Subject: AgentSubject(v.Enterprise, v.Person), Enterprise: v.Enterprise, Person: v.Person, Mandate: v.ID,
		Epochs: Epochs{Account: v.Epoch, Enterprise: v.EnterpriseEpoch, Person: v.PersonEpoch},
	}
}

// Shown is the state that both sides see: a mandate of who is frozen is suspended,
// of who closed their account over.
func (v *MandateView) Shown(now time.Time) MandateState {
	switch {
	case v.PersonStatus == StatusCancelled:
		return MandateRevoked
	case v.PersonStatus != "" && !v.PersonStatus.Admits() && v.State.Open():
		return MandateSuspended
	default:
		return v.Mandate.Standing(now)
	}
}

// Usable reports whether the person may act under the mandate now.
func (v *MandateView) Usable(now time.Time) bool {
	return v.Mandate.Standing(now) == MandateActive && v.EnterpriseStatus.Admits() && v.PersonStatus.Admits()
}

// DocumentKey is what the invitee's document is looked up by.
func (i *Invitee) DocumentKey() string { return documentKey(i.DocType, i.DocNumber) }
