package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tongid/tongid/accounts/idnum"
)

// activateFields are what a case remembers of 账号激活.
func activateFields() []string {
	return []string{
		"legal_type", "name", "uscc", "rep_name", "rep_id_type", "rep_id_number", "rep_id_term", "rep_id_from", "rep_id_to",
	}
}

// StartActivation is 确认信息, the first of the four steps of 账号激活. Name, code and
// legal type are compared with the register, which is public; whether there is an account to
// activate is not said yet.
func (w *Wizards) StartActivation(ctx context.Context, in *Input) (*Case, error) {
	facts, err := w.activation(in)
	if err != nil {
		return nil, err
	}
	if err := w.ask(ctx, "activate", in.Address); err != nil {
		return nil, err
	}
	answer, err := w.publicFacts(ctx, &facts)
	if err != nil {
		return nil, err
	}
	rep := facts.Representative
	return w.Cases.Begin(ctx, CaseActivate, StepCode, in.Visitor.Browser, func(c *Case) {
		c.Form, c.Site = keep(in.Values, activateFields()...), in.Site
		c.Form["name_of_firm"], c.Opens = facts.Name, answer.activates()
		c.Named = answer.verdict.Name == VerdictMatch && answer.legalType == facts.LegalType
		c.DocHash = docHash("activate", facts.USCC, facts.Name, rep.Name, string(rep.DocType), rep.DocNumber)
	})
}

// CheckActivation says what is wrong with 确认信息 by itself, asking nobody.
func (w *Wizards) CheckActivation(in *Input) error {
	_, err := w.activation(in)
	return err
}

func (w *Wizards) activation(in *Input) (EnterpriseFacts, error) {
	f := readForm(in.Values, w.Now())
	facts := f.enterprise()
	if !in.Agree {
		f.refuse("agree", CodeAgreeRequired)
	}
	return facts, f.err()
}

// SendActivationCode is 获取验证码 on 手机短信验证码.
func (w *Wizards) SendActivationCode(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CaseActivate, StepCode); err != nil {
		return err
	}
	phone, err := w.codePhone(in)
	if err != nil {
		return err
	}
	firm := readForm(c.Form, w.Now()).uscc("uscc")
	return w.Codes.Send(ctx, c, Sending{To: phone, Address: in.Address, Firm: string(firm)}, func(c *Case) {
		c.Form["phone"] = strings.TrimSpace(in.Values["phone"])
	})
}

// ProveActivation is the second step: the code of the phone. The phone that the
// account was imported with proves enough; with any other one the representative
// shows their face.
func (w *Wizards) ProveActivation(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CaseActivate, StepCode); err != nil {
		return err
	}
	f := readForm(in.Values, w.Now())
	phone := f.phone()
	f.proved(c, in, phone)
	if err := f.err(); err != nil {
		return err
	}
	if err := w.provePhone(ctx, c, in, phone); err != nil {
		return err
	}
	facts := readForm(c.Form, w.Now()).enterprise()
	e, err := w.firmOf(ctx, &facts)
	if err != nil {
		return err
	}
	if n, err := w.Changes.EnterprisesWithPhone(ctx, phone); err != nil {
		return fmt.Errorf("activate: %w", err)
	} else if n >= w.Policy.EnterprisesPerPhone && (e == nil || e.Phone != phone) {
		return RefuseField("phone", CodePhoneInUse)
	}
	recorded := e != nil && e.Status == StatusPendingActivation && c.tellsOf(e, &facts) && e.Phone == phone
	return w.Cases.Move(ctx, c, func(c *Case) {
		c.Form["phone"], c.Phone = strings.TrimSpace(in.Values["phone"]), phone
		if c.Step = StepConsent; recorded {
			c.mayActivate(e)
		}
	})
}

// mayActivate takes a case to the account that it was proved to be about.
func (c *Case) mayActivate(e *Enterprise) {
	c.Step, c.Account, c.Form["name_of_firm"] = StepAccount, string(e.ID), e.Name
}

