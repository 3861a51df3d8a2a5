package templates

// Activate1 is step 确认信息 of 账号激活, with the buttons of RegisterEnterprise
// but for send-sms.
type Activate1 struct {
	Form

	LegalType string
	Name      string
	USCC      string
	RepName   string
	RepID     Document
	Captcha   Captcha
	Agreed    bool
}

func (Activate1) name() string { return "activate-1" }

// Activate2 is step 短信验证: phone, sms_code, and a captcha if one is given.
type Activate2 struct {
	Form

	Enterprise string
	OnRecord   string // the phone on record, masked, empty if there is none
	Phone      string
	Captcha    Captcha
	SMS        SMS
	Appeal     string // address of the appeal
}

func (Activate2) name() string { return "activate-2" }

// Activate3 is step 设置账号密码: account, password, password_confirm.
type Activate3 struct {
	Form

	Enterprise string
	Account    string
}

func (Activate3) name() string { return "activate-3" }

// Activate4 is 激活成功. Its link onwards has id="next".
type Activate4 struct {
	Enterprise string
	Account    string
	Next       string // address of the sign-in page
}

func (Activate4) name() string { return "activate-4" }
