package templates

import "time"

// MeAccount is the first page of 个人中心, /me/account. Numbers come masked.
type MeAccount struct {
	Name      string
	ID        Document // masked
	Expired   bool     // the document is
	Phone     string   // masked
	Level     int      // of assurance
	Provider  string   // who checked the face, empty if nobody
	Proved    time.Time
	Simulated bool // the check looked at nobody
	Since     time.Time
	Closing   time.Time // when the account will be closed, zero if it will not
	// Notice is a code under me.notice: phone_changed, password_changed,
	// closing_withdrawn.
	Notice string
}

func (MeAccount) name() string { return "me-account" }

// MeMandates is 我的授权, /me/mandates: for whom the person may act, and who asks
// them to (field mandate, buttons action=accept and action=decline). A
// representative links an enterprise by field uscc, action=represent.
type MeMandates struct {
	Form

	Mandates []MandateRow
	Offered  []MandateRow
	Usable   bool   // one of them is in force
	USCC     string // as typed
	Notice   string // accept, decline, represent, request: was done

	// The form action=request, as typed.
	Enterprise, From, Until string
}

func (MeMandates) name() string { return "me-mandates" }

// MandateRow is one mandate as its holder sees it.
type MandateRow struct {
	ID         string
	Enterprise string
	USCC       string
	From, To   string // YYYY-MM-DD
	Manager    bool
	Services   []string // names of portals, empty for all
	State      string   // under mandate_state: active, expired, suspended, revoked, pending
}

// MeMandate is one mandate before its holder, /me/mandates/{id}: action=leave.
type MeMandate struct {
	Form
	MandateRow

	Role    string // under mandate_role
	Open    bool   // can be given up
	Left    bool   // just was
	History []MandateDeed
}

func (MeMandate) name() string { return "me-mandate" }

// MePassword is 密码修改, /me/password: old_password, password, password_confirm.
type MePassword struct {
	Form

	Account string // for password managers: the phone
}

func (MePassword) name() string { return "me-password" }

// Path is where its form posts to.
func (MePassword) Path() string { return "/me/password" }

// Back is where its form can be left to.
func (MePassword) Back() string { return "/me/account" }

// MePhone is 手机变更, /me/phone: first password, then phone, captcha, sms_code.
type MePhone struct {
	Form

	Step    int    // 1 or 2
	Current string // the phone now, masked
	Account string // for password managers
	Phone   string // the new one, as typed
	Captcha Captcha
	SMS     SMS
}

func (MePhone) name() string { return "me-phone" }

// Path is where its form posts to.
func (MePhone) Path() string { return "/me/phone" }

// Back is where its form can be left to.
func (MePhone) Back() string { return "/me/account" }

// MeSessions lists where the person is signed in, /me/sessions, like Sessions.
type MeSessions struct {
	Form

	Account  string
	Sessions []SignIn
	Ended    bool // one was just ended
}

func (MeSessions) name() string { return "me-sessions" }

// Path is where its forms post to.
func (MeSessions) Path() string { return "/me/sessions" }

// MePortals lists the portals that know the person, /me/portals: each row with
// the hidden field client and the button action=revoke.
type MePortals struct {
	Form

	Portals []PortalAccess
	Revoked bool // one was just revoked
}

func (MePortals) name() string { return "me-portals" }

// Path is where its forms post to.
func (MePortals) Path() string { return "/me/portals" }

// PortalAccess is what a portal may know of an account.
type PortalAccess struct {
	ClientID string
	Name     string
	Scopes   []string // in words from the catalogue (scope.<name>)
	Since    time.Time
	Used     time.Time // zero if unknown
	Offline  bool      // it keeps access while the person is away
}

// MeClose is 注销账号, /me/close: password, confirm=1; or, while it is being
// closed, action=withdraw.
type MeClose struct {
	Form

	Account  string // for password managers
	Days     int    // of cooling
	Closing  time.Time
	Mandates int // in force: they end with the account
}

func (MeClose) name() string { return "me-close" }

// Invite tells who was invited how to accept, /invite/{mandate}.
type Invite struct {
	Enterprise string // empty: the invitation is over
	Person     string // masked
	Login      string // where to go on
	Register   string // empty for who is signed in
}

func (Invite) name() string { return "invite" }
