package accounts

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// submitted is 企业注册 whose form was accepted: at the face consent.
func submitted(t *testing.T, o *office, changes ...string) *Case {
	t.Helper()
	c := o.begin(t, CaseRegisterEnterprise)
	in := typed(traderForm(), changes...)
	must(t, o.SendEnterpriseCode(t.Context(), c, in))
	must(t, o.SubmitEnterprise(t.Context(), c, withCode(in, o.lastCode(c.Code.Phone))))
	wantStep(t, c, StepConsent)
	return c
}

// seen is the same with the face check passed.
func seen(t *testing.T, o *office, changes ...string) *Case {
	t.Helper()
	c := submitted(t, o, changes...)
	o.pass(t, c)
	return c
}

// firm is the account of a code that stands.
func (o *office) firm(t *testing.T, uscc string) *Enterprise {
	t.Helper()
	e, err := o.FindEnterprise(t.Context(), uscc)
	must(t, err)
	return e
}

func TestEnterpriseRegisters(t *testing.T) {
	o := newOffice()
	c := seen(t, o)
	must(t, o.FinishEnterprise(t.Context(), c))
	wantStep(t, c, StepDone)
	e := o.firm(t, traderUSCC)
	want := &Enterprise{
		ID: e.ID, Account: "newtrade01", USCC: traderUSCC, Name: "吉林省测试贸易有限公司", LegalType: "enterprise", Status: StatusActive,
		Representative: Representative{Name: "钱一", DocType: DocResidentID, DocNumber: "220104198806150023", ValidFrom: "2016-03-01", ValidTo: "2036-03-01"},
		Phone:          traderPhone, PasswordHash: e.PasswordHash, Proofing: 4, AsOf: "2026-11-01", CreatedAt: o.now, UpdatedAt: o.now,
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if ok, _, _ := o.Passwords.Verify(t.Context(), e.PasswordHash, goodPassword); !ok {
		t.Error("the password is another")
	}
	if diff := cmp.Diff([]string{KindRegistered}, o.told(traderPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	o.wantEvidence(t, string(e.ID), c.ID, PurposeRegister, "face f1", "privacy p1", "service s1")
	if c.PasswordHash != "" || c.Code != nil || c.Form["rep_id_number"] != "" || c.Form["name_of_firm"] != e.Name {
		t.Errorf("the case remembers %+v", c)
	}
	wantIs(t, "finish again", o.FinishEnterprise(t.Context(), c), ErrCaseStep)
}

// wantEvidence compares what is kept of an account's proof and agreements.
func (o *office) wantEvidence(t *testing.T, subject, id string, purpose Purpose, agreed ...string) {
	t.Helper()
	var got []string
	for _, a := range o.agreements {
		if a.Subject == subject && a.Case == id {
			got = append(got, a.Document+" "+a.Version)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(agreed, got); diff != "" {
		t.Errorf("agreements (-want +got):\n%s", diff)
	}
	for _, p := range o.proofs {
		if p.Subject != subject || p.Purpose != purpose || p.Kind != ProofFace || p.Provider != "booth" || p.Evidence != "e" {
			t.Errorf("proof %+v", p)
		}
	}
	if purpose != "" && len(o.proofs) != 1 {
		t.Errorf("%d proofs", len(o.proofs))
	}
}

func TestEnterpriseFormIsCheckedWhole(t *testing.T) {
	o := newOffice()
	empty := typed(nil)
	empty.Password, empty.Confirm, empty.Agree = "", "", false
	c := &Case{Kind: CaseRegisterEnterprise, Step: StepForm} // no code was sent: nothing is kept yet
	wantList(t, "nothing typed", o.SubmitEnterprise(t.Context(), c, empty),
		"account required", "legal_type required", "name required", "uscc required", "rep_id_type required", "rep_name required",
		"rep_id_number required", "rep_id_term required", "rep_id_from required", "phone required", "password required", "agree agree_required")

	for name, test := range map[string]struct {
		field, value string
		want         []string
	}{
		"login name":       {"account", "a b", []string{"account login_name_invalid", "sms_code sms_not_sent"}},
		"legal type":       {"legal_type", "bank", []string{"legal_type legal_type_invalid", "sms_code sms_not_sent"}},
		"code's check":     {"uscc", "91220106MA54728041", []string{"uscc uscc_check", "sms_code sms_not_sent"}},
		"code's type":      {"legal_type", "government", []string{"uscc uscc_type", "sms_code sms_not_sent"}},
		"document's kind":  {"rep_id_type", "library_card", []string{"rep_id_type doc_type_invalid", "sms_code sms_not_sent"}},
		"document's check": {"rep_id_number", "220104198806150024", []string{"rep_id_number id_check", "sms_code sms_not_sent"}},
		"permit":           {"rep_id_type", "taiwan_permit", []string{"rep_id_number doc_invalid", "sms_code sms_not_sent"}},
		"short document":   {"rep_id_number", "2201041988061500", []string{"rep_id_number id_length", "sms_code sms_not_sent"}},
		"expired":          {"rep_id_term", "10", []string{"rep_id_to term_mismatch", "sms_code sms_not_sent"}},
		"impossible day":   {"rep_id_from", "2016-02-30", []string{"rep_id_from date_impossible", "sms_code sms_not_sent"}},
		"phone":            {"phone", "12345", []string{"phone phone_invalid"}},
		"SQL":              {"name", "'; DROP TABLE enterprises; --", []string{"name firm_name_invalid", "sms_code sms_not_sent"}},
		"short name":       {"name", "吉", []string{"name firm_name_length", "sms_code sms_not_sent"}},
		"no name":          {"name", "（）—", []string{"name firm_name_length", "sms_code sms_not_sent"}},
		"short person":     {"rep_name", "钱", []string{"rep_name name_length", "sms_code sms_not_sent"}},
		"odd person":       {"rep_name", "钱1", []string{"rep_name name_invalid", "sms_code sms_not_sent"}},
		"old number":       {"uscc", " 220102 600012345", []string{"uscc uscc_registration", "sms_code sms_not_sent"}},
		"short code":       {"uscc", "9122010260001234", []string{"uscc uscc_length", "sms_code sms_not_sent"}},
	} {
		err := o.SubmitEnterprise(t.Context(), c, typed(traderForm(), test.field, test.value))
		wantList(t, name, err, test.want...)
	}
	for number, want := range map[string]string{
		"9228401978090300": "permanent_invalid", "AB1123456789012": "permanent_invalid", "92284019780903001A": "permanent_invalid",
		"922840197809030016": "id_check", "220104198806150023": "doc_invalid",
	} {
		err := o.SubmitEnterprise(t.Context(), c, typed(traderForm(), "rep_id_type", "permanent_resident", "rep_id_number", number))
		wantList(t, number, err, "rep_id_number "+want, "sms_code sms_not_sent")
	}
	twice := typed(traderForm())
	twice.Confirm = otherPassword
	wantList(t, "two passwords", o.SubmitEnterprise(t.Context(), c, twice), "password_confirm password_mismatch", "sms_code sms_not_sent")
	if len(o.shelf.records) != 0 || len(o.posted) != 0 {
		t.Error("a refused form left something")
	}
}

func TestRegisterJudgesNameAndCodeFirst(t *testing.T) {
	change := func(change func(e *RegisterEntry)) func(o *office) {
		return func(o *office) { o.register.change(traderUSCC, change) }
	}
	for name, test := range map[string]struct {
		change func(o *office)
		want   string
	}{
		"another name":          {change(func(e *RegisterEntry) { e.Name = "别的" }), "name register_mismatch_name"},
		"another type":          {change(func(e *RegisterEntry) { e.Type = "non_legal_enterprise" }), "legal_type register_mismatch_type"},
		"another name and type": {change(func(e *RegisterEntry) { e.Name, e.Type = "别的", "non_legal_enterprise" }), "legal_type register_mismatch_type, name register_mismatch_name"},
		"ended":                 {change(func(e *RegisterEntry) { e.Status = RegisterGone }), "uscc register_ended"},
		"away":                  {func(o *office) { o.register.away = errAway }, ""},
	} {
		o := newOffice()
		test.change(o)
		c := o.begin(t, CaseRegisterEnterprise)
		in := typed(traderForm())
		must(t, o.SendEnterpriseCode(t.Context(), c, in))
		err := o.SubmitEnterprise(t.Context(), c, withCode(in, o.lastCode(traderPhone)))
		if test.want == "" {
			wantRefused(t, name, err, CodeRegisterUnavailable, "")
		} else {
			wantList(t, name, err, test.want)
			if list, ok := errors.AsType[RefusalsError](err); ok && list[0].AsOf != "2026-11-01" {
				t.Errorf("%s: as of %q", name, list[0].AsOf)
			}
		}
		wantStep(t, c, StepForm)
		if c.Code.Tries != 0 || c.PhoneProof != "" {
			t.Errorf("%s: the code was looked at", name)
		}
	}
	o := newOffice() // the person's facts get no word before the face
	o.register.put(traderUSCC, "吉林省测试贸易有限公司", "别人", "220104198806150023")
	c := seen(t, o)
	wantRefused(t, "another person, after the face", o.FinishEnterprise(t.Context(), c), CodeRegisterMismatchPerson, "")
	wantStep(t, c, StepRefused)
	if c.Failure != CodeRegisterMismatchPerson || c.PasswordHash != "" {
		t.Errorf("case %+v", c)
	}
	wantIs(t, "once more", o.FinishEnterprise(t.Context(), c), ErrCaseStep)
}

func TestCodeOfTheForm(t *testing.T) {
	o := newOffice()
	c := o.begin(t, CaseRegisterEnterprise)
	in := typed(traderForm())
	wantList(t, "none sent", o.SubmitEnterprise(t.Context(), c, in), "sms_code sms_not_sent")
	must(t, o.SendEnterpriseCode(t.Context(), c, in))
	wantList(t, "none typed", o.SubmitEnterprise(t.Context(), c, in), "sms_code sms_required")
	wantRefused(t, "wrong", o.SubmitEnterprise(t.Context(), c, withCode(in, wrongCode(o.lastCode(traderPhone)))), CodeSMSWrong, "sms_code")
	other := typed(traderForm(), "phone", "13911112222")
	wantList(t, "another phone", o.SubmitEnterprise(t.Context(), c, withCode(other, o.lastCode(traderPhone))), "sms_code sms_not_sent")

	o.Wizards.Policy.EnterprisesPerPhone = 0
	right := withCode(in, o.lastCode(traderPhone))
	wantRefused(t, "too many with that phone", o.SubmitEnterprise(t.Context(), c, right), CodePhoneInUse, "phone")
	o.Wizards.Policy.EnterprisesPerPhone = 1
	must(t, o.SubmitEnterprise(t.Context(), c, in)) // the phone was proved
	wantStep(t, c, StepConsent)
	wantIs(t, "the form again", o.SubmitEnterprise(t.Context(), c, in), ErrCaseStep)
	wantIs(t, "a code again", o.SendEnterpriseCode(t.Context(), c, in), ErrCaseStep)
	wantIs(t, "the end before the face", o.FinishEnterprise(t.Context(), c), ErrCaseStep)
}

func TestWhatIsThereIsToldAfterTheFace(t *testing.T) {
	for name, test := range map[string]struct {
		status Status
		want   Code // of who represents it by the register
		same   Code // of who represents it by the account, which the register does not have
	}{
		"active":   {StatusActive, CodeAlreadyRegistered, CodeAlreadyRegistered},
		"frozen":   {StatusFrozen, CodeAlreadyRegistered, CodeAlreadyRegistered},
		"imported": {StatusPendingActivation, CodePendingNeedsActivation, CodePendingNeedsActivation},
		"waiting":  {StatusWaiting, CodeRegisterConfirmed, CodeWaitingRegister},
	} {
		for who, changes := range map[string][]string{
			"by the register": nil, "by the account": nil, "somebody else": {"rep_name", "赵六", "rep_id_number", zhaoDocument},
			"of the same number": {"rep_name", "赵六"}, "of the same name": {"rep_id_number", zhaoDocument},
		} {
			o, want := newOffice(), CodeRegisterMismatchPerson
			rep := Representative{Name: "钱一", DocType: DocResidentID, DocNumber: "220104198806150023"}
			o.firms["old"] = Enterprise{ID: "old", Account: "olderone1", Name: "吉林省测试贸易有限公司", LegalType: "enterprise", USCC: traderUSCC, Status: test.status, Representative: rep, CreatedAt: o.now}
			switch who {
			case "by the register":
				want = test.want
			case "by the account":
				want = test.same
				fallthrough
			default:
				delete(o.register.entries, traderUSCC)
			}
			c := seen(t, o, changes...)
			wantRefused(t, name+", "+who, o.FinishEnterprise(t.Context(), c), want, "")
			if wantStep(t, c, StepRefused); c.Failure != want {
				t.Errorf("%s, %s: failure %s", name, who, c.Failure)
			}
		}
	}
	o := newOffice() // one that ended is none
	o.firms["old"] = Enterprise{ID: "old", Account: "olderone1", USCC: traderUSCC, Status: StatusCancelled}
	c := seen(t, o)
	must(t, o.FinishEnterprise(t.Context(), c))
	if e := o.firm(t, traderUSCC); e.ID == "old" || e.Status != StatusActive {
		t.Errorf("account %+v", e)
	}
}

func TestRegisterAfterTheFace(t *testing.T) {
	o := newOffice()
	c := seen(t, o)
	o.register.away = errAway
	err := o.FinishEnterprise(t.Context(), c)
	wantRefused(t, "away", err, CodeRegisterUnavailable, "")
	wantIs(t, "away, for the log", err, errAway)
	wantStep(t, c, StepFace)
	o.register.away = nil
	must(t, o.FinishEnterprise(t.Context(), o.reload(t, c))) // nobody looks into the camera again
	if o.face.begun != 1 {
		t.Errorf("%d face checks", o.face.begun)
	}

	o = newOffice()
	c = seen(t, o)
	o.register.change(traderUSCC, func(e *RegisterEntry) { e.Status = RegisterWithdrawn })
	wantRefused(t, "ended meanwhile", o.FinishEnterprise(t.Context(), c), CodeRegisterEnded, "")

	o = newOffice()
	entry := o.register.entries[traderUSCC]
	delete(o.register.entries, traderUSCC)
	c = seen(t, o)
	entry.Type = "non_legal_enterprise"
	o.register.entries[traderUSCC] = entry
	wantRefused(t, "known meanwhile, of another type", o.FinishEnterprise(t.Context(), c), CodeRegisterMismatchType, "")

	o = newOffice()
	o.register.sham = true
	c = seen(t, o)
	must(t, o.FinishEnterprise(t.Context(), c))
	if e := o.firm(t, traderUSCC); e.Proofing != LOAPassword {
		t.Errorf("a simulated register proves %d", e.Proofing)
	}
}

// Whose licence was revoked, or what is being wound up, has an account that portals
// see as 受限.
func TestAccountsOpenAsTheRegisterSays(t *testing.T) {
	for status, want := range map[RegisterStatus]Status{
		RegisterOperating: StatusActive, RegisterMovedOut: StatusActive, RegisterSuspended: StatusActive,
		RegisterLiquidation: StatusRestricted, RegisterRevoked: StatusRestricted,
	} {
		is := func(o *office, uscc string) { o.register.change(uscc, func(e *RegisterEntry) { e.Status = status }) }
		o := newOffice()
		is(o, traderUSCC)
		must(t, o.FinishEnterprise(t.Context(), seen(t, o)))
		if got := o.firm(t, traderUSCC).Status; got != want {
			t.Errorf("%s: registered as %s", status, got)
		}
		o = newOffice()
		waitingFirm(t, o)
		o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "220104198806150023")
		is(o, traderUSCC)
		o.look(t, 1)
		if got := o.firm(t, traderUSCC).Status; got != want {
			t.Errorf("%s: confirmed as %s", status, got)
		}
		for _, phone := range []string{"13800000003", "13911112222"} {
			o = newOffice()
			is(o, noodleUSCC)
			c := activating(t, o, phone)
			if c.Step == StepConsent {
				o.pass(t, c)
				must(t, o.FinishActivationFace(t.Context(), c))
			}
			must(t, o.SetActivated(t.Context(), c, typed(nil, "account", "noodles01")))
			if got := o.firm(t, noodleUSCC).Status; got != want {
				t.Errorf("%s: activated as %s", status, got)
			}
		}
	}
}

func TestUnknownToTheRegisterWaits(t *testing.T) {
	o := newOffice()
	delete(o.register.entries, traderUSCC)
	c := seen(t, o)
	must(t, o.FinishEnterprise(t.Context(), c))
	if wantStep(t, c, StepDone); !c.Waiting {
		t.Error("the case does not say that it waits")
	}
	if e := o.firm(t, traderUSCC); e.Status != StatusWaiting || e.AsOf != "" || len(o.told(traderPhone)) != 0 {
		t.Errorf("account %+v, told %v", e, o.told(traderPhone))
	}
}

func TestTakenLoginNameNeedsNoSecondFace(t *testing.T) {
	o := newOffice()
	c := seen(t, o, "account", "JLSHILI01")
	wantRefused(t, "taken", o.FinishEnterprise(t.Context(), c), CodeLoginNameTaken, "account")
	wantStep(t, c, StepForm)
	if c.PasswordHash != "" || c.Form["uscc"] != traderUSCC || c.Proof == nil {
		t.Errorf("case %+v", c)
	}
	wantRefused(t, "another taken one", o.SubmitEnterprise(t.Context(), c, typed(traderForm(), "account", "jlshili01")), CodeLoginNameTaken, "account")
	must(t, o.SubmitEnterprise(t.Context(), c, typed(traderForm())))
	wantStep(t, c, StepDone)
	if o.face.begun != 1 || o.firm(t, traderUSCC).Account != "newtrade01" || len(o.proofs) != 1 {
		t.Errorf("%d face checks, %d proofs", o.face.begun, len(o.proofs))
	}
}

// The face that was seen is of no use for another person or firm.
func TestProofIsForTheFactsThatWereApproved(t *testing.T) {
	for field, value := range map[string]string{"rep_id_number": "220582200412311286", "rep_name": "赵六"} {
		o := newOffice()
		c := seen(t, o, "account", "jlshili01")
		wantRefused(t, "taken", o.FinishEnterprise(t.Context(), c), CodeLoginNameTaken, "account")
		must(t, o.SubmitEnterprise(t.Context(), c, typed(traderForm(), field, value)))
		if wantStep(t, c, StepConsent); c.Proof != nil {
			t.Errorf("%s: the proof stays", field)
		}
		wantIs(t, field, o.FinishEnterprise(t.Context(), c), ErrCaseStep)
	}
}

func TestTwoCasesRaceForOneCode(t *testing.T) {
	o := newOffice()
	first := seen(t, o)
	second := seen(t, o, "phone", "13911112222", "account", "othername1")
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, c := range []*Case{first, second} {
		wg.Go(func() { errs[i] = o.FinishEnterprise(t.Context(), c) })
	}
	wg.Wait()
	won := slices.Index(errs, nil)
	if won < 0 {
		t.Fatalf("nobody won: %v", errs)
	}
	wantRefused(t, "the loser", errs[1-won], CodeAlreadyRegistered, "")
	if len(o.effects) != 1 || len(o.proofs) != 1 {
		t.Errorf("effects %v, %d proofs", o.effects, len(o.proofs))
	}
}

// finishers are the last steps of both registrations, with what they open.
func finishers() map[string]func(t *testing.T) (o *office, c *Case, finish func(c *Case) error) {
	return map[string]func(t *testing.T) (*office, *Case, func(c *Case) error){
		"enterprise": func(t *testing.T) (*office, *Case, func(c *Case) error) {
			t.Helper()
			o := newOffice()
			return o, seen(t, o), func(c *Case) error { return o.FinishEnterprise(t.Context(), c) }
		},
		"person": func(t *testing.T) (*office, *Case, func(c *Case) error) {
			t.Helper()
			o := newOffice()
			return o, seenPerson(t, o), func(c *Case) error { return o.FinishPerson(t.Context(), c) }
		},
	}
}

func TestLastStepOfRegistrationTwice(t *testing.T) {
	for name, open := range finishers() {
		o, c, finish := open(t)
		copies := make([]*Case, 20)
		for i := range copies {
			copies[i] = o.reload(t, c)
		}
		var wg sync.WaitGroup
		for _, mine := range copies {
			wg.Go(func() {
				if err := finish(mine); err != nil && !elsewhere(err) {
					t.Errorf("%s: a false refusal: %v", name, err)
				}
			})
		}
		wg.Wait()
		if wantStep(t, o.reload(t, c), StepDone); len(o.effects) != 1 || len(o.proofs) != 1 {
			t.Errorf("%s: effects %v", name, o.effects)
		}

		o, c, finish = open(t) // one after the other, each from the state after the face
		must(t, o.prove(t.Context(), c))
		one, two := o.reload(t, c), o.reload(t, c)
		must(t, finish(one))
		wantIs(t, name+": the second", finish(two), ErrConflict)
		if wantStep(t, o.reload(t, c), StepDone); len(o.effects) != 1 {
			t.Errorf("%s: effects %v", name, o.effects)
		}
	}
}

// A store of cases that goes back in time gives no second account.
func TestSpentRegistration(t *testing.T) {
	for name, open := range finishers() {
		o, c, finish := open(t)
		must(t, finish(c))
		for back := range 2 {
			o.shelf.back(c.ID, back+1)
			old := o.reload(t, c)
			if old.Step != StepFace {
				t.Fatalf("%s: back at %s", name, old.Step)
			}
			must(t, finish(old))
			wantStep(t, old, StepDone)
		}
		if len(o.effects) != 1 || len(o.effects["case:"+c.ID]) != 1 || len(o.proofs) != 1 || len(o.posted) != 2 {
			t.Errorf("%s: effects %v, %d proofs, %d messages", name, o.effects, len(o.proofs), len(o.posted))
		}
	}
}

func TestTransactionThatFailsLeavesNothing(t *testing.T) {
	for name, open := range finishers() {
		o, c, finish := open(t)
		o.books.fault = errAway
		wantIs(t, name, finish(c), errAway)
		if wantStep(t, c, StepFace); len(o.effects) != 0 || len(o.spent) != 0 || len(o.proofs) != 0 {
			t.Errorf("%s: effects %v, spent %v", name, o.effects, o.spent)
		}
		must(t, finish(o.reload(t, c)))
	}
}

// seenPerson is 个人注册 with the face check passed.
func seenPerson(t *testing.T, o *office, changes ...string) *Case {
	t.Helper()
	c := o.begin(t, CaseRegisterPerson)
	in := typed(sunForm(), changes...)
	must(t, o.SendPersonCode(t.Context(), c, in))
	must(t, o.SubmitPerson(t.Context(), c, withCode(in, o.lastCode(c.Code.Phone))))
	wantStep(t, c, StepConsent)
	o.pass(t, c)
	return c
}

func TestPersonRegisters(t *testing.T) {
	o := newOffice()
	c := seenPerson(t, o)
	must(t, o.FinishPerson(t.Context(), c))
	wantStep(t, c, StepDone)
	p, err := o.FindPerson(t.Context(), personIdentifier("138 0000 0004"))
	must(t, err)
	want := &Person{
		ID: p.ID, Name: "孙七", DocType: DocResidentID, DocNumber: sunDocument, ValidFrom: "2016-03-01", ValidTo: "2036-03-01",
		Phone: sunPhone, PasswordHash: p.PasswordHash, Status: StatusActive, Proofing: 4, CreatedAt: o.now, UpdatedAt: o.now,
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
	o.wantEvidence(t, string(p.ID), c.ID, PurposeRegister, "face f1", "privacy p1", "service s1")
	if diff := cmp.Diff([]string{KindRegistered}, o.told(sunPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestPersonFormIsCheckedWhole(t *testing.T) {
	o := newOffice()
	empty := typed(nil)
	empty.Password, empty.Agree = "", false
	c := o.begin(t, CaseRegisterPerson)
	wantList(t, "nothing typed", o.SubmitPerson(t.Context(), c, empty),
		"id_type required", "name required", "id_number required", "id_term required", "id_from required", "phone required",
		"password required", "agree agree_required")
	in := typed(sunForm())
	must(t, o.SendPersonCode(t.Context(), c, in))
	o.Wizards.Policy.PersonsPerPhone = 0
	wantRefused(t, "too many", o.SubmitPerson(t.Context(), c, withCode(in, o.lastCode(sunPhone))), CodePhoneInUse, "phone")
}

func TestPersonIsThere(t *testing.T) {
	li := []string{"name", "李四", "id_number", liDocument}
	o := newOffice()
	c := seenPerson(t, o, li...)
	wantRefused(t, "told after the face", o.FinishPerson(t.Context(), c), CodePersonExists, "")
	wantStep(t, c, StepRefused)

	closing := func(o *office, d time.Duration) {
		p := o.persons[liID]
		p.ClosingAt = o.now.Add(d)
		o.persons[liID] = p
	}
	o = newOffice()
	closing(o, time.Hour)
	wantRefused(t, "closing", o.FinishPerson(t.Context(), seenPerson(t, o, li...)), CodePersonExists, "")

	o = newOffice()
	closing(o, 0)
	c = seenPerson(t, o, li...)
	must(t, o.FinishPerson(t.Context(), c))
	if old := o.persons[liID]; old.Status != StatusCancelled || old.Name != "" || len(o.persons) != 2 {
		t.Errorf("the closed account is %+v among %d", old, len(o.persons))
	}
}

func TestDocumentThatExpiresAtMidnight(t *testing.T) {
	for name, finish := range map[string]func(o *office) (*Case, error){
		"person": func(o *office) (*Case, error) {
			c := seenPerson(t, o, "id_from", "2006-11-23", "id_to", "2026-11-23")
			o.wait(3 * time.Minute)
			return c, o.FinishPerson(t.Context(), c)
		},
		"enterprise": func(o *office) (*Case, error) {
			c := seen(t, o, "rep_id_from", "2006-11-23", "rep_id_to", "2026-11-23")
			o.wait(3 * time.Minute)
			return c, o.FinishEnterprise(t.Context(), c)
		},
	} {
		o := newOffice()
		o.now = time.Date(2026, 11, 23, 15, 58, 0, 0, time.UTC) // 23:58 there
		c, err := finish(o)
		wantRefused(t, name, err, CodeDocExpired, "")
		if wantStep(t, c, StepRefused); len(o.effects) != 0 {
			t.Errorf("%s: effects %v", name, o.effects)
		}
	}
}

// Twenty accounts of a phone, and no more, also if the places were taken while the
// face was looked at.
func TestPhoneFillsUpMeanwhile(t *testing.T) {
	for name, open := range finishers() {
		o, c, finish := open(t)
		fill := func(n int) {
			o.Wizards.Policy.EnterprisesPerPhone, o.Wizards.Policy.PersonsPerPhone = 20, 20
			for i := range n {
				id := fmt.Sprint("other", i)
				o.persons[PersonID(id)] = Person{ID: PersonID(id), Phone: c.Phone, DocNumber: id, Status: StatusActive}
				o.firms[EnterpriseID(id)] = Enterprise{ID: EnterpriseID(id), Phone: c.Phone, USCC: id, Status: StatusActive}
			}
		}
		fill(20)
		wantRefused(t, name, finish(c), CodePhoneInUse, "")
		if wantStep(t, c, StepRefused); len(o.effects) != 0 || len(o.proofs) != 0 {
			t.Errorf("%s: effects %v", name, o.effects)
		}
		o, c, finish = open(t)
		fill(19)
		must(t, finish(c))
		wantStep(t, c, StepDone)
	}
}
