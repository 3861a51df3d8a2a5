package accounts

import "context"

// RegisterClaim is what somebody says of an enterprise, to be compared with the
// business register. Empty fields are not compared.
type RegisterClaim struct {
	USCC         string
	Name         string
	RepName      string
	RepDocType   DocType
	RepDocNumber string
}

// Verdict is what the register says of one claimed field.
type Verdict string

// Verdicts.
const (
	VerdictMatch    Verdict = "match"
	VerdictMismatch Verdict = "mismatch"
	VerdictUnknown  Verdict = "unknown" // not claimed, or the register cannot tell
)

// RegisterStatus is 企业状态 as the register has it (domain: the states of an
// organisation).
type RegisterStatus string

// States in the register.
const (
	RegisterOperating   RegisterStatus = "operating"             // 存续(在营、开业、在册)
	RegisterMovedOut    RegisterStatus = "moved_out"             // 迁出
	RegisterSuspended   RegisterStatus = "suspended"             // 停业
	RegisterLiquidation RegisterStatus = "liquidation"           // 清算
	RegisterRevoked     RegisterStatus = "revoked"               // 吊销,未注销
	RegisterRevokedGone RegisterStatus = "revoked_deregistered"  // 吊销,已注销
	RegisterGone        RegisterStatus = "deregistered"          // 注销
	RegisterWithdrawn   RegisterStatus = "registration_annulled" // 撤销
)

// RegisterStatuses lists them all.
func RegisterStatuses() []RegisterStatus {
	return []RegisterStatus{
		RegisterOperating, RegisterMovedOut, RegisterSuspended, RegisterLiquidation,
		RegisterRevoked, RegisterRevokedGone, RegisterGone, RegisterWithdrawn,
	}
}

// Ended reports whether the organisation exists no more.
func (s RegisterStatus) Ended() bool {
	return s == RegisterRevokedGone || s == RegisterGone || s == RegisterWithdrawn
}

// Opens is the state in which an account opens of an organisation that exists: one
// whose licence was revoked, or that is being wound up, is 受限.
func (s RegisterStatus) Opens() Status {
	if s == RegisterRevoked || s == RegisterLiquidation {
		return StatusRestricted
	}
	return StatusActive
}

// RegisterVerdict is the register's answer to a claim.
type RegisterVerdict struct {
	USCC        Verdict // unknown: the register does not have it, or not yet
	Name        Verdict
	RepName     Verdict
	RepDocument Verdict // type and number as one
	Status      RegisterStatus
	AsOf        string // date of the register's facts, YYYY-MM-DD, Asia/Shanghai
	Evidence    string // the register's reference for this answer
	Source      string // which register
	Simulated   bool
}

// RegisterEntry is what the register holds of an organisation (拓展信息, GB/T
// 36104 basic data).
type RegisterEntry struct {
	USCC         string         `json:"uscc"`
	Name         string         `json:"name"`
	Type         LegalType      `json:"type"`
	Status       RegisterStatus `json:"status"`
	RepName      string         `json:"rep_name"`
	RepDocType   DocType        `json:"rep_id_type"`
	RepDocNumber string         `json:"rep_id_number"`
	Address      string         `json:"address"`
	Capital      string         `json:"capital"` // as the register words it, with its currency
	Founded      string         `json:"founded"` // YYYY-MM-DD
	Scope        string         `json:"scope"`
	Industry     string         `json:"industry"`
	Authority    string         `json:"authority"`
	Approved     string         `json:"approved"` // YYYY-MM-DD
	AsOf         string         `json:"as_of"`    // YYYY-MM-DD

	// Source says which register told it, Simulated that it is none: set by who
	// asked it, never told by it.
	Source    string `json:"-"`
	Simulated bool   `json:"-"`
}

// Register is a business register (工商/登记机关).
type Register interface {
	// Verify compares a claim. An organisation that the register does not have
	// is VerdictUnknown in USCC, not an error.
	Verify(ctx context.Context, c RegisterClaim) (*RegisterVerdict, error)
	// Fetch reads an entry; ErrNotFound if the register does not have it.
	Fetch(ctx context.Context, uscc string) (*RegisterEntry, error)
	// Check reports whether the register can be reached, for readiness.
	Check(ctx context.Context) error
}

// RegisterTable is a local copy of the register, loaded by `tongid import
// registry`.
type RegisterTable interface {
	// RegisterEntry reads one; ErrNotFound if there is none.
	RegisterEntry(ctx context.Context, uscc string) (*RegisterEntry, error)
	// PutRegisterEntries inserts or replaces entries, in one transaction.
	PutRegisterEntries(ctx context.Context, entries []RegisterEntry) error
}
