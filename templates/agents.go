package templates

import "time"

// Agents is 我的经办人: the list, the form of 添加, and one mandate. It is kept by
// the enterprise's own account or by an agent with 管理权限.
type Agents struct {
	AgentPage
	Form

	Base   string // address of the list
	Notice string // code under agents.notice

	// The list.
	Rows  []AgentRow
	Next  string // address of the page after it, empty if this is the last
	First string // address of the first page, empty if this is it

	// Draft is the form of 添加, or the terms of One; nil on the list.
	Draft *AgentDraft
	One   *AgentRow
	// Invite is the address where who was invited accepts, InviteQR its picture.
	Invite, InviteQR string
	// Letter is where 授权书 is printed, Activity what was done under it; empty if
	// there is none.
	Letter, Activity string

	History []MandateDeed
}

// AgentRow is one mandate as its keeper sees it.
type AgentRow struct {
	ID            string
	Name          string
	DocType       string
	DocNumber     string // masked
	Phone         string // masked
	From, Until   string // YYYY-MM-DD; no end: empty
	DocFrom       string
	DocTo         string
	Manager       bool
	Services      []string // names of portals, empty for all
	State         string   // under mandate_state
	Standing      bool     // by the register, which no keeper changes
	Own           bool     // has a password of its own
	Asked         bool     // by the person, not granted
	Suspendable   bool
	Resumable     bool
	Open          bool // can be changed and revoked
	Address       string
	ConfirmBy     string // YYYY-MM-DD, empty if it need not be
	AsRepresented string // role, under mandate_role
}

// AgentDraft are the fields of the form, as typed.
type AgentDraft struct {
	Asked                    string // name of who asked to be one; empty: somebody new
	Name, DocType, DocNumber string
	DocFrom, DocTo           string
	Phone                    string
	From, Until              string
	Manager                  string // 0 or 1
	Revision                 string // of the terms that the form showed first
	Services                 []ServiceChoice
}

// ServiceChoice is a portal that a mandate can be for.
type ServiceChoice struct {
	ID, Name string
	Chosen   bool
}

// MandateDeed is an entry of a mandate's history.
type MandateDeed struct {
	Action      string // under mandate_action
	By          string // under account_type
	At          time.Time
	From, Until string
	Manager     bool
	Services    []string
}

// CenterAgents is Agents of the enterprise's own account, /center/agents.
type CenterAgents struct{ Agents }

func (CenterAgents) name() string { return "center-agents" }

// AgentAgents is Agents of an agent with 管理权限, /agent/agents.
type AgentAgents struct{ Agents }

func (AgentAgents) name() string { return "agent-agents" }
