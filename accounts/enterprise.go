package accounts

import "time"

// Enterprise is an enterprise account (企业/法人).
type Enterprise struct {
	ID             EnterpriseID
	Account        string // login name as typed at registration; unique without regard to case
	USCC           string // 统一社会信用代码, GB 32100, normalised; unique among accounts not cancelled
	Name           string
	LegalType      LegalType
	Status         Status
	Representative Representative
	Phone          string // E.164, sealed at rest
	PasswordHash   string // PHC string; empty before activation
	Proofing       LOA    // how well the enterprise itself was proved, 2..5
	AsOf           string // date of the register facts, YYYY-MM-DD, Asia/Shanghai
	Epochs         Epochs
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Representative is the 法定代表人 (or 负责人, 经营者…) of an enterprise.
type Representative struct {
	Name      string // sealed at rest
	DocType   DocType
	DocNumber string // sealed at rest
	ValidFrom string // YYYY-MM-DD
	ValidTo   string // YYYY-MM-DD, empty for 长期
}

// Epochs are the counters whose change ends what was born under an older value
// (docs/architecture.md, "epoch").
type Epochs struct {
	Account    int64 `json:"a"`           // raised by a changed credential, by "sign out everywhere", by the account's own end; of an agent: the mandate's
	Enterprise int64 `json:"e"`           // raised by freeze, end, change of representative
	Person     int64 `json:"n,omitempty"` // of an agent: the person's own account epoch
}
