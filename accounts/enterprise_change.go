package accounts

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"time"
)

// changeFields are what a case remembers of 企业信息变更.
func changeFields() []string {
	return []string{"legal_type", "name", "rep_name", "rep_id_type", "rep_id_number", "rep_id_term", "rep_id_from", "rep_id_to"}
}

// changeLimit bounds how often what is typed may differ from the register: whoever
// is signed in does not get to guess who represents the enterprise.
var changeLimit = LockoutPolicy{Free: 10, Window: time.Hour, First: 10 * time.Minute, Max: time.Hour}

// confirmDays is how long mandates count that a former representative's
// enterprise granted, until its new one has confirmed them.
const confirmDays = 30

// SubmitEnterpriseChange is 变更: what was typed must be what the register says. If
// the representative stays the same person, the change is made at once; a new one
// has to show their face first. The case that it returns is done, or asks for the
// word to that. What is the case already needs no change and is done too: the same
// form sent twice.
func (w *Wizards) SubmitEnterpriseChange(ctx context.Context, id EnterpriseID, in *Input) (*Case, error) {
	e, err := w.Enterprises.Enterprise(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("enterprise: %w", err)
	}
	facts, f := w.changed(e, in.Values)
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := w.ask(ctx, "change", in.Address); err != nil {
		return nil, err
	}
	verdict, err := w.judgeChange(ctx, e, &facts)
	if err != nil {
		return nil, err
	}
	rep, step := facts.Representative, StepForm
	switch {
	case !fullMatch(e, ptr(rep.Person())):
		step = StepConsent
	case facts.LegalType == e.LegalType && facts.Name == e.Name && rep == e.Representative:
		step = StepDone
	}
	c, err := w.Cases.Begin(ctx, CaseEnterpriseChange, step, in.Visitor.Browser, func(c *Case) {
		c.Account, c.Site = string(id), in.Site
		if step == StepDone {
			return
		}
		c.Form = keep(in.Values, changeFields()...)
		c.Form["name_of_firm"] = facts.Name
		c.DocHash = docHash("change", string(id), e.USCC, string(facts.LegalType), facts.Name,
			rep.Name, string(rep.DocType), rep.DocNumber, rep.ValidFrom, rep.ValidTo)
	})
	if err != nil || step != StepForm {
		return c, err
	}
	return c, w.makeChange(ctx, c, e, &facts, verdict)
}

// changed reads what is typed in 企业信息变更. The code of an enterprise never
// changes.
func (w *Wizards) changed(e *Enterprise, values map[string]string) (EnterpriseFacts, *form) {
	typed := maps.Clone(values)
	if typed == nil {
		typed = map[string]string{}
	}
	typed["uscc"] = e.USCC
	f := readForm(typed, w.Now())
	facts := f.enterprise()
	for i, r := range f.refusals {
		if r.Field == "uscc" { // it is the type that does not fit
			f.refusals[i].Field = "legal_type"
		}
	}
	return facts, f
}

// judgeChange compares what is to become of an enterprise with the register. Only
// answers that differ count as tries.
func (w *Wizards) judgeChange(ctx context.Context, e *Enterprise, facts *EnterpriseFacts) (*RegisterVerdict, error) {
	key := counterKey(w.Key, "change", string(e.ID))
	if w.Limits {
		until, err := w.Attempts.Try(ctx, []Attempt{{Key: key, Limit: changeLimit}}, w.Now())
		if err != nil {
			return nil, fmt.Errorf("change: count: %w", err)
		}
		if !until.IsZero() {
			return nil, &WaitError{Until: until, Code: CodeTooManyAsks}
		}
	}
	verdict, err := w.verdictOf(ctx, e, facts)
	if _, differs := errors.AsType[RefusalsError](err); differs || !w.Limits {
		return verdict, err
	}
	var forget, refund []string
	if err == nil {
		forget = []string{key}
	} else {
		refund = []string{key}
	}
	if fault := w.Attempts.Settle(ctx, forget, refund); fault != nil {
		return nil, fmt.Errorf("change: settle: %w", fault)
	}
	return verdict, err
}

