package templates

// Door is one way to sign in: a tab of the sign-in pages.
type Door struct {
	Key     string // person, enterprise or agent
	URL     string
	Current bool
}

// Login is what the sign-in pages have in common: fields account, password,
// captcha.
type Login struct {
	Form

	Doors   []Door // only those that exist
	Client  string // name of the portal that asked, empty without one
	Account string // as typed
	Captcha Captcha
	// Notice is a code under login.notice: why the person is here although they
	// may not expect it (expired, reauthenticate, signed_out, switch).
	Notice string
	Links  LoginLinks
}

// LoginEnterprise is 法人登录 at /login/enterprise.
type LoginEnterprise struct{ Login }

func (LoginEnterprise) name() string { return "login-enterprise" }

// Path is where its form posts to.
func (LoginEnterprise) Path() string { return "/login/enterprise" }

// LoginPerson is 个人登录 at /login/person: account is a phone or a document's
// number.
type LoginPerson struct{ Login }

func (LoginPerson) name() string { return "login-person" }

// Path is where its form posts to.
func (LoginPerson) Path() string { return "/login/person" }

// LoginAgent is 经办人登录 at /login/agent: fields enterprise (login name or USCC),
// agent (phone or document number, in Account), password, captcha.
type LoginAgent struct {
	Login

	Enterprise string // as typed
}

func (LoginAgent) name() string { return "login-agent" }

// Path is where its form posts to.
func (LoginAgent) Path() string { return "/login/agent" }

// LoginLinks are the addresses of what stands around the sign-in form. An empty
// one is not shown.
type LoginLinks struct {
	Appeal   string // 账号申诉
	Forgot   string // 忘记密码?
	Activate string // 账号激活
	Register string // 没有账号? 立即注册
	Scan     string // 扫码登录在这里
	National string // 国家政务服务平台账号登录
	Licence  string // 电子营业执照登录
	Agent    string // 经办人账号登录
}

// Help reports whether any link stands under the fields.
func (l LoginLinks) Help() bool { return l.Appeal+l.Forgot+l.Activate != "" }

// Others reports whether there is another way to sign in.
func (l LoginLinks) Others() bool { return l.National+l.Licence+l.Agent != "" }

// WrongAccount says that the portal does not take the account that is signed in,
// and offers the doors that it does. Its form posts action=back to Action.
type WrongAccount struct {
	Form

	Action  string // where action=back goes; the flow then ends with access_denied
	Client  string // name of the portal
	Account string // name of the signed-in account
	Type    string // its account type: enterprise, agent, person
	Reason  string // code under wrong_account: type, legal_type, no_mandate
	Doors   []Door // those that the portal takes and that exist here
}

func (WrongAccount) name() string { return "wrong-account" }

// Choose is 选择企业, /choose: a person says for which enterprise they act; field
// mandate (radio): a mandate's id, or "person" for themself.
type Choose struct {
	Form

	Client   string // name of the portal, empty on the agent's own pages
	Mandates []Choice
	Myself   string // the person's name, masked; empty where that is no choice
	Current  string // the choice made before
}

func (Choose) name() string { return "choose" }

// Choice is one enterprise that a person may act for.
type Choice struct {
	ID         string // of the mandate
	Enterprise string
	USCC       string
	Until      string // YYYY-MM-DD, empty: no end
	Manager    bool
}
