package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Refusals of who takes up a mandate.
const (
	CodeInvitationOther   Code = "invitation_other"   // it names somebody else, or is over
	CodeNotRepresentative Code = "not_representative" // of any enterprise with that code
)

// invites reports whether an invitation is for a person: by name and document. The
// phone was for sending it.
func (i *Invitee) invites(p *Person) bool {
	facts := PersonFacts{Name: i.Name, DocType: i.DocType, DocNumber: i.DocNumber}
	return facts.Same(p.Name, p.DocType, p.DocNumber)
}

// Invitations lists what a person was offered and has not answered.
func (m *Mandating) Invitations(ctx context.Context, p *Person) ([]*MandateView, error) {
	offered, err := m.Mandates.Invitations(ctx, p.DocumentKey())
	if err != nil {
		return nil, fmt.Errorf("mandate: invitations: %w", err)
	}
	var mine []*MandateView
	for _, v := range offered {
		if v.Invitee != nil && v.Invitee.invites(p) {
			mine = append(mine, v)
		}
	}
	return mine, nil
}

// Answer is the word of who was invited. Accepting makes the mandate theirs.
func (m *Mandating) Answer(ctx context.Context, who PersonID, id string, accept bool) error {
	err := m.Ledger.Within(ctx, func(tx Tx) error {
		p, err := tx.Person(ctx, who)
		if err != nil {
			return err
		}
		v, err := tx.Mandate(ctx, id)
		if err != nil {
			return err
		}
		if answered(&v.Mandate, p.ID, accept) {
			return nil // a second click
		}
		if v.State != MandateInvited || v.Invitee == nil || !v.Invitee.invites(p) || !v.EnterpriseStatus.Admits() {
			return Refuse(CodeInvitationOther)
		}
		if err := unbound(ctx, tx, v.Enterprise, p.ID); accept && err != nil {
			return err
		}
		next := v.Mandate
		next.Person, next.Invitee, next.State, next.UpdatedAt = p.ID, nil, MandateActive, m.Now()
		action := MandateAccepted
		if !accept {
			next.State, action = MandateDeclined, MandateDeclinedBy
		}
		if err := tx.ChangeMandate(ctx, &next); err != nil {
			return err
		}
		return tx.RecordMandate(ctx, mandateEvent(&next, action, p.Principal(), m.Wizards))
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return Refuse(CodeInvitationOther)
	case errors.Is(err, ErrConflict):
		return Refuse(CodeMandateChanged)
	case err != nil:
		return fmt.Errorf("mandate: answer: %w", err)
	}
	return nil
}

// answered reports whether an invitation was answered so already.
func answered(m *Mandate, who PersonID, accept bool) bool {
	return m.Person == who && (accept && m.State == MandateActive || !accept && m.State == MandateDeclined)
}

// unbound refuses to take up a mandate beside another.
func unbound(ctx context.Context, tx Tx, e EnterpriseID, p PersonID) error {
	_, err := tx.OpenMandate(ctx, e, p)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return Refuse(CodeMandateExists)
}

// Represent gives a person who is an enterprise's representative by the register
// the standing mandate that goes with it: all services, 管理权限, no end. It ends
// when the representative is another.
func (m *Mandating) Represent(ctx context.Context, who PersonID, in *Input) error {
	f := readForm(in.Values, m.Now())
	uscc := f.uscc("uscc")
	if err := f.err(); err != nil {
		return err
	}
	if err := m.ask(ctx, "represent", in.Address); err != nil {
		return err
	}
	now := m.Now()
	err := m.Ledger.Within(ctx, func(tx Tx) error {
		p, err := tx.Person(ctx, who)
		if err != nil {
			return err
		}
		e, err := tx.FindEnterprise(ctx, string(uscc))
		if err != nil {
			return err
		}
		rep := e.Representative.Person()
		if e.USCC != string(uscc) || !e.Status.Admits() || !rep.Same(p.Name, p.DocType, p.DocNumber) {
			return ErrNotFound
		}
		if err := m.withdraw(ctx, tx, e.ID, p); err != nil {
			return err
		}
		mandate := &Mandate{
			ID: uuid.NewString(), Enterprise: e.ID, Person: p.ID, Role: RoleRepresentative, ValidFrom: inChina(now, "2006-01-02"),
			Manager: true, State: MandateActive, Grantor: string(e.ID), CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.CreateMandate(ctx, mandate); err != nil {
			return err
		}
		return tx.RecordMandate(ctx, mandateEvent(mandate, MandateAccepted, p.Principal(), m.Wizards))
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return RefuseField("uscc", CodeNotRepresentative)
	case errors.Is(err, ErrConflict):
		return RefuseField("uscc", CodeMandateExists)
	case err != nil:
		return fmt.Errorf("mandate: represent: %w", err)
	}
	return nil
}

// withdraw takes back what the person asked for and was not granted.
func (m *Mandating) withdraw(ctx context.Context, tx Tx, e EnterpriseID, p *Person) error {
	asked, err := tx.OpenMandate(ctx, e, p.ID)
	if errors.Is(err, ErrNotFound) || err == nil && asked.State != MandateRequested {
		return nil
	}
	if err != nil {
		return err
	}
	next := asked.Mandate
	next.State, next.UpdatedAt = MandateRevoked, m.Now()
	if err := tx.ChangeMandate(ctx, &next); err != nil {
		return err
	}
	return tx.RecordMandate(ctx, mandateEvent(&next, MandateRevokedBy, p.Principal(), m.Wizards))
}
