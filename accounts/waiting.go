package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// waitingPause is how long an account waits between two questions.
	waitingPause = 10 * time.Minute
	// waitingLife is how long the register may take to learn of a new
	// organisation before the registration is given up.
	waitingLife  = 15 * 24 * time.Hour
	waitingBatch = 50
)

// LookAgain asks the register about the accounts that wait for it (待核验): one
// that it confirms opens, one that it contradicts is cancelled, and both
// are told by message. It returns how many it settled.
func (w *Wizards) LookAgain(ctx context.Context) (settled int, err error) {
	now := w.Now()
	waiting, err := w.waitingList(ctx, now)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range waiting {
		done, err := w.lookAgain(ctx, e, now)
		errs = append(errs, err)
		if done {
			settled++
		}
	}
	return settled, errors.Join(errs...)
}

func (w *Wizards) waitingList(ctx context.Context, now time.Time) ([]*Enterprise, error) {
	list, err := w.Changes.WaitingEnterprises(ctx, now.Add(-waitingPause), waitingBatch)
	if err != nil {
		return nil, fmt.Errorf("waiting: list: %w", err)
	}
	return list, nil
}

func (w *Wizards) lookAgain(ctx context.Context, e *Enterprise, now time.Time) (done bool, err error) {
	if err := w.Changes.Looked(ctx, e.ID, now); err != nil {
		return false, fmt.Errorf("waiting: %w", err)
	}
	word, err := w.judge(ctx, &EnterpriseFacts{LegalType: e.LegalType, Name: e.Name, USCC: e.USCC, Representative: e.Representative})
	if err != nil {
		return false, fmt.Errorf("waiting: ask the register: %w", err)
	}
	status, kind := word.opens(), KindRegisterMatch
	switch {
	case word.waiting && now.Sub(e.CreatedAt) < waitingLife:
		return false, nil
	case word.waiting, word.refusal != "":
		status, kind = StatusCancelled, KindRegisterMismatch
	}
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := tx.SettleRegistration(ctx, e.ID, status, word.verdict.AsOf, now); err != nil {
			return err
		}
		return w.notify(ctx, tx, string(e.ID), e.Phone, kind, map[string]string{"tail": lastFour(e.USCC)})
	})
	if errors.Is(err, ErrConflict) {
		return false, nil // another replica did
	}
	if err != nil {
		return false, fmt.Errorf("waiting: settle: %w", err)
	}
	return true, nil
}
