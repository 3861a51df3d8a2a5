package templates

import "time"

// CenterEnterprise is 企业信息, the first page of 企业中心, /center/enterprise.
// Numbers of people come masked.
type CenterEnterprise struct {
	Account string // 登录账号
	Phone   string // masked
	Name    string
	USCC    string
	Status  string // under status
	Level   int    // of assurance
	Since   time.Time
	AsOf    string // date of the register's facts, YYYY-MM-DD
	// Notice is a code under center.notice: phone_changed, password_changed,
	// enterprise_changed, representative_changed.
	Notice string
}

func (CenterEnterprise) name() string { return "center-enterprise" }

// CenterRepresentative is 法人信息, /center/representative.
type CenterRepresentative struct {
	LegalType string // says what the person is to the enterprise, too
	Status    string // under status
	Phone     string // masked
	RepName   string // masked
	RepID     Document
	Expired   bool // the document is
}

func (CenterRepresentative) name() string { return "center-representative" }

// CenterExtension is 拓展信息, /center/extension: what the register says.
type CenterExtension struct {
	Problem   string // under center.extension.problem: why there is nothing else
	Address   string
	Capital   string
	Founded   string // YYYY-MM-DD
	Scope     string
	Industry  string
	Approved  string // YYYY-MM-DD
	Authority string
	Status    string // under register_status
	AsOf      string // YYYY-MM-DD
	Source    string // under register_source
	Simulated bool
}

func (CenterExtension) name() string { return "center-extension" }

// CenterPassword is 密码修改, /center/password, like MePassword.
type CenterPassword MePassword

func (CenterPassword) name() string { return "center-password" }

// Path is where its form posts to.
func (CenterPassword) Path() string { return "/center/password" }

// Back is where its form can be left to.
func (CenterPassword) Back() string { return "/center/enterprise" }

// CenterPhone is 手机变更, /center/phone, like MePhone.
type CenterPhone MePhone

func (CenterPhone) name() string { return "center-phone" }

// Path is where its form posts to.
func (CenterPhone) Path() string { return "/center/phone" }

// Back is where its form can be left to.
func (CenterPhone) Back() string { return "/center/enterprise" }

// CenterChange is 企业信息变更, /center/change: legal_type, name, rep_name and the
// document with the prefix rep_id; without script also the buttons action=legal-type
// and term. The code is shown and cannot be changed.
type CenterChange struct {
	Form

	USCC      string
	LegalType string
	Name      string
	RepName   string
	RepID     Document
}

func (CenterChange) name() string { return "center-change" }

// CenterPortals is 已连接的网站, /center/portals, like MePortals.
type CenterPortals MePortals

func (CenterPortals) name() string { return "center-portals" }

// Path is where its forms post to.
func (CenterPortals) Path() string { return "/center/portals" }
