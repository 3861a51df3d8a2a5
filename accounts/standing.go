package accounts

import "time"

// Principal names the account that a session or a grant acts as, and the epochs
// it was born under.
type Principal struct {
	Type       Type         `json:"t"`
	Subject    string       `json:"s"` // OpenID Connect sub
	Enterprise EnterpriseID `json:"e,omitempty"`
	Person     PersonID     `json:"n,omitempty"`
	Mandate    string       `json:"m,omitempty"` // of an agent
	Epochs     Epochs       `json:"p"`
}

// Principal returns the enterprise's own account as it stands now.
func (e Enterprise) Principal() Principal {
	return Principal{Type: TypeEnterprise, Subject: string(e.ID), Enterprise: e.ID, Epochs: e.Epochs}
}

// Standing is what the store knows now about a principal. One statement reads
// it, at every door: SSO, code, refresh, userinfo, introspection, pages.
type Standing struct {
	Epochs    Epochs
	Status    Status   // of the enterprise, or of the person
	Mandate   *Mandate // of an agent: what limits it; nil of others
	Holder    Status   // of an agent: the person's own
	Proofing  LOA
	Name      string // the enterprise's, or the person's
	Username  string // login name
	Phone     string // E.164
	USCC      string
	Company   string // name of the enterprise
	LegalType LegalType
	AsOf      string // YYYY-MM-DD
	UpdatedAt time.Time
}

// Admits reports whether a session or grant of p may still be used: the account
// is in a state that may sign in, nothing ended it since p was born, and the
// mandate of an agent is in force.
func (s *Standing) Admits(p Principal, now time.Time) bool {
	if !s.Status.Admits() || s.Epochs != p.Epochs {
		return false
	}
	if p.Type != TypeAgent {
		return true
	}
	return s.Mandate != nil && s.Mandate.ID == p.Mandate && s.Mandate.Standing(now) == MandateActive && s.Holder.Admits()
}
