package accounts

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts/idnum"
)

// recovering is a recovery after its first step.
func recovering(t *testing.T, o *office, kind CaseKind, in *Input) *Case {
	t.Helper()
	c, err := o.StartRecovery(t.Context(), kind, in)
	must(t, err)
	wantStep(t, c, StepCode)
	return c
}

// recovered is one at its new password, by the phone.
func recovered(t *testing.T, o *office, kind CaseKind, in *Input, phone string) *Case {
	t.Helper()
	c := recovering(t, o, kind, in)
	must(t, o.SendRecoveryCode(t.Context(), c, in))
	must(t, o.ProveRecovery(t.Context(), c, withCode(in, " "+o.lastCode(phone)+" ")))
	wantStep(t, c, StepPassword)
	return c
}

func newPassword() *Input {
	in := typed(nil)
	in.Password, in.Confirm = otherPassword, otherPassword
	return in
}

func TestRecoverByPhone(t *testing.T) {
	o := newOffice()
	c := recovered(t, o, CaseRecoverEnterprise, typed(softRecovery()), softPhone)
	if c.Mask != "138****0001" {
		t.Errorf("mask %s", c.Mask)
	}
	twice := newPassword()
	twice.Confirm = "x"
	wantList(t, "two passwords", o.SetRecovered(t.Context(), c, twice), "password_confirm password_mismatch")
	must(t, o.SetRecovered(t.Context(), c, newPassword()))
	wantStep(t, c, StepDone)
	e := o.firm(t, softUSCC)
	if ok, _, _ := o.Passwords.Verify(t.Context(), e.PasswordHash, otherPassword); !ok || e.Epochs.Account != 1 {
		t.Errorf("account %+v", e)
	}
	if diff := cmp.Diff([]string{KindPasswordReset}, o.told(softPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	o.wantEvidence(t, string(softID), c.ID, "")
	wantIs(t, "once more", o.SetRecovered(t.Context(), c, newPassword()), ErrCaseStep)
}

func TestPersonRecovers(t *testing.T) {
	for _, account := range []string{"13800000002", "+86 138-0000-0002", liDocument} {
		o := newOffice()
		p := o.persons[liID]
		p.ClosingAt = o.now.Add(time.Hour)
		o.persons[liID] = p
		c := recovered(t, o, CaseRecoverPerson, typed(liRecovery(), "account", account), liPhone)
		must(t, o.SetRecovered(t.Context(), c, newPassword()))
		p = o.persons[liID]
		if ok, _, _ := o.Passwords.Verify(t.Context(), p.PasswordHash, otherPassword); !ok || p.Epoch != 1 || !p.ClosingAt.IsZero() {
			t.Errorf("%s: person %+v", account, p)
		}
		if diff := cmp.Diff([]string{KindPasswordReset}, o.told(liPhone)); diff != "" {
			t.Errorf("%s: messages (-want +got):\n%s", account, diff)
		}
	}
}

// recoverBranches are all that the first step may meet, with what is told once
// the holder is known.
func recoverBranches() map[string]struct {
	kind   CaseKind
	form   map[string]string
	change func(o *office)
} {
	type branch = struct {
		kind   CaseKind
		form   map[string]string
		change func(o *office)
	}
	none := func(*office) {}
	with := func(form map[string]string, changes ...string) map[string]string {
		return typed(form, changes...).Values
	}
	soft := func(s Status) func(o *office) {
		return func(o *office) { e := o.firms[softID]; e.Status = s; o.firms[softID] = e }
	}
	return map[string]branch{
		"match":               {CaseRecoverEnterprise, softRecovery(), none},
		"by USCC":             {CaseRecoverEnterprise, with(softRecovery(), "account", softUSCC), none},
		"another name":        {CaseRecoverEnterprise, with(softRecovery(), "rep_name", "张二"), none},
		"another document":    {CaseRecoverEnterprise, with(softRecovery(), "rep_id_number", "220104198806150023"), none},
		"unknown":             {CaseRecoverEnterprise, with(softRecovery(), "account", "nobody123"), none},
		"imported":            {CaseRecoverEnterprise, softRecovery(), soft(StatusPendingActivation)},
		"frozen":              {CaseRecoverEnterprise, softRecovery(), soft(StatusFrozen)},
		"waiting":             {CaseRecoverEnterprise, softRecovery(), soft(StatusWaiting)},
		"cancelled":           {CaseRecoverEnterprise, softRecovery(), soft(StatusCancelled)},
		"person":              {CaseRecoverPerson, liRecovery(), none},
		"person, mismatch":    {CaseRecoverPerson, with(liRecovery(), "name", "李五"), none},
		"person, unknown":     {CaseRecoverPerson, with(liRecovery(), "account", "13911112222"), none},
		"person, by document": {CaseRecoverPerson, with(liRecovery(), "account", liDocument), none},
		"person, frozen": {CaseRecoverPerson, liRecovery(), func(o *office) {
			p := o.persons[liID]
			p.Status = StatusFrozen
			o.persons[liID] = p
		}},
		"person, closed": {CaseRecoverPerson, liRecovery(), func(o *office) {
			p := o.persons[liID]
			p.ClosingAt = o.now
			o.persons[liID] = p
		}},
	}
}

// Whether there is an account must show neither in what the stores are asked nor
// in what is answered, up to the right code.
func TestEveryRecoveryCostsTheSame(t *testing.T) {
	start := map[CaseKind][]string{
		CaseRecoverEnterprise: {"try", "find enterprise", "put case"},
		CaseRecoverPerson:     {"try", "find person", "put case"},
	}
	send := []string{"try", "try", "try", "try", "try", "move case", "post"}
	guess := []string{"move case"}
	sizes := map[CaseKind][]int{}
	mask := regexp.MustCompile(`^1[3-9][0-9]\*{4}[0-9]{4}$`)
	for name, b := range recoverBranches() {
		o := newOffice()
		b.change(o)
		in := typed(b.form)
		step := func(what string, want []string, do func() error, refusal Code) {
			t.Helper()
			o.calls = nil
			err := do()
			if diff := cmp.Diff(want, o.calls); diff != "" {
				t.Errorf("%s, %s: calls (-want +got):\n%s", name, what, diff)
			}
			if refusal == "" {
				must(t, err)
				return
			}
			wantRefused(t, name+", "+what, err, refusal, "sms_code")
		}
		var c *Case
		step("start", start[b.kind], func() (err error) { c, err = o.StartRecovery(t.Context(), b.kind, in); return err }, "")
		if !mask.MatchString(c.Mask) {
			t.Errorf("%s: shows %s", name, c.Mask)
		}
		bare := *c
		bare.Form, bare.DocHash = nil, [32]byte{} // as long as their values happen to be
		kept, err := json.Marshal(bare)
		must(t, err)
		sizes[b.kind] = append(sizes[b.kind], len(kept))
		step("no code sent", nil, func() error { return o.ProveRecovery(t.Context(), c, withCode(in, "000000")) }, CodeSMSNotSent)
		step("send", send, func() error { return o.SendRecoveryCode(t.Context(), c, in) }, "")
		wrong := withCode(in, wrongCode(o.posted[0].Params["code"]))
		for range 4 {
			step("guess", guess, func() error { return o.ProveRecovery(t.Context(), c, wrong) }, CodeSMSWrong)
		}
		step("fifth guess", guess, func() error { return o.ProveRecovery(t.Context(), c, wrong) }, CodeSMSTooMany)
		step("by face", guess, func() error { return o.RecoverByFace(t.Context(), c) }, "")
		step("consent", []string{"try", "put case", "move case"}, func() error { return o.Consent(t.Context(), c, typed(nil)) }, "")
		wantStep(t, c, StepFace)
	}
	for kind, all := range sizes {
		if len(slices.Compact(all)) != 1 {
			t.Errorf("%s: cases of %v bytes", kind, all)
		}
	}
}

func TestDecoyMasks(t *testing.T) {
	o := newOffice()
	mask := func(changes ...string) string {
		return recovering(t, o, CaseRecoverEnterprise, typed(softRecovery(), append(changes, "rep_name", "李大")...)).Mask
	}
	first := mask()
	if again := mask("account", " ＪＬＳＨＩＬＩ０１ "); again != first || mask("rep_id_number", "２２０１０２１９９００３０７００１３") != first {
		t.Errorf("the same facts show %s and %s", first, again)
	}
	seen := map[string]bool{first: true, mask("account", softUSCC): true} // that both are one account's does not show
	for _, account := range []string{"nobody123", "nobody124", "nobody125", "nobody126"} {
		seen[mask("account", account)] = true
	}
	seen[mask("rep_id_number", "220104198806150023")] = true
	if len(seen) < 6 {
		t.Errorf("other facts show the same: %v", seen)
	}
	o.Wizards.Key[0]++
	if mask() == first {
		t.Error("another deployment shows the same")
	}
	person := func(account string) string {
		return recovering(t, o, CaseRecoverPerson, typed(liRecovery(), "account", account, "name", "李五")).Mask
	}
	if person("13911112222") != person("+86 139-1111-2222") {
		t.Error("two spellings of one phone show different masks")
	}
}

// No range of numbers that people have is missing among those that are shown.
func TestDecoysAreOfEveryRange(t *testing.T) {
	for _, segment := range phoneSegments() {
		if _, err := idnum.ParseMobile(segment + "12345678"); err != nil {
			t.Errorf("%s: %v", segment, err)
		}
	}
	for _, segment := range []string{"138", "147", "166", "173", "199"} {
		if !slices.Contains(phoneSegments(), segment) {
			t.Errorf("no decoy begins with %s", segment)
		}
	}
}

func TestUnknownIsToldWhereItIsWanted(t *testing.T) {
	o := newOffice()
	o.Wizards.Policy.TellUnknown = true
	_, err := o.StartRecovery(t.Context(), CaseRecoverEnterprise, typed(softRecovery(), "account", "nobody123"))
	wantRefused(t, "unknown", err, CodeAccountUnknown, "account")
	recovering(t, o, CaseRecoverEnterprise, typed(softRecovery(), "rep_name", "李大"))
	_, err = o.StartRecovery(t.Context(), CaseRecoverPerson, typed(liRecovery(), "account", "13911112222"))
	wantRefused(t, "unknown person", err, CodeAccountUnknown, "account")
}

func TestRecoveryFormAndLimits(t *testing.T) {
	o := newOffice()
	_, err := o.StartRecovery(t.Context(), CaseRecoverEnterprise, typed(nil))
	wantList(t, "nothing typed", err, "account required", "rep_id_type required", "rep_name required", "rep_id_number required")
	_, err = o.StartRecovery(t.Context(), CaseRecoverPerson, typed(nil))
	wantList(t, "nothing typed", err, "account required", "id_type required", "name required", "id_number required")
	if len(o.counters) != 0 {
		t.Error("an empty form was counted")
	}
	for range 100 {
		recovering(t, o, CaseRecoverPerson, typed(liRecovery()))
	}
	_, err = o.StartRecovery(t.Context(), CaseRecoverEnterprise, typed(softRecovery()))
	wantWait(t, "the 101st of one address", o.now, err, 10*time.Minute)
	elsewhere := typed(liRecovery())
	elsewhere.Address = netip.MustParseAddr("203.0.113.99")
	recovering(t, o, CaseRecoverPerson, elsewhere) // nobody keeps the holder from it
}

// A phone that has got its share elsewhere gets no more, and the wait for that,
// which only a full match could have, is not told.
func TestRecoveryDoesNotTellWhichPhone(t *testing.T) {
	o := newOffice()
	must(t, o.SendPersonCode(t.Context(), o.begin(t, CaseRegisterPerson), typed(sunForm(), "phone", softPhone)))
	first := o.lastCode(softPhone)
	wrong := typed(softRecovery(), "rep_name", "赵六")
	for _, in := range []*Input{typed(softRecovery()), wrong} {
		c := recovering(t, o, CaseRecoverEnterprise, in)
		must(t, o.SendRecoveryCode(t.Context(), c, in))
		wantWait(t, "again at once", o.now, o.SendRecoveryCode(t.Context(), c, in), time.Minute)
	}
	if o.lastCode(softPhone) != first {
		t.Error("the phone got two codes in a minute")
	}
	o.wait(time.Minute)
	recovered(t, o, CaseRecoverEnterprise, typed(softRecovery()), softPhone)
	if o.lastCode(softPhone) == first {
		t.Error("the phone got no code after its minute")
	}
}

func TestStateIsToldToTheHolder(t *testing.T) {
	for name, want := range map[string]Code{
		"imported": CodePendingNeedsActivation, "frozen": CodeFrozen, "waiting": CodeWaitingRegister, "cancelled": CodeCancelled, "person, frozen": CodeFrozen,
	} {
		b := recoverBranches()[name]
		phone := map[CaseKind]string{CaseRecoverEnterprise: softPhone, CaseRecoverPerson: liPhone}[b.kind]
		o := newOffice()
		b.change(o)
		c := recovering(t, o, b.kind, typed(b.form))
		must(t, o.SendRecoveryCode(t.Context(), c, typed(nil)))
		wantRefused(t, name, o.ProveRecovery(t.Context(), c, withCode(typed(nil), o.lastCode(phone))), want, "")
		if wantStep(t, c, StepRefused); c.Failure != want {
			t.Errorf("%s: failure %s", name, c.Failure)
		}

		o = newOffice()
		b.change(o)
		c = recovering(t, o, b.kind, typed(b.form))
		must(t, o.RecoverByFace(t.Context(), c))
		o.pass(t, c)
		wantRefused(t, name+", by face", o.FinishRecoveryFace(t.Context(), c), want, "")
		wantStep(t, c, StepRefused)
	}
}

func TestRecoverByFace(t *testing.T) {
	o := newOffice()
	c := recovering(t, o, CaseRecoverEnterprise, typed(softRecovery()))
	must(t, o.RecoverByFace(t.Context(), c))
	wantStep(t, c, StepConsent)
	must(t, o.SendRecoveryCode(t.Context(), c, typed(nil))) // the phone is found again
	wantStep(t, c, StepCode)
	must(t, o.RecoverByFace(t.Context(), c))
	wantIs(t, "before the check", o.FinishRecoveryFace(t.Context(), c), ErrCaseStep)
	o.pass(t, c)
	wantIs(t, "the code during the check", o.ProveRecovery(t.Context(), c, withCode(typed(nil), o.lastCode(softPhone))), ErrCaseStep)
	must(t, o.FinishRecoveryFace(t.Context(), c))
	wantStep(t, c, StepPassword)
	must(t, o.SetRecovered(t.Context(), c, newPassword()))
	o.wantEvidence(t, string(softID), c.ID, PurposeRecover, "face f1")

	for name, b := range recoverBranches() { // one's own face does not open another's account
		if !slices.Contains([]string{"another name", "another document", "unknown", "person, mismatch", "person, unknown", "person, closed"}, name) {
			continue
		}
		o := newOffice()
		b.change(o)
		c := recovering(t, o, b.kind, typed(b.form))
		must(t, o.RecoverByFace(t.Context(), c))
		o.pass(t, c)
		wantRefused(t, name, o.FinishRecoveryFace(t.Context(), c), CodeRecoverMismatch, "")
		wantStep(t, c, StepRefused)
	}
}

func TestRecoveryMeetsChanges(t *testing.T) {
	o := newOffice()
	c := recovered(t, o, CaseRecoverEnterprise, typed(softRecovery()), softPhone)
	e := o.firms[softID]
	e.Status = StatusFrozen
	o.firms[softID] = e
	wantRefused(t, "frozen meanwhile", o.SetRecovered(t.Context(), c, newPassword()), CodeFrozen, "")
	wantStep(t, c, StepRefused)

	o = newOffice()
	p := o.persons[liID]
	p.ClosingAt = o.now.Add(10 * time.Minute)
	o.persons[liID] = p
	c = recovered(t, o, CaseRecoverPerson, typed(liRecovery()), liPhone)
	o.wait(10 * time.Minute)
	wantRefused(t, "closed meanwhile", o.SetRecovered(t.Context(), c, newPassword()), CodeCancelled, "")
	if p := o.persons[liID]; p.ClosingAt.IsZero() {
		t.Error("a closed account was opened")
	}
}

func TestLastStepOfRecoveryTwice(t *testing.T) {
	for kind, open := range map[CaseKind]func(o *office) *Case{
		CaseRecoverEnterprise: func(o *office) *Case {
			return recovered(t, o, CaseRecoverEnterprise, typed(softRecovery()), softPhone)
		},
		CaseRecoverPerson: func(o *office) *Case { return recovered(t, o, CaseRecoverPerson, typed(liRecovery()), liPhone) },
	} {
		o := newOffice()
		c := open(o)
		var wg sync.WaitGroup
		for range 20 {
			mine := o.reload(t, c)
			wg.Go(func() {
				err := o.SetRecovered(t.Context(), mine, newPassword())
				if err != nil && !elsewhere(err) {
					t.Errorf("%s: a false refusal: %v", kind, err)
				}
			})
		}
		wg.Wait()
		wantStep(t, o.reload(t, c), StepDone)
		o.shelf.back(c.ID, 1)
		replayed := o.reload(t, c)
		wantStep(t, replayed, StepPassword)
		third := typed(nil) // the password of the replay is not set
		must(t, o.SetRecovered(t.Context(), replayed, third))
		if len(o.effects) != 1 || len(o.effects["case:"+c.ID]) != 1 || len(o.told(softPhone))+len(o.told(liPhone)) != 1 {
			t.Errorf("%s: effects %v", kind, o.effects)
		}
	}
}

// Who forgot the password has tried some: after a recovery the right one counts at
// once, under every identifier.
func TestRecoveryLiftsTheWait(t *testing.T) {
	o := newOffice()
	s := o.signIn()
	try := func(identifier, password string) error {
		_, err := s.Enterprise(t.Context(), Credentials{Identifier: identifier, Password: password})
		return err
	}
	account := o.firm(t, softUSCC).Account
	for _, identifier := range []string{account, softUSCC} {
		for range 5 {
			wantRefused(t, identifier, try(identifier, "wrong"), CodeCredentials, "")
		}
		if err := try(identifier, "wrong"); !waits(err) {
			t.Fatalf("%s: %v, want a wait", identifier, err)
		}
	}
	c := recovered(t, o, CaseRecoverEnterprise, typed(softRecovery()), softPhone)
	must(t, o.SetRecovered(t.Context(), c, newPassword()))
	for _, identifier := range []string{account, softUSCC} {
		must(t, try(identifier, otherPassword))
	}
}

// That two names are one account's shows only to who knows all facts (adr/0009).
func TestTwoNamesOfAnAccount(t *testing.T) {
	o := newOffice()
	account := o.firm(t, softUSCC).Account
	for _, name := range []string{"", "李大"} {
		var masks []string
		for _, identifier := range []string{account, softUSCC} {
			form := softRecovery()
			if name != "" {
				form["rep_name"] = name
			}
			form["account"] = identifier
			masks = append(masks, recovering(t, o, CaseRecoverEnterprise, typed(form)).Mask)
		}
		if fit := name == ""; (masks[0] == masks[1]) != fit {
			t.Errorf("name %q: %v", name, masks)
		}
	}
}
