package accounts

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// facing is a registration at its face check, shown on the desktop.
func facing(t *testing.T, o *office) *Case {
	t.Helper()
	c := submitted(t, o)
	must(t, o.Consent(t.Context(), c, typed(nil)))
	wantStep(t, c, StepFace)
	return c
}

func (o *office) check(t *testing.T, c *Case) *FaceCheck {
	t.Helper()
	check, err := o.Faces.Load(t.Context(), c.Ticket)
	must(t, err)
	return check
}

func (o *office) wantState(t *testing.T, what string, c *Case, want FaceState) {
	t.Helper()
	_, result, err := o.FaceState(t.Context(), c)
	must(t, err)
	if result.State != want {
		t.Errorf("%s: state %s, want %s", what, result.State, want)
	}
}

func TestCheckShowsWhatItApproves(t *testing.T) {
	o := newOffice()
	c := submitted(t, o)
	none := typed(nil)
	none.Agree = false
	wantRefused(t, "no consent", o.Consent(t.Context(), c, none), CodeFaceConsentRequired, "face_consent")
	wantStep(t, c, StepConsent)
	o.face.refuses = DocResidentID
	wantRefused(t, "a document that the provider does not know", o.Consent(t.Context(), c, typed(nil)), CodeFaceNotSupported, "")
	o.face.refuses = ""

	must(t, o.Consent(t.Context(), c, typed(nil)))
	check := o.check(t, c)
	if check.Name != "钱一" || check.DocNumber != "220104198806150023" || check.Firm != "吉林省测试贸易有限公司" ||
		check.Kind != CaseRegisterEnterprise || check.Purpose != PurposeRegister || check.DocHash != c.DocHash ||
		check.Address != visitor(1).Address || check.UserAgent != "test" || check.Phase != FaceShown {
		t.Errorf("check %+v", check)
	}
	if len(check.Choices) != 3 || !slices.IsSorted(check.Choices) || len(slices.Compact(slices.Clone(check.Choices))) != 3 ||
		!slices.Contains(check.Choices, check.Match) || c.Match != check.Match {
		t.Errorf("choices %v, the right one is %s", check.Choices, check.Match)
	}
	if o.face.begun != 0 {
		t.Error("the provider was asked before a phone was there")
	}
	o.wantState(t, "shown", c, FacePending)
	must(t, o.Faces.Opened(t.Context(), check))
	must(t, o.Faces.Opened(t.Context(), check))
	late := *check
	late.Phase, late.Version = FaceShown, 0
	must(t, o.Faces.Opened(t.Context(), &late)) // by two phones at once
	wantRefused(t, "not done", o.FinishEnterprise(t.Context(), c), CodeFacePending, "")
	wantStep(t, c, StepFace)
}

func TestWrongNumberEndsTheCheck(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	for i := range 4 {
		check := o.check(t, c) // another one each time, with another number
		wrong := slices.DeleteFunc(slices.Clone(check.Choices), func(n string) bool { return n == check.Match })
		number := append(wrong, "", "abc")[i]
		_, err := o.Faces.Confirm(t.Context(), check, number, "phone")
		wantRefused(t, number, err, CodeFaceWrongNumber, "")
		_, err = o.Faces.Confirm(t.Context(), check, check.Match, "phone")
		wantRefused(t, "the right one then", err, CodeFaceCancelled, "")
		o.wantState(t, number, c, FaceCancelled)
		wantRefused(t, number, o.FinishEnterprise(t.Context(), c), CodeFaceWrongNumber, "")
		must(t, o.Again(t.Context(), c, typed(nil)))
	}
	if o.face.begun != 0 {
		t.Error("the provider was asked")
	}
	o.face.say(o.phone(t, c), FaceResult{State: FacePassed})
	must(t, o.FinishEnterprise(t.Context(), c))
}

