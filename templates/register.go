package templates

// RegisterEnterprise is 企业注册 at /register/enterprise. Besides its main button
// it has action=send-sms, new-captcha and, without script, legal-type (show the
// words of the chosen legal type) and term (fill in rep_id_to).
type RegisterEnterprise struct {
	Form

	Account   string
	LegalType string
	Name      string
	USCC      string
	RepName   string
	RepID     Document
	Phone     string
	Captcha   Captcha // shown until a code was sent
	SMS       SMS
	Agreed    bool
	Login     string // address of the sign-in page
}

func (RegisterEnterprise) name() string { return "register-enterprise" }

// RegisterPerson is 个人注册 at /register/person, with the same buttons but for
// legal-type.
type RegisterPerson struct {
	Form

	Name    string
	ID      Document
	Phone   string
	Captcha Captcha // shown until a code was sent
	SMS     SMS
	Agreed  bool
	Login   string // address of the sign-in page
}

func (RegisterPerson) name() string { return "register-person" }

// RegisterDone says how a registration ended. Its link onwards has id="next".
type RegisterDone struct {
	Type    string // enterprise, person
	State   string // code under register_done.state: active, waiting (for the register)
	Name    string // the enterprise's or the person's
	Account string // login name of an enterprise
	USCC    string
	Phone   string // masked
	AsOf    string // date of the register's facts, YYYY-MM-DD
	Next    string // address of the sign-in page
}

func (RegisterDone) name() string { return "register-done" }
