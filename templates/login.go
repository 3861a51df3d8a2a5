package templates

// Door is one way to sign in: a tab of the sign-in pages.
type Door struct {
	Key     string // person, enterprise or agent
	URL     string
	Current bool
}

// LoginEnterprise is 法人登录 at /login/enterprise: fields account, password,
// captcha.
type LoginEnterprise struct {
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

func (LoginEnterprise) name() string { return "login-enterprise" }

// Path is where its form posts to.
func (LoginEnterprise) Path() string { return "/login/enterprise" }

// LoginPerson is 个人登录 at /login/person: fields account (phone or document
// number), password, captcha.
type LoginPerson struct {
	Form

	Doors   []Door
	Client  string
	Account string // as typed
	Captcha Captcha
	Notice  string
	Links   LoginLinks
}

func (LoginPerson) name() string { return "login-person" }

// Path is where its form posts to.
func (LoginPerson) Path() string { return "/login/person" }

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
	Reason  string // code under wrong_account: type, legal_type
	Doors   []Door // those that the portal takes and that exist here
}

func (WrongAccount) name() string { return "wrong-account" }