func TestRefusedOnThePhone(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	check := o.check(t, c)
	must(t, o.Faces.Refuse(t.Context(), check))
	_, err := o.Faces.Confirm(t.Context(), check, check.Match, "phone")
	wantRefused(t, "confirm", err, CodeFaceCancelled, "")
	wantRefused(t, "finish", o.FinishEnterprise(t.Context(), c), CodeFaceCancelled, "")
	must(t, o.Again(t.Context(), c, typed(nil)))
	certificate := o.phone(t, c)
	begun := o.check(t, c)
	must(t, o.Faces.Refuse(t.Context(), begun)) // too late
	o.face.say(certificate, FaceResult{State: FacePassed})
	must(t, o.FinishEnterprise(t.Context(), c))
}

func TestCheckExpires(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	certificate := o.phone(t, c)
	o.face.say(certificate, FaceResult{State: FacePassed})
	o.wait(5*time.Minute - 1)
	o.wantState(t, "just before", c, FacePassed)
	o.wait(1)
	o.wantState(t, "at its end", c, FaceExpired)
	wantRefused(t, "a late pass", o.FinishEnterprise(t.Context(), c), CodeFaceExpired, "")
	if c.Proof != nil {
		t.Error("a late pass became a proof")
	}
	must(t, o.Again(t.Context(), c, typed(nil)))
	wantRefused(t, "the new one", o.FinishEnterprise(t.Context(), c), CodeFacePending, "")
}

func TestOutcomesOfACheck(t *testing.T) {
	for want, result := range map[Code]FaceResult{
		CodeFacePending: {State: FacePending}, CodeFaceExpired: {State: FaceExpired}, CodeFaceCancelled: {State: FaceCancelled},
		CodeFaceFailedMismatch:  {State: FaceFailed, Reason: FaceReasonMismatch},
		CodeFaceFailedUnknown:   {State: FaceFailed, Reason: FaceReasonUnknown},
		CodeFaceFailedNoPhoto:   {State: FaceFailed, Reason: FaceReasonNoPhoto},
		CodeFaceFailedOther:     {State: FaceFailed, Reason: FaceReasonOther},
		CodeFaceFailedLiveness:  {State: FaceFailed, Reason: FaceReasonLiveness},
		CodeFaceFailedRefused:   {State: FaceFailed, Reason: FaceReasonRefused},
		CodeFaceFailedTechnical: {State: FaceFailed, Reason: "unheard of"},
	} {
		o := newOffice()
		c := facing(t, o)
		o.face.say(o.phone(t, c), result)
		wantRefused(t, string(want), o.FinishEnterprise(t.Context(), c), want, "")
		if wantStep(t, c, StepFace); c.Proof != nil {
			t.Errorf("%s is a proof", want)
		}
		must(t, o.Again(t.Context(), c, typed(nil)))
	}
	o := newOffice()
	c := facing(t, o)
	o.face.say(o.phone(t, c), FaceResult{State: "something new"})
	wantRefused(t, "a state that is unheard of", o.FinishEnterprise(t.Context(), c), CodeFacePending, "")
}

func TestProviderThatIsAway(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	check := o.check(t, c)
	o.face.begin = errAway
	_, err := o.Faces.Confirm(t.Context(), check, check.Match, "phone")
	wantRefused(t, "begin", err, CodeFaceUnavailable, "")
	wantIs(t, "begin, for the log", err, errAway)
	o.face.begin = fmt.Errorf("no such number: %w", ErrRejected)
	_, err = o.Faces.Confirm(t.Context(), check, check.Match, "phone")
	wantRefused(t, "rejected", err, CodeFaceFailedUnknown, "")
	o.face.begin = nil
	_, err = o.Faces.Confirm(t.Context(), check, check.Match, "phone")
	must(t, err) // the number is asked for once more, and it goes on

	o.face.say(o.face.last, FaceResult{State: FacePassed})
	o.face.result = errAway
	wantRefused(t, "result", o.FinishEnterprise(t.Context(), c), CodeFaceUnavailable, "")
	if _, _, err := o.FaceState(t.Context(), c); !errors.Is(err, errAway) {
		t.Errorf("state: %v", err)
	}
	wantStep(t, c, StepFace)
	o.face.result = nil
	must(t, o.FinishEnterprise(t.Context(), c))
}

