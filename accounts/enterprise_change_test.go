package accounts

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// zhaoComes makes 赵六 the representative in the register, and is the form that
// says so.
func zhaoComes(o *office) *Input {
	o.register.change(softUSCC, func(e *RegisterEntry) { e.RepName, e.RepDocNumber = "赵六", zhaoDocument })
	return typed(softChange(), "rep_name", "赵六", "rep_id_number", zhaoDocument)
}

func TestChangeOfTheSameRepresentative(t *testing.T) {
	o := newOffice()
	const name = "吉林省新示例软件有限公司"
	o.register.change(softUSCC, func(e *RegisterEntry) { e.Name = name })
	in := typed(softChange(), "name", name, "rep_id_term", "long", "rep_id_to", "")
	c, err := o.SubmitEnterpriseChange(t.Context(), softID, in)
	must(t, err)
	wantStep(t, c, StepDone)
	e := o.firms[softID]
	if e.Name != name || e.Representative.ValidTo != "" || e.AsOf != "2026-11-01" || e.Epochs != (Epochs{}) || e.Proofing != 3 {
		t.Errorf("changed to %+v", e)
	}
	again, err := o.SubmitEnterpriseChange(t.Context(), softID, in) // the same form twice
	must(t, err)
	wantStep(t, again, StepDone)
	if diff := cmp.Diff([]string{KindEnterpriseChanged}, o.told(softPhone)); diff != "" || len(o.effects) != 1 || o.posted[0].Params["tail"] != "T169" {
		t.Errorf("effects %v; messages (-want +got):\n%s", o.effects, diff)
	}
	if len(o.proofs) != 0 || o.face.begun != 0 {
		t.Errorf("a face was looked at: %v", o.proofs)
	}
}

func TestChangeMustFitTheRegister(t *testing.T) {
	o := newOffice()
	o.register.change(softUSCC, func(e *RegisterEntry) { e.Type = "enterprise" })
	before := o.firms[softID]
	for name, test := range map[string]struct {
		changes []string
		want    string
	}{
		"nothing typed":   {[]string{"name", "", "rep_name", ""}, "name required, rep_name required"},
		"another code":    {[]string{"legal_type", "government"}, "legal_type uscc_type"},
		"another name":    {[]string{"name", "吉林省别的有限公司"}, "name register_mismatch_name"},
		"another type":    {[]string{"legal_type", "non_legal_enterprise"}, "legal_type register_mismatch_type"},
		"another person":  {[]string{"rep_name", "赵六"}, " register_mismatch_person"},
		"another number":  {[]string{"rep_id_number", zhaoDocument}, " register_mismatch_person"},
		"name and person": {[]string{"name", "吉林省别的有限公司", "rep_name", "赵六"}, "name register_mismatch_name,  register_mismatch_person"},
	} {
		_, err := o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange(), test.changes...))
		wantList(t, name, err, test.want)
	}
	// The code that is typed is not looked at.
	c, err := o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange(), "uscc", traderUSCC))
	must(t, err)
	wantStep(t, c, StepDone)
	o.register.change(softUSCC, func(e *RegisterEntry) { e.Status = RegisterGone })
	_, err = o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange()))
	wantRefused(t, "ended", err, CodeRegisterEnded, "uscc")
	o.register.away = errAway
	_, err = o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange()))
	wantRefused(t, "away", err, CodeRegisterUnavailable, "")
	o.register.away = nil
	delete(o.register.entries, softUSCC)
	_, err = o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange()))
	wantRefused(t, "unknown", err, CodeRegisterUnknown, "")
	if diff := cmp.Diff(before, o.firms[softID]); diff != "" || len(o.posted) != 0 {
		t.Errorf("messages %v; changed (-before +after):\n%s", o.posted, diff)
	}
}

func TestNobodyGuessesTheRepresentative(t *testing.T) {
	o := newOffice()
	for range 10 {
		_, err := o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange(), "rep_name", "赵六"))
		wantList(t, "wrong", err, " register_mismatch_person")
	}
	_, err := o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange()))
	wantWait(t, "the eleventh", o.now, err, 10*time.Minute)
	o.wait(10 * time.Minute)
	_, err = o.SubmitEnterpriseChange(t.Context(), softID, typed(softChange()))
	must(t, err)
}

