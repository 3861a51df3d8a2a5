package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CoolingPeriod is how long a closed account can be taken back: by signing in.
const CoolingPeriod = 15 * 24 * time.Hour

// selfLockout limits wrong passwords of somebody who is signed in.
var selfLockout = LockoutPolicy{Free: 5, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}

// confirm checks the password of a person who is signed in. field is where the
// refusal belongs.
func (w *Wizards) confirm(ctx context.Context, id PersonID, password, field string) (*Person, error) {
	p, err := w.Persons.Person(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("person: %w", err)
	}
	return p, w.confirmed(ctx, string(id), p.PasswordHash, password, field)
}

// confirmed checks the password of an account that is signed in.
func (w *Wizards) confirmed(ctx context.Context, subject, hash, password, field string) error {
	if password == "" {
		return RefuseField(field, CodeRequired)
	}
	key := counterKey(w.Key, "confirm", subject)
	if w.Limits {
		until, err := w.Attempts.Try(ctx, []Attempt{{Key: key, Limit: selfLockout}}, w.Now())
		if err != nil {
			return fmt.Errorf("confirm: count: %w", err)
		}
		if !until.IsZero() {
			return &WaitError{Until: until, Code: CodePasswordTries}
		}
	}
	ok, _, err := w.Passwords.Verify(ctx, hash, password)
	if err != nil {
		if w.Limits { // it was no try
			err = errors.Join(err, w.Attempts.Settle(context.WithoutCancel(ctx), nil, []string{key}))
		}
		return fmt.Errorf("confirm: verify: %w", ifBusy(err))
	}
	if !ok {
		return RefuseField(field, CodePasswordWrong)
	}
	if w.Limits {
		if err := w.Attempts.Settle(ctx, []string{key}, nil); err != nil {
			return fmt.Errorf("confirm: settle: %w", err)
		}
	}
	return nil
}

// ChangePersonPassword is 密码修改: it ends every other session and every grant.
// The principal it returns is the account as it stands then.
func (w *Wizards) ChangePersonPassword(ctx context.Context, id PersonID, old string, in *Input) (*Principal, error) {
	p, err := w.confirm(ctx, id, old, "old_password")
	if err != nil {
		return nil, err
	}
	hash, err := w.newHash(ctx, old, in, personHolder(p, w.Now()).about)
	if err != nil {
		return nil, err
	}
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := tx.SetPersonPassword(ctx, id, p.PasswordHash, hash, true, w.Now()); err != nil {
			return err
		}
		return w.notify(ctx, tx, string(id)+hash, p.Phone, KindPasswordReset, w.resetParams())
	})
	if errors.Is(err, ErrConflict) { // it was changed at the same moment
		if p, err = w.Persons.Person(ctx, id); err == nil {
			err = w.changedTo(ctx, p.PasswordHash, in.Password)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("person: change password: %w", err)
	}
	return w.personNow(ctx, id)
}

// changedTo tells a second click from another change: the first click's password is
// the new one.
func (w *Wizards) changedTo(ctx context.Context, hash, password string) error {
	ok, _, err := w.Passwords.Verify(ctx, hash, password)
	if err == nil && !ok {
		return RefuseField("old_password", CodePasswordWrong)
	}
	return ifBusy(err)
}

// newHash checks the password that takes the place of an old one, and hashes it.
func (w *Wizards) newHash(ctx context.Context, old string, in *Input, about PasswordContext) (string, error) {
	f := readForm(nil, w.Now())
	f.newPassword(w.Rules, in, about)
	if in.Password == old && in.Password != "" {
		f.refuse("password", CodePasswordSame)
	}
	if err := f.err(); err != nil {
		return "", err
	}
	return w.hash(ctx, in.Password)
}

func (w *Wizards) personNow(ctx context.Context, id PersonID) (*Principal, error) {
	p, err := w.Persons.Person(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("person: %w", err)
	}
	return ptr(p.Principal()), nil
}

// StartPhoneChange is 身份验证, the first step of 手机变更: the password.
func (w *Wizards) StartPhoneChange(ctx context.Context, id PersonID, in *Input) (*Case, error) {
	if _, err := w.confirm(ctx, id, in.Password, "password"); err != nil {
		return nil, err
	}
	return w.Cases.Begin(ctx, CasePersonPhone, StepCode, in.Visitor.Browser, func(c *Case) { c.Account = string(id) })
}

// ChangePersonPhone is 绑定新号码: the code that the new phone got. The old phone is
// told.
func (w *Wizards) ChangePersonPhone(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(CasePersonPhone, StepCode); err != nil {
		return err
	}
	phone, old, err := w.proveNewPhone(ctx, c, in)
	if err != nil {
		return err
	}
	if err := w.endClosed(ctx, PersonIdentifier{Phone: phone}); err != nil {
		return err
	}
	return w.bindPhone(ctx, c, phone, old, func(tx Tx) error {
		if err := w.holdPersonPhone(ctx, tx, phone); err != nil {
			return err
		}
		return tx.SetPersonPhone(ctx, PersonID(c.Account), phone, w.Now())
	})
}

// ClosePerson is 注销账号: the account is closed after a cooling period, within
// which signing in takes it back. Every session and grant ends now.
func (w *Wizards) ClosePerson(ctx context.Context, id PersonID, in *Input) (at time.Time, err error) {
	if !in.Agree {
		return at, RefuseField("confirm", CodeConfirmRequired)
	}
	p, err := w.confirm(ctx, id, in.Password, "password")
	if err != nil {
		return at, err
	}
	if !p.ClosingAt.IsZero() {
		return p.ClosingAt, nil // the same click
	}
	now := w.Now()
	at = now.Add(CoolingPeriod)
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := tx.SetPersonClosing(ctx, id, at, true, now); err != nil {
			return err
		}
		params := map[string]string{"date": inChina(at, time.DateOnly)}
		return w.notify(ctx, tx, fmt.Sprint(id, p.Epoch), p.Phone, KindAccountClosing, params) // once for a double click
	})
	if err != nil {
		return at, fmt.Errorf("person: close: %w", err)
	}
	return at, nil
}
