package accounts

import (
	"context"
	"errors"
	"fmt"
)

// errPhoneFull ends a transaction that would bind one account too many to a
// phone. A form is told sooner, by the same count without the hold.
var errPhoneFull = errors.New("phone serves as many accounts as it may")

// holdPersonPhone refuses one person too many with a phone, also of those who
// come at the same moment.
func (w *Wizards) holdPersonPhone(ctx context.Context, tx Tx, phone string) error {
	if err := tx.HoldPhone(ctx, phone); err != nil {
		return fmt.Errorf("hold phone: %w", err)
	}
	n, err := tx.PersonsWithPhone(ctx, phone)
	return full(n, w.Policy.PersonsPerPhone, err)
}

// holdEnterprisePhone is the same for enterprises; the one that the phone is
// bound to already is not one more.
func (w *Wizards) holdEnterprisePhone(ctx context.Context, tx Tx, id EnterpriseID, phone string) error {
	if err := tx.HoldPhone(ctx, phone); err != nil {
		return fmt.Errorf("hold phone: %w", err)
	}
	if e, err := tx.Enterprise(ctx, id); err == nil && e.Phone == phone {
		return nil
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("hold phone: %w", err)
	}
	n, err := tx.EnterprisesWithPhone(ctx, phone)
	return full(n, w.Policy.EnterprisesPerPhone, err)
}

func full(n, limit int, err error) error {
	if err != nil {
		return fmt.Errorf("accounts of a phone: %w", err)
	}
	if n >= limit {
		return errPhoneFull
	}
	return nil
}
