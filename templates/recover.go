package templates

// Kinds of account that a wizard is about.
const (
	KindEnterprise = "enterprise"
	KindPerson     = "person"
)

// kind says whose password is recovered; it decides words and address.
type kind string

// Path is where the wizard's steps are.
func (k kind) Path() string {
	if k == KindPerson {
		return "/recover/person"
	}
	return "/recover"
}

// Person reports whether it is a person's.
func (k kind) Person() bool { return k == KindPerson }

// Recover1 is step 确认账号 of 忘记密码. Fields of an enterprise: account,
// rep_name, rep_id_type, rep_id_number, captcha; of a person: account, name,
// id_type, id_number, captcha.
type Recover1 struct {
	Form

	Kind      string // KindEnterprise or KindPerson
	Account   string
	Name      string // of the representative, or of the person
	DocType   string
	DocNumber string
	Captcha   Captcha
	Other     string // address of the other kind's recovery
}

func (Recover1) name() string { return "recover-1" }

// Recover2 is step 短信验证: field sms_code, buttons action=send-sms and, for a
// lost phone, action=face. It reads the same whether or not step 1 was right.
type Recover2 struct {
	Form

	Kind   string
	Phone  string // masked; a stable invention if nothing matched
	SMS    SMS
	Face   bool   // a face check may take the phone's place
	Appeal string // address of the appeal
}

func (Recover2) name() string { return "recover-2" }

// Recover3 is step 设置新密码: password, password_confirm.
type Recover3 struct {
	Form

	Kind    string
	Account string // for password managers: the account name or the phone
}

func (Recover3) name() string { return "recover-3" }

// RecoverDone says that the password is set. Its link onwards has id="next".
type RecoverDone struct {
	Kind string
	Next string // address of the sign-in page
}

func (RecoverDone) name() string { return "recover-done" }

// Path is where the form posts to.
func (p Recover1) Path() string { return kind(p.Kind).Path() }

// Path is where the form posts to.
func (p Recover2) Path() string { return kind(p.Kind).Path() }

// Path is where the form posts to.
func (p Recover3) Path() string { return kind(p.Kind).Path() }

// Person reports whether a person's password is recovered.
func (p Recover1) Person() bool { return p.Kind == KindPerson }
