package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// What persons and enterprises do alike in 手机变更, after its first step.

// phoneChange is the kind of a case that changes a phone; of any other case it is
// not its kind.
func (c *Case) phoneChange() CaseKind {
	if c.Kind == CaseEnterprisePhone {
		return CaseEnterprisePhone
	}
	return CasePersonPhone
}

// boundPhone is the phone of the account that a case is about.
func (w *Wizards) boundPhone(ctx context.Context, c *Case) (string, error) {
	if c.Kind == CaseEnterprisePhone {
		e, err := w.Enterprises.Enterprise(ctx, EnterpriseID(c.Account))
		if err != nil {
			return "", fmt.Errorf("phone: %w", err)
		}
		return e.Phone, nil
	}
	p, err := w.Persons.Person(ctx, PersonID(c.Account))
	if err != nil {
		return "", fmt.Errorf("phone: %w", err)
	}
	return p.Phone, nil
}

// SendPhoneCode is 获取验证码 for the new number.
func (w *Wizards) SendPhoneCode(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(c.phoneChange(), StepCode); err != nil {
		return err
	}
	phone, err := w.codePhone(in)
	if err != nil {
		return err
	}
	bound, err := w.boundPhone(ctx, c)
	if err != nil {
		return err
	}
	if bound == phone {
		return RefuseField("phone", CodePhoneSame)
	}
	return w.Codes.Send(ctx, c, Sending{To: phone, Address: in.Address}, func(c *Case) {
		c.Form["phone"] = strings.TrimSpace(in.Values["phone"])
	})
}

// proveNewPhone checks the code that the new phone got, and returns it and the one
// that is bound.
func (w *Wizards) proveNewPhone(ctx context.Context, c *Case, in *Input) (phone, bound string, err error) {
	if phone, err = w.codePhone(in); err != nil {
		return "", "", err
	}
	if bound, err = w.boundPhone(ctx, c); err != nil {
		return "", "", err
	}
	// No code goes to the phone that is bound already: if one went there, the
	// change was made, and this is the same click again.
	made := bound == phone
	if made && c.PhoneProof != phone && (c.Code == nil || c.Code.Phone != phone) {
		return "", "", RefuseField("phone", CodePhoneSame)
	}
	f := readForm(in.Values, w.Now())
	f.proved(c, in, phone)
	if err := f.err(); err != nil {
		return "", "", err
	}
	return phone, bound, w.provePhone(ctx, c, in, phone)
}

// bindPhone is the end of 手机变更. The old phone is told.
func (w *Wizards) bindPhone(ctx context.Context, c *Case, phone, old string, bind func(tx Tx) error) error {
	err := w.Ledger.Within(ctx, func(tx Tx) error {
		if err := w.settle(ctx, tx, c, c.Account); err != nil {
			return err
		}
		if err := bind(tx); err != nil {
			return err
		}
		return w.notify(ctx, tx, c.ID, old, KindPhoneChanged, map[string]string{"tail": lastFour(phone)})
	})
	if errors.Is(err, errPhoneFull) {
		return RefuseField("phone", CodePhoneInUse)
	}
	if err != nil && !errors.Is(err, errSpent) {
		return fmt.Errorf("phone: change: %w", err)
	}
	return w.finish(ctx, c, func(c *Case) { c.Phone = phone })
}

// lastFour is what a message says of a number.
func lastFour(number string) string { return number[max(0, len(number)-4):] }
