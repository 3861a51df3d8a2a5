package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

// Refusals of an agent, told only to who knows the password.
const (
	// CodeNoMandate: the password is right, and nobody granted that authority.
	CodeNoMandate        Code = "no_mandate"
	CodeMandateExpired   Code = "mandate_expired"
	CodeMandatePending   Code = "mandate_pending"
	CodeMandateSuspended Code = "mandate_suspended"
	// CodeMandateUnconfirmed: the enterprise has another representative.
	CodeMandateUnconfirmed Code = "mandate_unconfirmed"
	// CodeEnterpriseClosed: the enterprise is in a state that admits nobody.
	CodeEnterpriseClosed Code = "enterprise_closed"
)

// AgentMandates is what a sign-in of agents needs of the store.
type AgentMandates interface {
	OpenMandate(ctx context.Context, e EnterpriseID, p PersonID) (*MandateView, error)
	ChangeMandate(ctx context.Context, m *Mandate) error
}

// Agent signs in a person who acts for the enterprise in c.Enterprise (经办人登录).
// The password is the mandate's own, if it has one; then the session is the
// agent's and reaches nothing else. Else it is the person's, whose session it is,
// acting under the mandate. Whatever is missing, the statements and the one hash
// are the same.
func (s *SignIn) Agent(ctx context.Context, c Credentials) (*SignedIn, error) {
	m, person, err := s.findAgent(ctx, c)
	if err != nil {
		return nil, err
	}
	own := m != nil && m.PasswordHash != ""
	var l *login
	switch {
	case own:
		l = &login{subject: AgentSubject(m.Enterprise, m.Person), hash: m.PasswordHash, keep: func(ctx context.Context, hash string) error {
			changed := m.Mandate
			changed.PasswordHash = hash
			return s.Mandates.ChangeMandate(ctx, &changed)
		}}
	case person != nil:
		l = &login{subject: string(person.ID), hash: person.PasswordHash, keep: func(ctx context.Context, hash string) error {
			return s.Persons.SetPersonPassword(ctx, person.ID, person.PasswordHash, hash, false, s.Now())
		}}
	}
	// Counted by the person alone: by the enterprise too, every name of one would be
	// more tries at the same password.
	if err := s.prove(ctx, TypeAgent, countedAs(c.Identifier), l, c); err != nil {
		return nil, err
	}
	if err := s.mayAct(m, person); err != nil {
		return nil, err
	}
	in := &SignedIn{Principal: person.Principal(), LOA: min(person.Proofing, LOAPassword), AMR: []string{"pwd"}, Acting: m.ID}
	if own {
		in.Principal, in.Acting = m.Principal(), ""
		return in, nil
	}
	if in.Reopened = !person.ClosingAt.IsZero(); in.Reopened {
		if err := s.Persons.SetPersonClosing(ctx, person.ID, time.Time{}, false, s.Now()); err != nil {
			return nil, fmt.Errorf("sign in: reopen: %w", err)
		}
	}
	return in, nil
}

// findAgent looks up the enterprise, the person and what stands between them, in
// three statements whatever is found; nil is what is not.
func (s *SignIn) findAgent(ctx context.Context, c Credentials) (*MandateView, *Person, error) {
	firm, err := s.Enterprises.FindEnterprise(ctx, idnum.Normalise(c.Enterprise))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, nil, fmt.Errorf("sign in: find enterprise: %w", err)
	}
	person, err := s.Persons.FindPerson(ctx, personIdentifier(c.Identifier))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, nil, fmt.Errorf("sign in: find person: %w", err)
	}
	if person != nil && person.Closed(s.Now()) {
		person = nil
	}
	var (
		e EnterpriseID
		p PersonID
	)
	if firm != nil {
		e = firm.ID
	}
	if person != nil {
		p = person.ID
	}
	m, err := s.Mandates.OpenMandate(ctx, e, p)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, nil, fmt.Errorf("sign in: find mandate: %w", err)
	}
	return m, person, nil
}

// mayAct says why somebody whose password was right may not act.
func (s *SignIn) mayAct(m *MandateView, p *Person) error {
	switch {
	case !p.Status.Admits():
		return Refuse(closed(p.Status))
	case m == nil:
		return Refuse(CodeNoMandate)
	case !m.EnterpriseStatus.Admits():
		return Refuse(CodeEnterpriseClosed)
	}
	switch m.Standing(s.Now()) {
	case MandateActive:
		return nil
	case MandateExpired:
		return &RefusalError{Code: CodeMandateExpired, Day: m.ValidUntil}
	case MandatePending:
		return &RefusalError{Code: CodeMandatePending, Day: m.ValidFrom}
	case MandateSuspended:
		return Refuse(CodeMandateSuspended)
	case MandateUnconfirmed:
		return Refuse(CodeMandateUnconfirmed)
	default:
		return Refuse(CodeNoMandate)
	}
}
