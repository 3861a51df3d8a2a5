package templates

// AgentPage is what the pages of 经办人中心 have in common.
type AgentPage struct {
	Company string // 当前企业
	Person  string // masked
	Manager bool
	// Own says that the mandate's own password signed in, which reaches no other.
	Own bool
}

// AgentAccount is 账号信息, /agent/account.
type AgentAccount struct {
	AgentPage

	ID                    Document // masked
	Phone                 string   // masked
	ValidFrom, ValidUntil string   // 授权有效, YYYY-MM-DD; no end: empty
	Role                  string   // under mandate_role: agent, legal_representative
	Services              []string // names of portals, empty for all
	Notice                string   // code under me.notice
	History               []MandateDeed
}

func (AgentAccount) name() string { return "agent-account" }

// AgentEnterprise is 法人信息 as far as an agent sees it, /agent/enterprise.
type AgentEnterprise struct {
	AgentPage

	USCC      string
	LegalType string
	Status    string
}

func (AgentEnterprise) name() string { return "agent-enterprise" }

// AgentPassword is 修改密码, /agent/password: old_password, password,
// password_confirm.
type AgentPassword struct {
	AgentPage
	Form

	Account string // for password managers
	Preset  bool   // the enterprise chose the one in use, which must be replaced
}

func (AgentPassword) name() string { return "agent-password" }

// AgentPhone is 手机变更 of the person's own phone, /agent/phone, like MePhone. Step 0
// says that it must be changed elsewhere.
type AgentPhone struct {
	AgentPage
	Form

	Step    int
	Current string // masked
	Account string // for password managers
	Phone   string // the new one, as typed
	Captcha Captcha
	SMS     SMS
}

func (AgentPhone) name() string { return "agent-phone" }

// Path is where its forms post to.
func (AgentPhone) Path() string { return "/agent/phone" }

// Back is where its cancel leads.
func (AgentPhone) Back() string { return "/agent/account" }

// AgentSessions lists where the agent is signed in, /agent/sessions, like Sessions.
type AgentSessions struct {
	AgentPage
	Form

	Account  string
	Sessions []SignIn
	Ended    bool // one was just ended
}

func (AgentSessions) name() string { return "agent-sessions" }

// Path is where its forms post to.
func (AgentSessions) Path() string { return "/agent/sessions" }
