package accounts

import "context"

// registerAnswer is what the register said to a claim.
type registerAnswer struct {
	verdict *RegisterVerdict
	waiting bool // the register does not have the organisation, or not yet
}

// compare asks the register. Only what the claim names is compared.
func (w *Wizards) compare(ctx context.Context, claim RegisterClaim) (*registerAnswer, error) {
	verdict, err := w.Register.Verify(ctx, claim)
	if err != nil {
		return nil, refusedAs(CodeRegisterUnavailable, err)
	}
	return &registerAnswer{verdict: verdict, waiting: verdict.USCC == VerdictUnknown}, nil
}

// publicFacts compares name and code with the register.
func (w *Wizards) publicFacts(ctx context.Context, facts *EnterpriseFacts) (*registerAnswer, error) {
	answer, err := w.compare(ctx, RegisterClaim{USCC: facts.USCC, Name: facts.Name})
	switch {
	case err != nil:
		return nil, err
	case answer.waiting:
		return answer, nil
	case answer.verdict.Status.Ended():
		return nil, &RefusalError{Code: CodeRegisterEnded, Field: "uscc", AsOf: answer.verdict.AsOf}
	case answer.verdict.Name == VerdictMismatch:
		return nil, &RefusalError{Code: CodeRegisterMismatchName, Field: "name", AsOf: answer.verdict.AsOf}
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
	answer, err := w.compare(ctx, RegisterClaim{
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
	}
	return word, nil
}
