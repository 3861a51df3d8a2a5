package accounts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// BeginGrant is 添加: whoever grants shows that it is them first. For the
// enterprise's own account that is its representative.
//
// request is the mandate that somebody asked for and that is to be approved; empty:
// a new one.
func (m *Mandating) BeginGrant(ctx context.Context, by Principal, v Visitor, request string) (*Case, error) {
	return m.begin(ctx, by, v, map[string]string{"request": request})
}

func (m *Mandating) begin(ctx context.Context, by Principal, v Visitor, more map[string]string) (*Case, error) {
	var k *Keeper
	err := m.Ledger.Within(ctx, func(tx Tx) (err error) {
		k, err = keeper(ctx, tx, m.Wizards, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	face := k.face()
	who := map[string]string{"rep_name": face.Name, "rep_id_type": string(face.DocType), "rep_id_number": face.DocNumber}
	return m.Cases.Begin(ctx, CaseMandate, StepConsent, v.Browser, func(c *Case) {
		c.Account, c.Form = by.Subject, who
		maps.Copy(c.Form, more)
		c.Form["by"] = string(by.Type)
		c.Form["name_of_firm"] = k.Enterprise.Name
		if k.Mandate == nil {
			c.Form["legal_type"] = string(k.Enterprise.LegalType) // which says what its head is called
		} else {
			c.Form["person"] = string(by.Person)
		}
		c.DocHash = k.approves()
	})
}

// FinishGrantFace asks for the truth of the face check and opens the form.
func (m *Mandating) FinishGrantFace(ctx context.Context, c *Case) error {
	if err := c.at(CaseMandate, StepFace); err != nil {
		return err
	}
	if err := m.prove(ctx, c); err != nil {
		return err
	}
	return m.Cases.Move(ctx, c, func(c *Case) { c.Step = StepForm })
}

// Grant is the form of 添加. The agent must be a registered person of exactly these
// facts; somebody else is invited and becomes one by accepting.
func (m *Mandating) Grant(ctx context.Context, c *Case, by Principal, in *Input, services []string) error {
	if err := c.at(CaseMandate, StepForm); err != nil {
		return err
	}
	if c.Account != by.Subject || c.Bulk() {
		return ErrCaseGone
	}
	if c.Form["request"] != "" {
		return m.approve(ctx, c, by, in, services)
	}
	f := readForm(in.Values, m.Now())
	facts := f.person("name", "id")
	f.documentTerm(&facts)
	phone := f.phone()
	terms := m.terms(f, services, nil)
	if in.Password != "" {
		in.Confirm = in.Password // one field, which the enterprise hands on
		f.newPassword(m.Rules, in, PasswordContext{Phone: phone, PersonName: facts.Name, DocType: facts.DocType, DocNumber: facts.DocNumber})
	}
	if err := f.err(); err != nil {
		return err
	}
	mandate, action, err := m.offered(ctx, by, &facts, phone, terms)
	if err != nil {
		return err
	}
	mandate.ID, mandate.Evidence = uuid.NewString(), c.Proof.ID
	if in.Password != "" {
		if mandate.PasswordHash, err = m.hash(ctx, in.Password); err != nil {
			return err
		}
		mandate.Preset = true
	}
	return m.open(ctx, c, by, mandate, action, f, services, phone)
}

// offered is the mandate of a registered person of exactly these facts or, if there
// is none, the invitation of one.
func (m *Mandating) offered(ctx context.Context, by Principal, facts *PersonFacts, phone string, terms MandateTerms) (*Mandate, MandateAction, error) {
	person, err := m.registered(ctx, facts, phone)
	if err != nil {
		return nil, "", err
	}
	now := m.Now()
	mandate := &Mandate{
		Enterprise: by.Enterprise, Role: RoleAgent, ValidFrom: terms.ValidFrom, ValidUntil: terms.ValidUntil,
		Manager: terms.Manager, Services: terms.Services, State: MandateActive, DocFrom: facts.ValidFrom, DocTo: facts.ValidTo,
		Grantor: by.Subject, CreatedAt: now, UpdatedAt: now,
	}
	if person != nil {
		mandate.Person = person.ID
		return mandate, MandateGranted, nil
	}
	mandate.State = MandateInvited
	mandate.Invitee = &Invitee{Name: facts.Name, DocType: facts.DocType, DocNumber: facts.DocNumber, Phone: phone}
	return mandate, MandateInvitedBy, nil
}

// open makes the mandate, checking once more who grants it.
func (m *Mandating) open(
	ctx context.Context, c *Case, by Principal, mandate *Mandate, action MandateAction, f *form, services []string, phone string,
) error {
	err := m.Ledger.Within(ctx, func(tx Tx) error {
		k, err := facedKeeper(ctx, tx, m.Wizards, by, c)
		if err != nil {
			return err
		}
		if err := m.mayGrant(k, mandate, f, services); err != nil {
			return err
		}
		if err := m.settle(ctx, tx, c, mandate.ID); err != nil {
			return err
		}
		// After the case is spent: a second click is no second mandate.
		return m.give(ctx, tx, k, mandate, action, m.agentOf(f), notice{phone, m.Now()})
	})
	switch {
	case errors.Is(err, ErrConflict):
		return RefuseField("id_number", CodeAgentExists)
	case errors.Is(err, errSpent):
		return ErrCaseStep
	case err != nil:
		return fmt.Errorf("mandate: grant: %w", err)
	}
	return m.finish(ctx, c, func(c *Case) { c.Form["account"] = mandate.ID })
}

// notice is the message about a mandate: to whom, and from when on.
type notice struct {
	phone string
	at    time.Time
}

// give makes the mandate or invitation of somebody who has none here, records it and
// tells them.
func (m *Mandating) give(ctx context.Context, tx Tx, k *Keeper, mandate *Mandate, action MandateAction, who PersonFacts, tell notice) error {
	if err := create(ctx, tx, mandate, who, m.Now()); err != nil {
		return err
	}
	if err := tx.RecordMandate(ctx, k.record(mandate, action, m.Wizards)); err != nil {
		return err
	}
	kind := KindMandateGranted
	if action == MandateInvitedBy {
		kind = KindMandateInvited
	}
	return m.notifyAt(ctx, tx, tell.at, mandate.ID, tell.phone, kind, mandateParams(k.Enterprise.USCC, mandate))
}

// create inserts the mandate of somebody who has none here.
func create(ctx context.Context, tx Tx, mandate *Mandate, who PersonFacts, now time.Time) error {
	if err := standing(ctx, tx, mandate.Enterprise, who, now); err != nil {
		return err
	}
	return tx.CreateMandate(ctx, mandate)
}

// whoStands tells what there is between an enterprise and a person.
type whoStands interface {
	MandateReader
	PersonFinder
}

// standing refuses a second mandate or invitation of one person, whatever phone is
// named: what is not seen beside the first one would outlive its end.
func standing(ctx context.Context, q whoStands, e EnterpriseID, who PersonFacts, now time.Time) error {
	invited, err := invitation(ctx, q, e, who)
	if err != nil {
		return err
	}
	if invited {
		return RefuseField("id_number", CodeAgentExists)
	}
	p, err := q.FindPerson(ctx, PersonIdentifier{Documents: []string{documentKey(who.DocType, who.DocNumber)}})
	if errors.Is(err, ErrNotFound) || err == nil && (!who.Same(p.Name, p.DocType, p.DocNumber) || p.Closed(now)) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = q.OpenMandate(ctx, e, p.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return RefuseField("id_number", CodeAgentExists)
}

// invitation reports whether an enterprise's invitation waits for a person's word.
func invitation(ctx context.Context, q whoStands, e EnterpriseID, who PersonFacts) (bool, error) {
	offered, err := q.Invitations(ctx, documentKey(who.DocType, who.DocNumber))
	return slices.ContainsFunc(offered, func(v *MandateView) bool {
		return v.Enterprise == e && v.Invitee != nil && who.Same(v.Invitee.Name, v.Invitee.DocType, v.Invitee.DocNumber)
	}), err
}

// mayGrant are the rules of who may grant what to whom.
func (m *Mandating) mayGrant(k *Keeper, mandate *Mandate, f *form, services []string) error {
	if err := m.mayAppoint(k, m.agentOf(f), mandate.Person); err != nil || k.Mandate == nil {
		return err
	}
	again := readForm(f.values, m.Now())
	k.sooner(again, m.terms(again, services, k).ValidFrom, "")
	return again.err()
}

// mayAppoint: the representative needs no grant, and nobody grants to himself.
func (m *Mandating) mayAppoint(k *Keeper, who PersonFacts, id PersonID) error {
	rep := k.Enterprise.Representative
	switch {
	case who.Same(rep.Name, rep.DocType, rep.DocNumber):
		return RefuseField("id_number", CodeAgentIsRepresentative)
	case k.Mandate != nil && (id != "" && id == k.Mandate.Person || who.Same(k.Mandate.Name, k.Mandate.DocType, k.Mandate.DocNumber)):
		return RefuseField("id_number", CodeAgentSelf)
	}
	return nil
}

func (m *Mandating) agentOf(f *form) PersonFacts {
	return readForm(f.values, m.Now()).person("name", "id")
}

// registered finds the person of exactly these facts; nil if there is none.
func (m *Mandating) registered(ctx context.Context, facts *PersonFacts, phone string) (*Person, error) {
	found, err := m.Persons.FindPerson(ctx, PersonIdentifier{Documents: []string{documentKey(facts.DocType, facts.DocNumber)}})
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // none, and no fault
	}
	if err != nil {
		return nil, fmt.Errorf("mandate: person: %w", err)
	}
	if !facts.Same(found.Name, found.DocType, found.DocNumber) || found.Phone != phone || found.Closed(m.Now()) {
		return nil, nil //nolint:nilnil // as if there were none
	}
	return found, nil
}

// documentTerm reads 身份证有效起止, which may be left out.
func (f *form) documentTerm(p *PersonFacts) {
	from, to := strings.TrimSpace(f.values["id_from"]), strings.TrimSpace(f.values["id_to"])
	if from == "" && to == "" {
		return
	}
	first, ok := f.day("id_from")
	if !ok {
		return
	}
	p.ValidFrom = first.String()
	if first.After(f.today) {
		f.refuse("id_from", CodeDateFuture)
	}
	if to == "" {
		return // 长期
	}
	last, ok := f.day("id_to")
	switch {
	case !ok:
	case last.Before(first):
		f.refuse("id_to", CodeDateOrder)
	case last.Before(f.today):
		f.refuse("id_to", CodeDocExpired)
	}
	p.ValidTo = last.String()
}
