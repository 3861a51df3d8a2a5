package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts/idnum"
)

// enterpriseFields are what a case remembers of 企业注册.
func enterpriseFields() []string {
	return []string{
		"account", "legal_type", "name", "uscc", "rep_name", "rep_id_type", "rep_id_number",
		"rep_id_term", "rep_id_from", "rep_id_to", "phone",
	}
}

// SendEnterpriseCode is 获取验证码 on 企业注册: it keeps what was typed so far and
// sends a code to the phone.
func (w *Wizards) SendEnterpriseCode(ctx context.Context, c *Case, in *Input) error {
	return w.sendFormCode(ctx, c, in, CaseRegisterEnterprise, enterpriseFields(), idnum.Normalise(in.Values["uscc"]))
}

func (w *Wizards) sendFormCode(ctx context.Context, c *Case, in *Input, kind CaseKind, fields []string, firm string) error {
	if err := c.at(kind, StepForm); err != nil {
		return err
	}
	phone, err := w.codePhone(in)
	if err != nil {
		return err
	}
	return w.Codes.Send(ctx, c, Sending{To: phone, Address: in.Address, Firm: firm}, func(c *Case) {
		c.Form, c.Site = keep(in.Values, fields...), in.Site
	})
}

// SubmitEnterprise is 注册: every field is checked, then name, code and legal type
// against the register, which are public; then the code that the phone got. What the person's
// facts are worth is not said before the face was seen.
func (w *Wizards) SubmitEnterprise(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CaseRegisterEnterprise, StepForm); err != nil {
		return err
	}
	f := readForm(in.Values, w.Now())
	account := f.loginName("account")
	facts := f.enterprise()
	phone := f.phone()
	f.newPassword(w.Rules, in, PasswordContext{
		Account: account, Phone: phone, USCC: facts.USCC, EnterpriseName: facts.Name,
		PersonName: facts.Representative.Name, DocType: facts.Representative.DocType, DocNumber: facts.Representative.DocNumber,
	})
	f.proved(c, in, phone)
	if !in.Agree {
		f.refuse("agree", CodeAgreeRequired)
	}
	if err := f.err(); err != nil {
		return err
	}
	if _, err := w.publicFacts(ctx, &facts); err != nil {
		return err
	}
	if err := w.provePhone(ctx, c, in, phone); err != nil {
		return err
	}
	if n, err := w.Changes.EnterprisesWithPhone(ctx, phone); err != nil {
		return fmt.Errorf("register: %w", err)
	} else if n >= w.Policy.EnterprisesPerPhone {
		return RefuseField("phone", CodePhoneInUse)
	}
	hash, err := w.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	rep := facts.Representative
	digest := docHash("register", facts.USCC, facts.Name, rep.Name, string(rep.DocType), rep.DocNumber)
	err = w.Cases.Move(ctx, c, func(c *Case) {
		c.Form, c.Site = keep(in.Values, enterpriseFields()...), in.Site
		c.Form["name_of_firm"] = facts.Name
		c.Phone, c.PasswordHash = phone, hash
		c.Step = StepConsent
		if c.Proof != nil && c.Proof.DocHash != digest {
			c.Proof = nil // it was for other facts
		}
		c.DocHash = digest
		if c.Proof != nil {
			c.Step = StepFace // only the login name was taken: nobody looks twice
		}
	})
	if err != nil || c.Step != StepFace {
		return err
	}
	return w.FinishEnterprise(ctx, c)
}

// proved refuses a form whose phone no code was sent to.
func (f *form) proved(c *Case, in *Input, phone string) {
	switch {
	case phone == "" || c.PhoneProof == phone:
	case c.Code == nil || c.Code.Phone != phone:
		f.refuse("sms_code", CodeSMSNotSent)
	case in.SMSCode == "":
		f.refuse("sms_code", CodeSMSRequired)
	}
}

// provePhone checks the code of the phone, unless it was right before.
func (w *Wizards) provePhone(ctx context.Context, c *Case, in *Input, phone string) error {
	if c.PhoneProof == phone {
		return nil
	}
	return w.Codes.Verify(ctx, c, phone, in.SMSCode, func(c *Case) { c.Phone = phone })
}

// FinishEnterprise asks for the truth of the face check and, if it was passed,
// judges the person's facts as one group and opens the account.
func (w *Wizards) FinishEnterprise(ctx context.Context, c *Case) error {
	if err := c.at(CaseRegisterEnterprise, StepFace); err != nil {
		return err
	}
	if err := w.prove(ctx, c); err != nil {
		return err
	}
	f := readForm(c.Form, w.Now())
	facts := f.enterprise()
	if err := w.stale(ctx, c, f); err != nil {
		return err
	}
	word, err := w.judge(ctx, &facts)
	switch {
	case err != nil:
		return err
	case word.refusal != "":
		return w.failAsOf(ctx, c, word.refusal, word.verdict.AsOf)
	}
	if err := w.registeredBefore(ctx, c, &facts, word); err != nil {
		return err
	}
	return w.openEnterprise(ctx, c, &facts, word)
}

