package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts/idnum"
)

// requestLimit bounds how often one person asks to become an agent.
var requestLimit = LockoutPolicy{Free: 10, Window: 24 * time.Hour, First: time.Hour, Max: 24 * time.Hour}

// Request is a person's wish to become an enterprise's agent. Whether there is such
// an enterprise is not told: the answer comes from the enterprise, or not at all.
func (m *Mandating) Request(ctx context.Context, who PersonID, in *Input) error {
	f := readForm(in.Values, m.Now())
	identifier, _ := f.take("enterprise")
	terms := m.terms(f, nil, nil)
	if err := f.err(); err != nil {
		return err
	}
	if m.Limits {
		key := counterKey(m.Key, "request", string(who))
		until, err := m.Attempts.Try(ctx, []Attempt{{Key: key, Limit: requestLimit}}, m.Now())
		if err != nil {
			return fmt.Errorf("mandate: count: %w", err)
		}
		if !until.IsZero() {
			return &WaitError{Until: until, Code: CodeTooManyAsks}
		}
	}
	e, err := m.Enterprises.FindEnterprise(ctx, idnum.Normalise(identifier))
	if errors.Is(err, ErrNotFound) || err == nil && !e.Status.Admits() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mandate: enterprise: %w", err)
	}
	now := m.Now()
	mandate := &Mandate{
		ID: uuid.NewString(), Enterprise: e.ID, Person: who, Role: RoleAgent, ValidFrom: terms.ValidFrom, ValidUntil: terms.ValidUntil,
		State: MandateRequested, CreatedAt: now, UpdatedAt: now,
	}
	err = m.Ledger.Within(ctx, func(tx Tx) error {
		p, err := tx.Person(ctx, who)
		if err != nil {
			return err
		}
		invited, err := invitation(ctx, tx, e.ID, PersonFacts{Name: p.Name, DocType: p.DocType, DocNumber: p.DocNumber})
		switch {
		case err != nil:
			return err
		case invited: // which the same page shows
			return RefuseField("enterprise", CodeMandateExists)
		}
		if err := tx.CreateMandate(ctx, mandate); err != nil {
			return err
		}
		return tx.RecordMandate(ctx, mandateEvent(mandate, MandateRequestedBy, p.Principal(), m.Wizards))
	})
	switch {
	case errors.Is(err, ErrConflict):
		return m.askedBefore(ctx, e.ID, who)
	case err != nil:
		return fmt.Errorf("mandate: request: %w", err)
	}
	return nil
}

// askedBefore answers a second request. While the first waits it is as one to an
// enterprise that is not there: else it would tell that there is one.
func (m *Mandating) askedBefore(ctx context.Context, e EnterpriseID, who PersonID) error {
	all, err := m.Mandates.MandatesOf(ctx, who)
	if err != nil {
		return fmt.Errorf("mandate: asked before: %w", err)
	}
	for _, v := range all {
		if v.Enterprise == e && v.State == MandateRequested {
			return nil
		}
	}
	return RefuseField("enterprise", CodeMandateExists)
}

// approve is the form of 添加 for somebody who asked: the person stands, the terms
// are the enterprise's.
func (m *Mandating) approve(ctx context.Context, c *Case, by Principal, in *Input, services []string) error {
	f := readForm(in.Values, m.Now())
	m.terms(f, services, nil)
	if err := f.err(); err != nil {
		return err
	}
	id := c.Form["request"]
	err := m.Ledger.Within(ctx, func(tx Tx) error {
		k, err := facedKeeper(ctx, tx, m.Wizards, by, c)
		if err != nil {
			return err
		}
		old, err := tx.Mandate(ctx, id)
		if err != nil {
			return err
		}
		if old.State != MandateRequested || old.Enterprise != k.Enterprise.ID {
			return Refuse(CodeMandateState)
		}
		if err := m.mayAppoint(k, PersonFacts{Name: old.Name, DocType: old.DocType, DocNumber: old.DocNumber}, old.Person); err != nil {
			return err
		}
		again := readForm(in.Values, m.Now())
		terms := m.terms(again, services, k)
		k.sooner(again, terms.ValidFrom, "")
		if err := again.err(); err != nil {
			return err
		}
		next := old.Mandate
		next.ValidFrom, next.ValidUntil, next.Manager, next.Services = terms.ValidFrom, terms.ValidUntil, terms.Manager, terms.Services
		next.State, next.Grantor, next.Evidence, next.UpdatedAt = MandateActive, by.Subject, c.Proof.ID, m.Now()
		if err := m.settle(ctx, tx, c, id); err != nil {
			return err
		}
		if err := tx.ChangeMandate(ctx, &next); err != nil {
			return err
		}
		if err := tx.RecordMandate(ctx, k.record(&next, MandateGranted, m.Wizards)); err != nil {
			return err
		}
		return m.notify(ctx, tx, id, old.Phone, KindMandateGranted, mandateParams(k.Enterprise.USCC, &next))
	})
	switch {
	case errors.Is(err, ErrConflict):
		return Refuse(CodeMandateChanged)
	case errors.Is(err, errSpent):
		return ErrCaseStep
	case err != nil:
		return fmt.Errorf("mandate: approve: %w", err)
	}
	return m.finish(ctx, c, func(c *Case) { c.Form["account"] = id })
}
