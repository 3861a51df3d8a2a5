package accounts

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// activating is 账号激活 after its second step, with the code of a phone.
func activating(t *testing.T, o *office, phone string, changes ...string) *Case {
	t.Helper()
	c, err := o.StartActivation(t.Context(), typed(noodleForm(), changes...))
	must(t, err)
	wantStep(t, c, StepCode)
	in := typed(nil, "phone", phone)
	must(t, o.SendActivationCode(t.Context(), c, in))
	must(t, o.ProveActivation(t.Context(), c, withCode(in, o.lastCode(c.Code.Phone))))
	return c
}

func TestActivateByTheRecordedPhone(t *testing.T) {
	o := newOffice()
	c := activating(t, o, "138 0000 0003")
	wantStep(t, c, StepAccount)
	bad := typed(nil, "account", "x")
	bad.Confirm = otherPassword
	wantList(t, "bad", o.SetActivated(t.Context(), c, bad), "account login_name_invalid", "password_confirm password_mismatch")
	wantRefused(t, "taken", o.SetActivated(t.Context(), c, typed(nil, "account", "JLSHILI01")), CodeLoginNameTaken, "account")
	wantStep(t, c, StepAccount)
	must(t, o.SetActivated(t.Context(), c, typed(nil, "account", "noodles01")))
	if wantStep(t, c, StepDone); c.Form["account"] != "noodles01" || c.Form["name_of_firm"] != "长春市示例面馆" {
		t.Errorf("shows %v", c.Form)
	}
	e := o.firm(t, noodleUSCC)
	if e.Status != StatusActive || e.Account != "noodles01" || e.Proofing != LOAPassword || e.Phone != noodlePhone ||
		e.Representative.ValidFrom != "2016-03-01" || e.Representative.ValidTo != "2036-03-01" {
		t.Errorf("account %+v", e)
	}
	if diff := cmp.Diff([]string{KindRegistered}, o.told(noodlePhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	o.wantEvidence(t, string(noodleID), c.ID, "", "privacy p1", "service s1")
	wantIs(t, "once more", o.SetActivated(t.Context(), c, typed(nil, "account", "noodles02")), ErrCaseStep)
}

func TestActivateByFace(t *testing.T) {
	o := newOffice()
	c := activating(t, o, "13911112222")
	wantStep(t, c, StepConsent)
	wantIs(t, "before the face", o.SetActivated(t.Context(), c, typed(nil, "account", "noodles01")), ErrCaseStep)
	o.pass(t, c)
	o.register.away = errAway
	wantRefused(t, "the register is away", o.FinishActivationFace(t.Context(), c), CodeRegisterUnavailable, "")
	o.register.away = nil
	must(t, o.FinishActivationFace(t.Context(), c))
	wantStep(t, c, StepAccount)
	must(t, o.SetActivated(t.Context(), c, typed(nil, "account", "noodles01")))
	if e := o.firm(t, noodleUSCC); e.Phone != strangerPhone || e.Proofing != 4 {
		t.Errorf("account %+v", e)
	}
	o.wantEvidence(t, string(noodleID), c.ID, PurposeActivate, "face f1", "privacy p1", "service s1")
}

func TestActivationSaysNothingBeforeTheFace(t *testing.T) {
	firm := func(id EnterpriseID, s Status) func(o *office) {
		return func(o *office) { e := o.firms[id]; e.Status = s; o.firms[id] = e }
	}
	// The only kinds of organisation whose codes begin alike.
	branch := func(o *office) {
		delete(o.register.entries, softUSCC)
		delete(o.firms, softID)
		e := o.firms[noodleID]
		e.USCC, e.LegalType = softUSCC, "non_legal_enterprise"
		o.firms[noodleID] = e
	}
	for name, test := range map[string]struct {
		change func(o *office)
		form   []string
		want   Code
	}{
		"no account":        {func(o *office) { delete(o.firms, noodleID) }, nil, CodeNothingToActivate},
		"ended":             {firm(noodleID, StatusCancelled), nil, CodeNothingToActivate},
		"unknown":           {func(o *office) { delete(o.firms, noodleID); delete(o.register.entries, noodleUSCC) }, nil, CodeRegisterMismatchPerson},
		"unconfirmed":       {func(o *office) { delete(o.firms, noodleID) }, []string{"rep_name", "王八"}, CodeRegisterMismatchPerson},
		"waiting":           {firm(noodleID, StatusWaiting), nil, CodeWaitingRegister},
		"active already":    {firm(noodleID, StatusActive), nil, CodeAlreadyActive},
		"frozen":            {firm(noodleID, StatusFrozen), nil, CodeAlreadyActive},
		"another person":    {func(*office) {}, []string{"rep_name", "王八"}, CodeRegisterMismatchPerson},
		"another document":  {func(*office) {}, []string{"rep_id_number", "220104198806150023"}, CodeRegisterMismatchPerson},
		"another name":      {func(o *office) { delete(o.register.entries, noodleUSCC) }, []string{"name", "长春市别的面馆"}, CodeRegisterMismatchPerson},
		"another type":      {branch, []string{"legal_type", "enterprise", "uscc", softUSCC}, CodeRegisterMismatchPerson},
		"register mismatch": {func(o *office) { o.register.put(noodleUSCC, "长春市示例面馆", "王五", "x") }, nil, CodeRegisterMismatchPerson},
	} {
		for _, phone := range []string{"13911112222", "13800000003"} {
			o := newOffice()
			test.change(o)
			c := activating(t, o, phone, test.form...)
			if name == "register mismatch" && phone == "13800000003" {
				wantStep(t, c, StepAccount) // the phone on record proves enough
				continue
			}
			wantStep(t, c, StepConsent)
			o.pass(t, c)
			wantRefused(t, name, o.FinishActivationFace(t.Context(), c), test.want, "")
			if wantStep(t, c, StepRefused); c.Failure != test.want {
				t.Errorf("%s: failure %s", name, c.Failure)
			}
		}
	}
	o := newOffice() // not known to the register: the import knows it
	delete(o.register.entries, noodleUSCC)
	c := activating(t, o, "13911112222")
	o.pass(t, c)
	must(t, o.FinishActivationFace(t.Context(), c))
}

func TestActivationForm(t *testing.T) {
	o := newOffice()
	empty := typed(nil)
	empty.Agree = false
	_, err := o.StartActivation(t.Context(), empty)
	wantList(t, "nothing typed", err, "legal_type required", "name required", "uscc required", "rep_id_type required",
		"rep_name required", "rep_id_number required", "rep_id_term required", "rep_id_from required", "agree agree_required")
	_, err = o.StartActivation(t.Context(), typed(noodleForm(), "name", "别的面馆"))
	wantList(t, "another name", err, "name register_mismatch_name")
	for range 99 {
		_, err = o.StartActivation(t.Context(), typed(noodleForm()))
		must(t, err)
	}
	_, err = o.StartActivation(t.Context(), typed(noodleForm()))
	wantWait(t, "the 101st of one address", o.now, err, 10*time.Minute)
	elsewhere := typed(noodleForm())
	elsewhere.Address = netip.MustParseAddr("203.0.113.99")
	_, err = o.StartActivation(t.Context(), elsewhere) // nobody keeps the firm from it
	must(t, err)
}

func TestActivationCode(t *testing.T) {
	o := newOffice()
	c, err := o.StartActivation(t.Context(), typed(noodleForm()))
	must(t, err)
	in := typed(nil, "phone", "13800000003")
	wantList(t, "none sent", o.ProveActivation(t.Context(), c, in), "sms_code sms_not_sent")
	must(t, o.SendActivationCode(t.Context(), c, in))
	if m := o.posted[0]; m.Purpose != PurposeActivate || m.Params["purpose"] != "activate" {
		t.Errorf("message %+v", m)
	}
	wantRefused(t, "wrong", o.ProveActivation(t.Context(), c, withCode(in, wrongCode(o.lastCode(noodlePhone)))), CodeSMSWrong, "sms_code")
	must(t, o.ProveActivation(t.Context(), c, withCode(in, o.lastCode(noodlePhone))))
	wantIs(t, "again", o.ProveActivation(t.Context(), c, in), ErrCaseStep)
}

// The account's own phone counts once, whatever else is bound to it.
func TestActivationPhoneLimit(t *testing.T) {
	prove := func(o *office, phone string) error {
		c, err := o.StartActivation(t.Context(), typed(noodleForm()))
		must(t, err)
		in := typed(nil, "phone", phone)
		must(t, o.SendActivationCode(t.Context(), c, in))
		return o.ProveActivation(t.Context(), c, withCode(in, o.lastCode(c.Code.Phone)))
	}
	o := newOffice()
	o.Wizards.Policy.EnterprisesPerPhone = 1
	must(t, prove(o, "13800000003"))
	wantRefused(t, "a phone that has one", prove(o, "13800000001"), CodePhoneInUse, "phone")
	must(t, prove(o, "13911112222"))
}

func TestTwoActivationsOfOneAccount(t *testing.T) {
	o := newOffice()
	first, second := activating(t, o, "13800000003"), activating(t, o, "13911112222")
	o.pass(t, second)
	must(t, o.FinishActivationFace(t.Context(), second))
	must(t, o.SetActivated(t.Context(), first, typed(nil, "account", "noodles01")))
	wantRefused(t, "the later one", o.SetActivated(t.Context(), second, typed(nil, "account", "noodles02")), CodeAlreadyActive, "")
	if wantStep(t, second, StepRefused); len(o.effects) != 1 || o.firm(t, noodleUSCC).Account != "noodles01" {
		t.Errorf("effects %v", o.effects)
	}
}

func TestLastStepOfActivationTwice(t *testing.T) {
	o := newOffice()
	c := activating(t, o, "13800000003")
	var wg sync.WaitGroup
	for range 20 {
		mine := o.reload(t, c)
		wg.Go(func() {
			err := o.SetActivated(t.Context(), mine, typed(nil, "account", "noodles01"))
			if err != nil && !elsewhere(err) {
				t.Errorf("a false refusal: %v", err)
			}
		})
	}
	wg.Wait()
	wantStep(t, o.reload(t, c), StepDone)
	o.shelf.back(c.ID, 1)
	replayed := o.reload(t, c)
	must(t, o.SetActivated(t.Context(), replayed, typed(nil, "account", "noodles09")))
	if len(o.effects["case:"+c.ID]) != 1 || o.firm(t, noodleUSCC).Account != "noodles01" || len(o.told(noodlePhone)) != 1 {
		t.Errorf("effects %v", o.effects)
	}
}

// The page is headed by the account's own name, however the one that fits it was
// typed: an older spelling of it, or the name that the register has by now.
func TestActivationShowsTheAccountsName(t *testing.T) {
	for name, register := range map[string]string{"长春市 示例面馆": "", "长春市新示例面馆": "长春市新示例面馆"} {
		for _, phone := range []string{"13800000003", "13911112222"} {
			o := newOffice()
			e := o.firms[noodleID]
			e.LegalType = "" // of an older import
			o.firms[noodleID] = e
			delete(o.register.entries, noodleUSCC)
			if register != "" {
				o.register.put(noodleUSCC, register, "王五", "220202197602290153")
				o.register.change(noodleUSCC, func(e *RegisterEntry) { e.Type = "individual_business" })
			}
			c := activating(t, o, phone, "name", name)
			if c.Step == StepConsent {
				o.pass(t, c)
				must(t, o.FinishActivationFace(t.Context(), c))
			}
			if wantStep(t, c, StepAccount); c.Form["name_of_firm"] != "长春市示例面馆" {
				t.Errorf("%s: shows %s", name, c.Form["name_of_firm"])
			}
		}
	}
}