// registeredBefore tells the representative, now known to be there, that the
// enterprise has an account. The one that this very case opened is none. Whoever the
// register does not confirm is the representative if the account says so; anybody
// else hears what all hear whose facts do not fit, and not what there is.
func (w *Wizards) registeredBefore(ctx context.Context, c *Case, facts *EnterpriseFacts, word *judgement) error {
	found, err := w.firmOf(ctx, facts)
	if err != nil {
		return err
	}
	if found == nil || found.PasswordHash == c.PasswordHash {
		return nil
	}
	if found.Status == StatusWaiting && !word.waiting {
		return w.settleNow(ctx, c, facts, found)
	}
	switch {
	case word.waiting && !fullMatch(found, ptr(facts.Representative.Person())):
		return w.fail(ctx, c, CodeRegisterMismatchPerson)
	case found.Status == StatusPendingActivation:
		return w.fail(ctx, c, CodePendingNeedsActivation)
	case found.Status == StatusWaiting:
		return w.fail(ctx, c, CodeWaitingRegister)
	}
	return w.fail(ctx, c, CodeAlreadyRegistered)
}

// settleNow has the register, which has learned of the enterprise meanwhile, decide
// about the account that waits for it: who typed a code first does not keep it from
// who represents the enterprise.
func (w *Wizards) settleNow(ctx context.Context, c *Case, facts *EnterpriseFacts, waiting *Enterprise) error {
	if _, err := w.lookAgain(ctx, waiting, w.Now()); err != nil {
		return err
	}
	found, err := w.firmOf(ctx, facts)
	switch {
	case err != nil:
		return err
	case found == nil:
		return nil
	case found.Status == StatusWaiting:
		return Refuse(CodeRegisterUnavailable) // it has forgotten it again
	case found.ID == waiting.ID:
		return w.fail(ctx, c, CodeRegisterConfirmed)
	}
	return w.fail(ctx, c, CodeAlreadyRegistered)
}

func (w *Wizards) openEnterprise(ctx context.Context, c *Case, facts *EnterpriseFacts, word *judgement) error {
	now := w.Now()
	e := &Enterprise{
		ID: EnterpriseID(uuid.NewString()), Account: trimmed(c.Form["account"]), USCC: facts.USCC, Name: facts.Name,
		LegalType: facts.LegalType, Status: word.opens(), Representative: facts.Representative, Phone: c.Phone,
		PasswordHash: c.PasswordHash, Proofing: c.Proof.LOA(), AsOf: word.verdict.AsOf, CreatedAt: now, UpdatedAt: now,
	}
	if word.verdict.Simulated {
		e.Proofing = LOAPassword
	}
	kind := KindRegistered
	if word.waiting {
		e.AsOf, kind = "", ""
	}
	err := w.Ledger.Within(ctx, func(tx Tx) error {
		if err := w.settle(ctx, tx, c, string(e.ID), DocumentService, DocumentPrivacy); err != nil {
			return err
		}
		if err := w.holdEnterprisePhone(ctx, tx, e.ID, e.Phone); err != nil {
			return err
		}
		if err := tx.CreateEnterprise(ctx, e); err != nil {
			return err
		}
		if kind == "" {
			return nil
		}
		return w.notify(ctx, tx, string(e.ID), e.Phone, kind, nil)
	})
	switch {
	case errors.Is(err, errPhoneFull):
		return w.fail(ctx, c, CodePhoneInUse)
	case errors.Is(err, ErrConflict):
		return w.lostName(ctx, c, facts, word)
	case err != nil && !errors.Is(err, errSpent):
		return fmt.Errorf("register: open account: %w", err)
	}
	return w.finish(ctx, c, func(c *Case) { c.Waiting, c.AsOf = word.waiting, e.AsOf })
}

// lostName finds out which of the two was taken meanwhile: the code of the
// enterprise, by a racer, or the login name, which can be chosen anew without
// another look into the camera.
func (w *Wizards) lostName(ctx context.Context, c *Case, facts *EnterpriseFacts, word *judgement) error {
	if err := w.registeredBefore(ctx, c, facts, word); err != nil {
		return err
	}
	if err := w.Cases.Move(ctx, c, func(c *Case) { c.Step, c.PasswordHash = StepForm, "" }); err != nil {
		return err
	}
	return RefuseField("account", CodeLoginNameTaken)
}