func TestChangeOfTheRepresentative(t *testing.T) {
	o := newOffice()
	in := zhaoComes(o)
	c, err := o.SubmitEnterpriseChange(t.Context(), softID, in)
	must(t, err)
	wantStep(t, c, StepConsent)
	_, err = o.FinishEnterpriseChange(t.Context(), c)
	wantIs(t, "without a face", err, ErrCaseStep)
	if who := o.subject(c); who.Name != "赵六" || who.DocNumber != zhaoDocument || who.Firm != "吉林省示例软件有限公司" {
		t.Errorf("whose face: %+v", who)
	}
	must(t, o.Consent(t.Context(), c, typed(nil)))
	_, err = o.FinishEnterpriseChange(t.Context(), c)
	wantRefused(t, "too early", err, CodeFacePending, "")
	o.face.say(o.phone(t, c), FaceResult{State: FacePassed, Evidence: "e"})
	o.register.away = errAway
	_, err = o.FinishEnterpriseChange(t.Context(), c)
	wantRefused(t, "away", err, CodeRegisterUnavailable, "")
	o.register.away = nil
	if o.firms[softID].Representative.Name != "张三" {
		t.Fatal("changed too early")
	}
	var wg sync.WaitGroup
	for range 20 {
		mine := o.reload(t, c)
		wg.Go(func() {
			if _, err := o.FinishEnterpriseChange(t.Context(), mine); err != nil && !elsewhere(err) {
				t.Errorf("a false refusal: %v", err)
			}
		})
	}
	wg.Wait()
	o.shelf.back(c.ID, 1)
	p, err := o.FinishEnterpriseChange(t.Context(), o.reload(t, c)) // its state was lost
	must(t, err)
	e := o.firms[softID]
	if e.Representative.Name != "赵六" || e.Representative.DocNumber != zhaoDocument || e.Epochs != (Epochs{Account: 1, Enterprise: 1}) || e.Proofing != 4 || *p != e.Principal() {
		t.Errorf("changed to %+v, %+v", e, p)
	}
	if diff := cmp.Diff([]string{KindEnterpriseChanged}, o.told(softPhone)); diff != "" || len(o.proofs) != 1 || len(o.agreements) != 1 {
		t.Errorf("proofs %v, agreements %v; messages (-want +got):\n%s", o.proofs, o.agreements, diff)
	}
	for _, proof := range o.proofs {
		if proof.Purpose != PurposeChange || proof.Subject != string(softID) || proof.DocHash != c.DocHash {
			t.Errorf("proof %+v", proof)
		}
	}
}

// What happened between the form and the face counts.
func TestChangeMeetsAnotherOne(t *testing.T) {
	seen := func(t *testing.T, o *office) *Case {
		t.Helper()
		c, err := o.SubmitEnterpriseChange(t.Context(), softID, zhaoComes(o))
		must(t, err)
		o.pass(t, c)
		return c
	}
	t.Run("in the register", func(t *testing.T) {
		o := newOffice()
		c := seen(t, o)
		o.register.change(softUSCC, func(e *RegisterEntry) { e.RepName = "钱一" })
		_, err := o.FinishEnterpriseChange(t.Context(), c)
		wantRefused(t, "another person", err, CodeRegisterMismatchPerson, "")
		wantStep(t, c, StepRefused)
	})
	t.Run("simulated", func(t *testing.T) {
		o := newOffice()
		c := seen(t, o)
		o.register.sham = true
		_, err := o.FinishEnterpriseChange(t.Context(), c)
		must(t, err)
		if o.firms[softID].Proofing != LOAPassword {
			t.Errorf("proofing %d", o.firms[softID].Proofing)
		}
	})
	t.Run("of the account", func(t *testing.T) {
		o := newOffice()
		first, second := seen(t, o), seen(t, o)
		_, err := o.FinishEnterpriseChange(t.Context(), first)
		must(t, err)
		// The person is the representative by now: nothing more ends.
		_, err = o.FinishEnterpriseChange(t.Context(), second)
		must(t, err)
		if e := o.firms[softID]; e.Epochs != (Epochs{Account: 1, Enterprise: 1}) {
			t.Errorf("epochs %+v", e.Epochs)
		}
		frozen := o.firms[softID]
		frozen.Status = StatusFrozen
		o.firms[softID] = frozen
		o.register.change(softUSCC, func(e *RegisterEntry) { e.Name = "吉林省新示例软件有限公司" })
		_, err = o.SubmitEnterpriseChange(t.Context(), softID, typed(zhaoComes(o).Values, "name", "吉林省新示例软件有限公司"))
		wantIs(t, "frozen", err, ErrCaseGone)
	})
	t.Run("its end fails", func(t *testing.T) {
		o := newOffice()
		c := seen(t, o)
		o.fault = errAway
		if _, err := o.FinishEnterpriseChange(t.Context(), c); !errors.Is(err, errAway) {
			t.Errorf("got %v", err)
		}
		if len(o.proofs) != 0 || o.firms[softID].Representative.Name != "张三" {
			t.Error("half of it happened")
		}
		_, err := o.FinishEnterpriseChange(t.Context(), o.reload(t, c))
		must(t, err)
	})
}
