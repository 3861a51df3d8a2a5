package accounts

import (
	"context"
	"errors"
)

// registerAnswer is what the register said to a claim.
type registerAnswer struct {
	verdict   *RegisterVerdict
	waiting   bool      // the register does not have the organisation, or not yet
	legalType LegalType // that it has, if it was asked and knows
}

// compare asks the register. Only what the claim names is compared.
func (w *Wizards) compare(ctx context.Context, claim RegisterClaim) (*registerAnswer, error) {
	verdict, err := w.Register.Verify(ctx, claim)
	if err != nil {
		return nil, refusedAs(CodeRegisterUnavailable, err)
	}
	return &registerAnswer{verdict: verdict, waiting: verdict.USCC == VerdictUnknown}, nil
}

// compareAll is compare, and asks what kind of organisation it is.
func (w *Wizards) compareAll(ctx context.Context, claim RegisterClaim) (*registerAnswer, error) {
	answer, err := w.compare(ctx, claim)
	if err != nil || answer.waiting {
		return answer, err
	}
	answer.legalType, err = w.registeredType(ctx, claim.USCC)
	return answer, err
}

// registeredType is the legal type that the register has; empty if it holds none.
func (w *Wizards) registeredType(ctx context.Context, uscc string) (LegalType, error) {
	entry, err := w.Register.Fetch(ctx, uscc)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", refusedAs(CodeRegisterUnavailable, err)
	}
	return entry.Type, nil
}

// contradicts reports whether the register has another legal type. One that holds
// none contradicts nothing.
func (a *registerAnswer) contradicts(t LegalType) bool { return a.legalType != "" && a.legalType != t }

// opens is the state in which an account opens.
func (a *registerAnswer) opens() Status {
	if a.waiting {
		return StatusWaiting
	}
	return a.verdict.Status.Opens()
}

// activates is the state in which an account opens that was imported: one that the
// register does not have is known by the import.
func (a *registerAnswer) activates() Status {
	if a.waiting {
		return StatusActive
	}
	return a.opens()
}

// publicFacts compares name, code and legal type with the register.
func (w *Wizards) publicFacts(ctx context.Context, facts *EnterpriseFacts) (*registerAnswer, error) {
	answer, err := w.compareAll(ctx, RegisterClaim{USCC: facts.USCC, Name: facts.Name})
	if err != nil || answer.waiting {
		return answer, err
	}
	var list RefusalsError
	refuse := func(field string, code Code) {
		list = append(list, RefusalError{Code: code, Field: field, AsOf: answer.verdict.AsOf})
	}
	if answer.contradicts(facts.LegalType) {
		refuse("legal_type", CodeRegisterMismatchType)
	}
	if answer.verdict.Name == VerdictMismatch {
		refuse("name", CodeRegisterMismatchName)
	}
	if answer.verdict.Status.Ended() {
		refuse("uscc", CodeRegisterEnded)
	}
	if len(list) > 0 {
		return nil, list
	}
	return answer, nil
}

// judgement is what the register's word on an organisation, and on who represents
// it, comes to.
type judgement struct {
	registerAnswer

	refusal Code // why it gets no account; empty if it may, or if the register does not have it
}

// judge compares all that is said of an organisation with the register, the person's
// facts as one group.
func (w *Wizards) judge(ctx context.Context, facts *EnterpriseFacts) (*judgement, error) {
	rep := facts.Representative
	answer, err := w.compareAll(ctx, RegisterClaim{
		USCC: facts.USCC, Name: facts.Name, RepName: rep.Name, RepDocType: rep.DocType, RepDocNumber: rep.DocNumber,
	})
	if err != nil {
		return nil, err
	}
	word := &judgement{registerAnswer: *answer}
	switch v := answer.verdict; {
	case answer.waiting:
	case v.Status.Ended():
		word.refusal = CodeRegisterEnded
	case v.RepName != VerdictMatch, v.RepDocument != VerdictMatch, v.Name == VerdictMismatch:
		word.refusal = CodeRegisterMismatchPerson
	case answer.contradicts(facts.LegalType):
		word.refusal = CodeRegisterMismatchType
	}
	return word, nil
}