// verdictOf says of each part that differs from the register that it does; of the
// person as one.
func (w *Wizards) verdictOf(ctx context.Context, e *Enterprise, facts *EnterpriseFacts) (*RegisterVerdict, error) {
	rep := facts.Representative
	answer, err := w.compare(ctx, RegisterClaim{
		USCC: e.USCC, Name: facts.Name, RepName: rep.Name, RepDocType: rep.DocType, RepDocNumber: rep.DocNumber,
	})
	if err != nil {
		return nil, err
	}
	v := answer.verdict
	switch {
	case answer.waiting:
		return nil, Refuse(CodeRegisterUnknown)
	case v.Status.Ended():
		return nil, &RefusalError{Code: CodeRegisterEnded, Field: "uscc", AsOf: v.AsOf}
	}
	if facts.LegalType != e.LegalType {
		if answer.legalType, err = w.registeredType(ctx, e.USCC); err != nil {
			return nil, err
		}
	}
	var list RefusalsError
	refuse := func(field string, code Code) {
		list = append(list, RefusalError{Code: code, Field: field, AsOf: v.AsOf})
	}
	if answer.contradicts(facts.LegalType) {
		refuse("legal_type", CodeRegisterMismatchType)
	}
	if v.Name == VerdictMismatch {
		refuse("name", CodeRegisterMismatchName)
	}
	if v.RepName != VerdictMatch || v.RepDocument != VerdictMatch {
		refuse("", CodeRegisterMismatchPerson)
	}
	if len(list) > 0 {
		return nil, list
	}
	return v, nil
}

// FinishEnterpriseChange asks for the truth of the new representative's face check
// and, if it was passed, makes the change. Every session and grant of the
// enterprise ends; the principal is the account as it stands then.
func (w *Wizards) FinishEnterpriseChange(ctx context.Context, c *Case) (*Principal, error) {
	if err := c.at(CaseEnterpriseChange, StepFace); err != nil {
		return nil, err
	}
	if err := w.prove(ctx, c); err != nil {
		return nil, err
	}
	id := EnterpriseID(c.Account)
	e, err := w.Enterprises.Enterprise(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("enterprise: %w", err)
	}
	facts, f := w.changed(e, c.Form)
	if err := w.stale(ctx, c, f); err != nil {
		return nil, err
	}
	verdict, err := w.judgeChange(ctx, e, &facts)
	if list, ok := errors.AsType[RefusalsError](err); ok {
		return nil, w.failAsOf(ctx, c, list[0].Code, list[0].AsOf) // since the form was sent
	}
	if err != nil {
		return nil, err
	}
	if err := w.makeChange(ctx, c, e, &facts, verdict); err != nil {
		return nil, err
	}
	return w.enterpriseNow(ctx, id)
}

// makeChange changes the enterprise, if it is still the one that e says. The phone
// is told.
func (w *Wizards) makeChange(ctx context.Context, c *Case, e *Enterprise, facts *EnterpriseFacts, v *RegisterVerdict) error {
	change := EnterpriseChange{
		ID: e.ID, Epochs: e.Epochs, Name: facts.Name, LegalType: facts.LegalType, Representative: facts.Representative,
		NewRepresentative: !fullMatch(e, ptr(facts.Representative.Person())), AsOf: v.AsOf, Now: w.Now(),
	}
	if change.NewRepresentative {
		if c.Proof == nil {
			return ErrCaseStep
		}
		if change.Proofing = c.Proof.LOA(); v.Simulated {
			change.Proofing = LOAPassword
		}
	}
	// The same change sent twice is told once.
	message := string(e.ID) + e.UpdatedAt.UTC().String() + hex.EncodeToString(c.DocHash[:])
	err := w.Ledger.Within(ctx, func(tx Tx) error {
		if err := w.settle(ctx, tx, c, c.Account); err != nil {
			return err
		}
		if err := tx.ChangeEnterprise(ctx, change); err != nil {
			return err
		}
		if change.NewRepresentative {
			until := inChina(change.Now.AddDate(0, 0, confirmDays), time.DateOnly)
			if err := tx.RepresentativeChanged(ctx, e.ID, until, change.Now); err != nil {
				return err
			}
		}
		return w.notify(ctx, tx, message, e.Phone, KindEnterpriseChanged, map[string]string{"tail": lastFour(e.USCC)})
	})
	switch {
	case errors.Is(err, ErrConflict):
		return ErrCaseGone // the account changed at the same moment: begin anew
	case err != nil && !errors.Is(err, errSpent):
		return fmt.Errorf("change: %w", err)
	}
	spent := errors.Is(err, errSpent)
	err = w.finish(ctx, c, func(c *Case) { c.AsOf = v.AsOf })
	if spent && errors.Is(err, ErrConflict) {
		return nil // another click made the change and says so
	}
	return err
}
