package accounts

import "slices"

// Type is the kind of an account (contract: claim account_type).
type Type string

// The three kinds of account.
const (
	TypeEnterprise Type = "enterprise" // 企业/法人: the enterprise's own shared account
	TypeAgent      Type = "agent"      // 经办人: a person acting for an enterprise under a mandate
	TypePerson     Type = "person"     // 自然人
)

// Types lists every account type in the order pages show them.
func Types() []Type { return []Type{TypePerson, TypeEnterprise, TypeAgent} }

// Valid reports whether t is one of the three account types.
func (t Type) Valid() bool { return slices.Contains(Types(), t) }

// Status is the state of an enterprise (contract: claim enterprise.status).
type Status string

// States of an enterprise. Persons are active, frozen or cancelled.
const (
	StatusActive            Status = "active"             // 正常
	StatusPendingActivation Status = "pending_activation" // 待激活
	StatusRestricted        Status = "restricted"         // 受限
	StatusFrozen            Status = "frozen"             // 冻结
	StatusCancelled         Status = "cancelled"          // 注销
	// StatusWaiting (待核验): registered and proved, but the business register
	// does not know the organisation yet. It admits nobody and is no state that
	// portals see.
	StatusWaiting Status = "waiting_register"
)

// Admits reports whether an account in this state may sign in and keep tokens.
// A restricted enterprise may: portals see the state in the claims and decide.
func (s Status) Admits() bool { return s == StatusActive || s == StatusRestricted }

// LegalType is 法人类型 (domain: the kinds of organisation with a USCC).
type LegalType string

// LegalTypes lists the kinds of organisation, in the order pages show them.
func LegalTypes() []LegalType {
	return []LegalType{
		"enterprise", "non_legal_enterprise", "individual_business", "farmers_coop",
		"government", "institution", "mass_org", "social_group", "private_nonprofit",
		"foundation", "law_firm", "notary", "legal_service_office", "forensic_institution",
		"arbitration_commission", "religious_site", "union", "collective", "other",
	}
}

// Valid reports whether t is a known kind of organisation.
func (t LegalType) Valid() bool { return slices.Contains(LegalTypes(), t) }

// DocType is the kind of an identity document (contract: id_type, doc_type).
type DocType string

// Kinds of identity document.
const (
	DocResidentID        DocType = "resident_id"
	DocHKMacaoPermit     DocType = "hk_macao_permit"
	DocTaiwanPermit      DocType = "taiwan_permit"
	DocResidencePermit   DocType = "residence_permit"
	DocPermanentResident DocType = "permanent_resident"
	DocPassport          DocType = "passport"
)

// EnterpriseID identifies one enterprise account, a UUID. It is also the
// account's OpenID Connect subject: an enterprise registered again after its end
// is a new account with a new one.
type EnterpriseID string

// LOA is a level of assurance, 2 to 5 (contract: urn:tongid:loa:N).
type LOA int
