package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// personFields are what a case remembers of 个人注册.
func personFields() []string {
	return []string{"name", "id_type", "id_number", "id_term", "id_from", "id_to", "phone"}
}

// SendPersonCode is 获取验证码 on 个人注册.
func (w *Wizards) SendPersonCode(ctx context.Context, c *Case, in *Input) error {
	return w.sendFormCode(ctx, c, in, CaseRegisterPerson, personFields(), "")
}

// SubmitPerson is 注册 on 个人注册.
func (w *Wizards) SubmitPerson(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CaseRegisterPerson, StepForm); err != nil {
		return err
	}
	f := readForm(in.Values, w.Now())
	facts := f.person("name", "id")
	f.validity("id", &facts)
	phone := f.phone()
	f.newPassword(w.Rules, in, PasswordContext{Phone: phone, PersonName: facts.Name, DocType: facts.DocType, DocNumber: facts.DocNumber})
	f.proved(c, in, phone)
	if !in.Agree {
		f.refuse("agree", CodeAgreeRequired)
	}
	if err := f.err(); err != nil {
		return err
	}
	if err := w.provePhone(ctx, c, in, phone); err != nil {
		return err
	}
	// Told to who holds the phone.
	if taken, err := w.phoneTaken(ctx, phone); err != nil {
		return err
	} else if taken {
		return RefuseField("phone", CodePhoneInUse)
	}
	hash, err := w.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	return w.Cases.Move(ctx, c, func(c *Case) {
		c.Form, c.Site = keep(in.Values, personFields()...), in.Site
		c.Phone, c.PasswordHash, c.Step = phone, hash, StepConsent
		c.DocHash = docHash("register person", facts.Name, string(facts.DocType), facts.DocNumber)
	})
}

// FinishPerson asks for the truth of the face check and opens the account.
func (w *Wizards) FinishPerson(ctx context.Context, c *Case) error {
	if err := c.at(CaseRegisterPerson, StepFace); err != nil {
		return err
	}
	if err := w.prove(ctx, c); err != nil {
		return err
	}
	f := readForm(c.Form, w.Now())
	facts := f.person("name", "id")
	f.validity("id", &facts)
	if err := w.stale(ctx, c, f); err != nil {
		return err
	}
	now := w.Now()
	p := &Person{
		ID: PersonID(uuid.NewString()), Name: facts.Name, DocType: facts.DocType, DocNumber: facts.DocNumber,
		ValidFrom: facts.ValidFrom, ValidTo: facts.ValidTo, Phone: c.Phone, PasswordHash: c.PasswordHash,
		Status: StatusActive, Proofing: c.Proof.LOA(), CreatedAt: now, UpdatedAt: now,
	}
	if err := w.endClosed(ctx, PersonIdentifier{Documents: []string{p.DocumentKey()}}); err != nil {
		return err
	}
	err := w.endClosed(ctx, PersonIdentifier{Phone: p.Phone})
	if err != nil {
		return err
	}
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := w.settle(ctx, tx, c, string(p.ID), DocumentService, DocumentPrivacy); err != nil {
			return err
		}
		// Somebody may have come first while the face was looked at.
		if err := w.holdPersonPhone(ctx, tx, p.Phone); err != nil {
			return err
		}
		if err := tx.CreatePerson(ctx, p); err != nil {
			return err
		}
		return w.notify(ctx, tx, string(p.ID), p.Phone, KindRegistered, nil)
	})
	switch {
	case errors.Is(err, errPhoneFull):
		return w.fail(ctx, c, CodePhoneInUse)
	case errors.Is(err, ErrConflict):
		return w.fail(ctx, c, CodePersonExists)
	case err != nil && !errors.Is(err, errSpent):
		return fmt.Errorf("register: open account: %w", err)
	}
	return w.finish(ctx, c, func(*Case) {})
}

// phoneTaken reports whether a phone serves as many persons as one may.
func (w *Wizards) phoneTaken(ctx context.Context, phone string) (bool, error) {
	if err := w.endClosed(ctx, PersonIdentifier{Phone: phone}); err != nil {
		return false, err
	}
	n, err := w.Persons.PersonsWithPhone(ctx, phone)
	if err != nil {
		return false, fmt.Errorf("persons: %w", err)
	}
	return n >= w.Policy.PersonsPerPhone, nil
}

// endClosed ends an account whose cooling period is over, if the sweep has not
// come by yet: its document and its phone are free.
func (w *Wizards) endClosed(ctx context.Context, by PersonIdentifier) error {
	old, err := w.Persons.FindPerson(ctx, by)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	if !old.Closed(w.Now()) {
		return nil
	}
	return w.Ledger.Within(ctx, func(tx Tx) error { return tx.SetPersonStatus(ctx, old.ID, StatusCancelled, w.Now()) })
}