// A pass counts for the check that the case runs now, and for what it was shown
// for.
func TestPassOfAnotherCheck(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	old := *c
	first := o.phone(t, c)
	must(t, o.Again(t.Context(), c, typed(nil)))
	o.face.say(first, FaceResult{State: FacePassed})
	wantRefused(t, "of the check before", o.FinishEnterprise(t.Context(), c), CodeFacePending, "")
	wantIs(t, "by a page that was open still", o.FinishEnterprise(t.Context(), &old), ErrConflict)
	if o.reload(t, c).Proof != nil {
		t.Error("it counts")
	}

	other := o.begin(t, CaseRegisterPerson)
	in := typed(sunForm())
	must(t, o.SendPersonCode(t.Context(), other, in))
	must(t, o.SubmitPerson(t.Context(), other, withCode(in, o.lastCode(sunPhone))))
	o.pass(t, other)
	for name, change := range map[string]func(c *Case){
		"of another case":   func(c *Case) { c.Ticket = other.Ticket },
		"for other facts":   func(c *Case) { c.DocHash[0]++ },
		"of another wizard": func(c *Case) { c.Kind = CaseActivate },
		"of none":           func(c *Case) { c.Ticket = "" },
	} {
		must(t, o.Again(t.Context(), c, typed(nil)))
		o.face.say(o.phone(t, c), FaceResult{State: FacePassed})
		planted := *c
		change(&planted)
		wantRefused(t, name, o.prove(t.Context(), &planted), CodeFaceExpired, "")
		if o.reload(t, c).Proof != nil {
			t.Errorf("%s: it counts", name)
		}
	}
}

func TestProofStopsFurtherChecks(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	o.face.say(o.phone(t, c), FaceResult{State: FacePassed, Simulated: true})
	must(t, o.prove(t.Context(), c))
	o.wantState(t, "proved", c, FacePassed)
	must(t, o.Again(t.Context(), c, typed(nil)))
	if c.Ticket != "" || c.Proof == nil {
		t.Errorf("another check was begun: %+v", c)
	}
	must(t, o.FinishEnterprise(t.Context(), c))
	if e := o.firm(t, traderUSCC); e.Proofing != LOAPassword {
		t.Errorf("a simulated face proves %d", e.Proofing)
	}
}

// Who presses twice goes to the same place, and who guesses at the same moment
// gets no further than with one guess.
func TestNumbersChosenAtOnce(t *testing.T) {
	o := newOffice()
	c := facing(t, o)
	check := o.check(t, c)
	var wg sync.WaitGroup
	urls := make([]string, 10)
	for i := range urls {
		wg.Go(func() {
			mine := *check
			url, err := o.Faces.Confirm(t.Context(), &mine, mine.Match, "phone")
			if err != nil {
				t.Error(err)
			}
			urls[i] = url
		})
	}
	wg.Wait()
	if len(slices.Compact(urls)) != 1 || urls[0] == "" {
		t.Errorf("sent to %v", urls)
	}

	must(t, o.Again(t.Context(), c, typed(nil)))
	check = o.check(t, c)
	stale := *check
	wrong := check.Choices[0]
	if wrong == check.Match {
		wrong = check.Choices[1]
	}
	_, err := o.Faces.Confirm(t.Context(), check, wrong, "phone")
	wantRefused(t, "wrong", err, CodeFaceWrongNumber, "")
	_, err = o.Faces.Confirm(t.Context(), &stale, stale.Match, "phone")
	wantIs(t, "right, of a page that was open still", err, ErrConflict)
	o.wantState(t, "then", c, FaceCancelled)
}

func TestProofLevels(t *testing.T) {
	for want, p := range map[LOA]Proof{4: {Kind: ProofFace}, 5: {Kind: ProofLicence}, 2: {Kind: ProofLicence, Simulated: true}} {
		if got := p.LOA(); got != want {
			t.Errorf("%+v proves %d, want %d", p, got, want)
		}
	}
}
