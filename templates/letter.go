package templates

import "time"

// Letter is 授权书, to print: /center/agents/{mandate}/letter, of an agent with
// 管理权限 /agent/agents/{mandate}/letter, of the agent /agent/letter.
type Letter struct {
	Company     string
	USCC        string
	Agent       string
	DocType     string
	DocNumber   string // masked
	Role        string // under mandate_role
	From, Until string // YYYY-MM-DD; no end: empty
	Manager     bool
	Services    []string // names of portals, empty for all
	Evidence    string   // what proves that the grantor was there, may be empty
	Issued      time.Time
	Code        string // check code, in groups
	QR          string // address of the picture
	Verify      string // where the code is entered, in full
	Back        string
}

func (Letter) name() string { return "letter" }

// Verify is 授权书核验, /verify: a check code is entered (code), and what is known of
// the letter is told, to anybody. No number of a person is among it.
type Verify struct {
	Form

	Code   string // as typed
	Letter *VerifiedLetter
}

func (Verify) name() string { return "verify" }

// VerifiedLetter is a genuine letter, with what its mandate says now.
type VerifiedLetter struct {
	Company     string
	USCC        string
	Agent       string // masked
	Role        string // under mandate_role
	From, Until string // YYYY-MM-DD; no end: empty
	Manager     bool
	Services    []string // names of portals, empty for all
	Issued      time.Time
	InForce     bool
	State       string // under mandate_state
	Changed     bool   // since it was issued
}
