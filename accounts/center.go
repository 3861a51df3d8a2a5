package accounts

import (
	"context"
	"errors"
	"fmt"
)

// confirmEnterprise checks the password of an enterprise's account that is signed
// in. field is where the refusal belongs.
func (w *Wizards) confirmEnterprise(ctx context.Context, id EnterpriseID, password, field string) (*Enterprise, error) {
	e, err := w.Enterprises.Enterprise(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("enterprise: %w", err)
	}
	return e, w.confirmed(ctx, string(id), e.PasswordHash, password, field)
}

// ChangeEnterprisePassword is 密码修改 of an enterprise's account: it ends every other
// session and every grant of it. The principal it returns is the account as it
// stands then.
func (w *Wizards) ChangeEnterprisePassword(ctx context.Context, id EnterpriseID, old string, in *Input) (*Principal, error) {
	e, err := w.confirmEnterprise(ctx, id, old, "old_password")
	if err != nil {
		return nil, err
	}
	hash, err := w.newHash(ctx, old, in, enterpriseHolder(e).about)
	if err != nil {
		return nil, err
	}
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := tx.SetEnterprisePassword(ctx, id, e.PasswordHash, hash, true, w.Now()); err != nil {
			return err
		}
		return w.notify(ctx, tx, string(id)+hash, e.Phone, KindPasswordReset, w.resetParams())
	})
	if errors.Is(err, ErrConflict) { // it was changed at the same moment
		if e, err = w.Enterprises.Enterprise(ctx, id); err == nil {
			err = w.changedTo(ctx, e.PasswordHash, in.Password)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("enterprise: change password: %w", err)
	}
	return w.enterpriseNow(ctx, id)
}

func (w *Wizards) enterpriseNow(ctx context.Context, id EnterpriseID) (*Principal, error) {
	e, err := w.Enterprises.Enterprise(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("enterprise: %w", err)
	}
	return ptr(e.Principal()), nil
}

// StartEnterprisePhoneChange is 身份验证, the first step of 手机变更: the password.
func (w *Wizards) StartEnterprisePhoneChange(ctx context.Context, id EnterpriseID, in *Input) (*Case, error) {
	if _, err := w.confirmEnterprise(ctx, id, in.Password, "password"); err != nil {
		return nil, err
	}
	return w.Cases.Begin(ctx, CaseEnterprisePhone, StepCode, in.Visitor.Browser, func(c *Case) { c.Account = string(id) })
}

// ChangeEnterprisePhone is 绑定新号码: the code that the new phone got. The old phone
// is told.
func (w *Wizards) ChangeEnterprisePhone(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CaseEnterprisePhone, StepCode); err != nil {
		return err
	}
	phone, old, err := w.proveNewPhone(ctx, c, in)
	if err != nil {
		return err
	}
	id := EnterpriseID(c.Account)
	return w.bindPhone(ctx, c, phone, old, func(tx Tx) error {
		if err := w.holdEnterprisePhone(ctx, tx, id, phone); err != nil {
			return err
		}
		return tx.SetEnterprisePhone(ctx, id, phone, w.Now())
	})
}

// Extension is 拓展信息: what the register holds of an enterprise. A register that
// does not know it is refused as CodeRegisterUnknown, one that does not answer as
// CodeRegisterUnavailable.
func (w *Wizards) Extension(ctx context.Context, uscc string) (*RegisterEntry, error) {
	entry, err := w.Register.Fetch(ctx, uscc)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, Refuse(CodeRegisterUnknown)
	case err != nil:
		return nil, refusedAs(CodeRegisterUnavailable, err)
	}
	return entry, nil
}
