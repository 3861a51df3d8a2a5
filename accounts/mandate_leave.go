package accounts

import (
	"context"
	"errors"
	"fmt"
)

// Held returns a mandate to who holds it; ErrNotFound if it is another person's, or
// only asked for: who asks is not told whether anybody was there.
func (m *Mandating) Held(ctx context.Context, who PersonID, id string) (*MandateView, error) {
	v, err := m.Mandates.Mandate(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("mandate: %w", err)
	}
	if v.Person != who || v.State == MandateRequested {
		return nil, fmt.Errorf("mandate: of another person: %w", ErrNotFound)
	}
	return v, nil
}

// Leave ends a mandate by its holder: who has left an enterprise does not depend
// on it to be rid of acting for it. Sessions and tokens
// under it are dead with this call's return. ErrNotFound if it is another person's.
func (m *Mandating) Leave(ctx context.Context, who PersonID, id string) error {
	err := m.Ledger.Within(ctx, func(tx Tx) error {
		p, err := tx.Person(ctx, who)
		if err != nil {
			return err
		}
		v, err := tx.Mandate(ctx, id)
		switch {
		case err != nil:
			return err
		case v.Person != p.ID || v.State == MandateRequested:
			return ErrNotFound
		case !v.State.Open():
			return nil // a second click, or the enterprise was first
		}
		next := v.Mandate
		next.State, next.UpdatedAt = MandateRevoked, m.Now()
		if narrower(&next, &v.Mandate) {
			next.Epoch++
		}
		if err := tx.ChangeMandate(ctx, &next); err != nil {
			return err
		}
		return tx.RecordMandate(ctx, mandateEvent(&next, MandateRevokedBy, p.Principal(), m.Wizards))
	})
	switch {
	case errors.Is(err, ErrConflict):
		return Refuse(CodeMandateChanged)
	case err != nil:
		return fmt.Errorf("mandate: leave: %w", err)
	}
	return nil
}