// tellsOf reports whether all that was said of an enterprise, and of who represents
// it, is what its account says: nobody learns which part is not. A name and a
// legal type that the register has are good too, should the enterprise have changed
// since the account was taken in; and an account may not know its legal type.
func (c *Case) tellsOf(e *Enterprise, facts *EnterpriseFacts) bool {
	named := idnum.EnterpriseNameKey(e.Name) == idnum.EnterpriseNameKey(facts.Name)
	typed := e.LegalType == "" || e.LegalType == facts.LegalType
	return (c.Named || named && typed) && fullMatch(e, ptr(facts.Representative.Person()))
}

// FinishActivationFace asks for the truth of the face check and tells the
// representative, now known to be there, how things are.
func (w *Wizards) FinishActivationFace(ctx context.Context, c *Case) error {
	if err := c.at(CaseActivate, StepFace); err != nil {
		return err
	}
	if err := w.prove(ctx, c); err != nil {
		return err
	}
	facts := readForm(c.Form, w.Now()).enterprise()
	e, err := w.firmOf(ctx, &facts)
	if err != nil {
		return err
	}
	word, err := w.judge(ctx, &facts)
	if err != nil {
		return err
	}
	v := word.verdict
	switch {
	case e == nil && !word.waiting && word.refusal == "":
		return w.fail(ctx, c, CodeNothingToActivate)
	case e == nil, !c.tellsOf(e, &facts):
		return w.fail(ctx, c, CodeRegisterMismatchPerson)
	case e.Status == StatusWaiting:
		return w.fail(ctx, c, CodeWaitingRegister)
	case e.Status != StatusPendingActivation:
		return w.fail(ctx, c, CodeAlreadyActive)
	case v.RepName == VerdictMismatch, v.RepDocument == VerdictMismatch:
		return w.fail(ctx, c, CodeRegisterMismatchPerson)
	}
	return w.Cases.Move(ctx, c, func(c *Case) {
		c.Opens = word.activates()
		c.mayActivate(e)
	})
}

// SetActivated is 设置企业账号和密码: the account opens.
func (w *Wizards) SetActivated(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CaseActivate, StepAccount); err != nil {
		return err
	}
	f := readForm(in.Values, w.Now())
	account := f.loginName("account")
	typed := readForm(c.Form, w.Now())
	facts := typed.enterprise()
	if err := w.stale(ctx, c, typed); err != nil {
		return err
	}
	rep := facts.Representative
	f.newPassword(w.Rules, in, PasswordContext{
		Account: account, Phone: c.Phone, USCC: facts.USCC, EnterpriseName: c.Form["name_of_firm"],
		PersonName: rep.Name, DocType: rep.DocType, DocNumber: rep.DocNumber,
	})
	if err := f.err(); err != nil {
		return err
	}
	hash, err := w.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	proofing := LOAPassword
	if c.Proof != nil {
		proofing = c.Proof.LOA()
	}
	activation := Activation{
		ID: EnterpriseID(c.Account), Account: account, Phone: c.Phone, PasswordHash: hash, Proofing: proofing,
		Status: cmp.Or(c.Opens, StatusActive), ValidFrom: rep.ValidFrom, ValidTo: rep.ValidTo, Now: w.Now(),
	}
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := w.settle(ctx, tx, c, c.Account, DocumentService, DocumentPrivacy); err != nil {
			return err
		}
		if err := w.holdEnterprisePhone(ctx, tx, activation.ID, activation.Phone); err != nil {
			return err
		}
		if err := tx.ActivateEnterprise(ctx, activation); err != nil {
			return err
		}
		return w.notify(ctx, tx, c.ID, c.Phone, KindRegistered, nil)
	})
	switch {
	case errors.Is(err, errPhoneFull):
		return w.fail(ctx, c, CodePhoneInUse)
	case errors.Is(err, ErrConflict):
		return w.notActivated(ctx, c)
	case err != nil && !errors.Is(err, errSpent):
		return fmt.Errorf("activate: %w", err)
	}
	return w.finish(ctx, c, func(c *Case) { c.Form["account"] = account })
}

// notActivated says why: somebody else did it, or the login name is taken.
func (w *Wizards) notActivated(ctx context.Context, c *Case) error {
	e, err := w.Enterprises.Enterprise(ctx, EnterpriseID(c.Account))
	if err != nil {
		return fmt.Errorf("activate: %w", err)
	}
	if e.Status != StatusPendingActivation {
		return w.fail(ctx, c, CodeAlreadyActive)
	}
	return RefuseField("account", CodeLoginNameTaken)
}
