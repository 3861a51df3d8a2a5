package accounts

import "time"

// Principal names the account that a session or a grant acts as, and the epochs
// it was born under.
type Principal struct {
	Type       Type         `json:"t"`
	Subject    string       `json:"s"` // OpenID Connect sub
	Enterprise EnterpriseID `json:"e,omitempty"`
	Person     PersonID     `json:"n,omitempty"`
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
	Status    Status // of the enterprise, or of the person
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
// is in a state that may sign in, and nothing ended it since p was born.
func (s Standing) Admits(p Principal) bool {
	return s.Status.Admits() && s.Epochs == p.Epochs
}
