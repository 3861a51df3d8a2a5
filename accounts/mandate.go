package accounts

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

// MandateState is the state of a mandate as it was last set; that one has expired
// is computed from its dates.
type MandateState string

// States of a mandate.
const (
	MandateActive    MandateState = "active"
	MandateSuspended MandateState = "suspended"
	MandateRevoked   MandateState = "revoked"
)

// Mandate is a person's dated authority to act for an enterprise (经办人授权).
type Mandate struct {
	ID         string // UUID
	Enterprise EnterpriseID
	Person     PersonID
	ValidFrom  string // YYYY-MM-DD, inclusive, Asia/Shanghai
	ValidUntil string
	Manager    bool // 管理权限
	State      MandateState
	CreatedAt  time.Time
	UpdatedAt  time.Time

	// Of the enterprise, where the store reads them along.
	EnterpriseName string
	USCC           string
}

// Standing is the mandate's state on a day: its own, or expired, or pending while
// it has not begun.
func (m *Mandate) Standing(now time.Time) string {
	today := idnum.DateOf(now).String()
	switch {
	case m.State != MandateActive:
		return string(m.State)
	case m.ValidUntil < today:
		return "expired"
	case m.ValidFrom > today:
		return "pending"
	default:
		return string(MandateActive)
	}
}

// MandateStore keeps mandates.
type MandateStore interface {
	// CreateMandate inserts one; ErrConflict if the person has one for the
	// enterprise that was not revoked.
	CreateMandate(ctx context.Context, m *Mandate) error
	// MandatesOf lists a person's mandates with their enterprises, the newest
	// first.
	MandatesOf(ctx context.Context, id PersonID) ([]*Mandate, error)
}
