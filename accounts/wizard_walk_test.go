package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// walker makes random steps in several wizards at once, right and wrong ones, and
// writes down which proofs it made for which case.
type walker struct {
	*office
	*rapid.T

	ctx   context.Context //nolint:containedctx // of one test
	ids   []string
	kinds map[string]CaseKind
	tabs  []*Case // cases as pages that are open still know them

	codes map[string]map[string]bool   // case and phone: codes that were sent
	shown map[string]bool              // case and phone: a code of it was entered
	faces map[string]map[[32]byte]bool // case: what a passed check approved
	done  bool
}

func caseKinds() []CaseKind {
	return []CaseKind{
		CaseRegisterEnterprise, CaseRegisterPerson, CaseActivate, CaseRecoverEnterprise, CaseRecoverPerson, CaseEnterpriseChange,
		CasePersonPhone, CaseEnterprisePhone,
	}
}

// move is one method of the wizards: of which kinds it is a step, and whether it
// takes a code.
type move struct {
	kinds []CaseKind
	sends bool
	code  bool
	do    func(w *walker, c *Case, in *Input) error
}

func moves() map[string]move {
	firm, person, activate := []CaseKind{CaseRegisterEnterprise}, []CaseKind{CaseRegisterPerson}, []CaseKind{CaseActivate}
	recovery, phone := []CaseKind{CaseRecoverEnterprise, CaseRecoverPerson}, []CaseKind{CasePersonPhone, CaseEnterprisePhone}
	faced := caseKinds()[:6]
	return map[string]move{
		"SendEnterpriseCode":    {firm, true, false, func(w *walker, c *Case, in *Input) error { return w.SendEnterpriseCode(w.ctx, c, in) }},
		"SubmitEnterprise":      {firm, false, true, func(w *walker, c *Case, in *Input) error { return w.SubmitEnterprise(w.ctx, c, in) }},
		"FinishEnterprise":      {firm, false, false, func(w *walker, c *Case, _ *Input) error { return w.FinishEnterprise(w.ctx, c) }},
		"SendPersonCode":        {person, true, false, func(w *walker, c *Case, in *Input) error { return w.SendPersonCode(w.ctx, c, in) }},
		"SubmitPerson":          {person, false, true, func(w *walker, c *Case, in *Input) error { return w.SubmitPerson(w.ctx, c, in) }},
		"FinishPerson":          {person, false, false, func(w *walker, c *Case, _ *Input) error { return w.FinishPerson(w.ctx, c) }},
		"SendRecoveryCode":      {recovery, true, false, func(w *walker, c *Case, in *Input) error { return w.SendRecoveryCode(w.ctx, c, in) }},
		"ProveRecovery":         {recovery, false, true, func(w *walker, c *Case, in *Input) error { return w.ProveRecovery(w.ctx, c, in) }},
		"RecoverByFace":         {recovery, false, false, func(w *walker, c *Case, _ *Input) error { return w.RecoverByFace(w.ctx, c) }},
		"FinishRecoveryFace":    {recovery, false, false, func(w *walker, c *Case, _ *Input) error { return w.FinishRecoveryFace(w.ctx, c) }},
		"SetRecovered":          {recovery, false, false, func(w *walker, c *Case, in *Input) error { return w.SetRecovered(w.ctx, c, in) }},
		"SendActivationCode":    {activate, true, false, func(w *walker, c *Case, in *Input) error { return w.SendActivationCode(w.ctx, c, in) }},
		"ProveActivation":       {activate, false, true, func(w *walker, c *Case, in *Input) error { return w.ProveActivation(w.ctx, c, in) }},
		"FinishActivationFace":  {activate, false, false, func(w *walker, c *Case, _ *Input) error { return w.FinishActivationFace(w.ctx, c) }},
		"SetActivated":          {activate, false, false, func(w *walker, c *Case, in *Input) error { return w.SetActivated(w.ctx, c, in) }},
		"SendPhoneCode":         {phone, true, false, func(w *walker, c *Case, in *Input) error { return w.SendPhoneCode(w.ctx, c, in) }},
		"ChangePersonPhone":     {phone[:1], false, true, func(w *walker, c *Case, in *Input) error { return w.ChangePersonPhone(w.ctx, c, in) }},
		"ChangeEnterprisePhone": {phone[1:], false, true, func(w *walker, c *Case, in *Input) error { return w.ChangeEnterprisePhone(w.ctx, c, in) }},
		"FinishEnterpriseChange": {faced[5:], false, false, func(w *walker, c *Case, _ *Input) error {
			_, err := w.FinishEnterpriseChange(w.ctx, c)
			return err
		}},
		"Consent": {faced, false, false, func(w *walker, c *Case, in *Input) error { return w.Consent(w.ctx, c, in) }},
		"Again":   {faced, false, false, func(w *walker, c *Case, in *Input) error { return w.Again(w.ctx, c, in) }},
	}
}

// nextMoves are the steps that lead on from where a case stands.
func nextMoves(c *Case) []string {
	return map[CaseKind]map[Step][]string{
		CaseRegisterEnterprise: {StepForm: {"SendEnterpriseCode", "SubmitEnterprise"}, StepConsent: {"Consent"}, StepFace: {"FinishEnterprise"}},
		CaseRegisterPerson:     {StepForm: {"SendPersonCode", "SubmitPerson"}, StepConsent: {"Consent"}, StepFace: {"FinishPerson"}},
		CaseRecoverEnterprise: {
			StepCode: {"SendRecoveryCode", "ProveRecovery", "RecoverByFace"}, StepConsent: {"Consent"}, StepFace: {"FinishRecoveryFace"}, StepPassword: {"SetRecovered"},
		},
		CaseRecoverPerson: {
			StepCode: {"SendRecoveryCode", "ProveRecovery", "RecoverByFace"}, StepConsent: {"Consent"}, StepFace: {"FinishRecoveryFace"}, StepPassword: {"SetRecovered"},
		},
		CaseActivate: {
			StepCode: {"SendActivationCode", "ProveActivation"}, StepConsent: {"Consent"}, StepFace: {"FinishActivationFace"}, StepAccount: {"SetActivated"},
		},
		CaseEnterpriseChange: {StepConsent: {"Consent"}, StepFace: {"FinishEnterpriseChange"}},
		CasePersonPhone:      {StepCode: {"SendPhoneCode", "ChangePersonPhone"}},
		CaseEnterprisePhone:  {StepCode: {"SendPhoneCode", "ChangeEnterprisePhone"}},
	}[c.Kind][c.Step]
}

// seldom is true once in n times.
func (w *walker) seldom(n int, what string) bool { return rapid.IntRange(1, n).Draw(w.T, what) == n }

// form is what is typed in a wizard of a kind: mostly what leads on.
func (w *walker) form(kind CaseKind) *Input {
	var in *Input
	switch kind {
	case CaseRegisterEnterprise:
		in = typed(traderForm())
	case CaseRegisterPerson:
		in = typed(sunForm())
	case CaseRecoverEnterprise:
		in = typed(softRecovery())
	case CaseRecoverPerson:
		in = typed(liRecovery())
	case CaseActivate:
		in = typed(noodleForm(), "account", "noodles01", "phone", rapid.SampledFrom([]string{"13800000003", "13911112222"}).Draw(w.T, "phone"))
	case CaseEnterpriseChange:
		in = typed(softChange(), "rep_name", "赵六", "rep_id_number", zhaoDocument)
	default:
		in = typed(nil, "phone", "13911112222")
	}
	if !w.seldom(6, "twist") {
		return in
	}
	twists := [][2]string{
		{"phone", "13911112222"},
		{"phone", "13800000001"},
		{"phone", ""},
		{"account", "jlshili01"},
		{"account", "nobody123"},
		{"account", "another_1"},
		{"rep_name", "赵六"},
		{"name", "李五"},
		{"id_number", liDocument},
		{"rep_id_number", "220582200412311286"},
		{"rep_id_term", "long"},
		{"uscc", noodleUSCC},
	}
	twist := rapid.SampledFrom(twists).Draw(w.T, "field")
	in.Values[twist[0]] = twist[1]
	if w.seldom(6, "no word") {
		in.Agree = false
	}
	return in
}

func (w *walker) begin(kind CaseKind) {
	var (
		c   *Case
		err error
		in  = w.form(kind)
	)
	switch kind {
	case CaseRegisterEnterprise, CaseRegisterPerson:
		c, err = w.Cases.Begin(w.ctx, kind, StepForm, visitor(1).Browser)
	case CaseActivate:
		c, err = w.StartActivation(w.ctx, in)
	case CaseRecoverEnterprise, CaseRecoverPerson:
		c, err = w.StartRecovery(w.ctx, kind, in)
	case CaseEnterpriseChange:
		w.office.register.change(softUSCC, func(e *RegisterEntry) { e.RepName, e.RepDocNumber = "赵六", zhaoDocument })
		c, err = w.SubmitEnterpriseChange(w.ctx, softID, in)
	case CaseEnterprisePhone:
		c, err = w.StartEnterprisePhoneChange(w.ctx, softID, w.password(w.firms[softID].PasswordHash))
	default:
		c, err = w.StartPhoneChange(w.ctx, liID, w.password(w.persons[liID].PasswordHash))
	}
	w.answer("begin "+string(kind), err)
	if err == nil && c.Step != StepDone {
		w.ids, w.kinds[c.ID] = append(w.ids, c.ID), kind
		w.codes[c.ID], w.faces[c.ID] = map[string]bool{}, map[[32]byte]bool{}
	}
}

// password is the one that belongs to a hash.
func (w *walker) password(hash string) *Input {
	in := typed(nil)
	_, in.Password, _ = strings.Cut(hash, "|")
	return in
}

// open is one of the cases as it stands, or as an older page knows it.
func (w *walker) open() *Case {
	if len(w.tabs) > 0 && w.seldom(5, "old page") {
		c := *rapid.SampledFrom(w.tabs).Draw(w.T, "tab")
		return &c
	}
	id := rapid.SampledFrom(w.ids).Draw(w.T, "case")
	if _, err := w.Cases.Load(w.ctx, "", id, visitor(2).Browser); !errors.Is(err, ErrCaseGone) {
		w.Fatalf("another browser loaded it: %v", err)
	}
	c, err := w.Cases.Load(w.ctx, w.kinds[id], id, visitor(1).Browser)
	if errors.Is(err, ErrCaseGone) {
		return nil
	}
	w.answer("load", err)
	tab := *c
	w.tabs = append(w.tabs, &tab)
	return c
}

// answer fails the walk unless err is what people are told.
func (w *walker) answer(what string, err error) {
	_, refusal := errors.AsType[*RefusalError](err)
	_, refusals := errors.AsType[RefusalsError](err)
	if err != nil && !refusal && !refusals && !waits(err) && !elsewhere(err) && !errors.Is(err, ErrCaseGone) {
		w.Fatalf("%s: %v", what, err)
	}
}

// step makes one step of a wizard, seldom of another one.
func (w *walker) step() {
	c := w.open()
	if c == nil {
		return
	}
	all := moves()
	names := slices.Sorted(maps.Keys(all))
	foreign := w.seldom(12, "foreign")
	names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(all[n].kinds, c.Kind) == foreign })
	if next := nextMoves(c); len(next) > 0 && !foreign && !w.seldom(4, "out of order") {
		names = next
	}
	name := rapid.SampledFrom(names).Draw(w.T, "step")
	m, in, before := all[name], w.form(c.Kind), len(w.posted)
	if m.code {
		in.SMSCode = w.code(c, in)
	}
	err := m.do(w, c, in)
	w.answer(name, err)
	if foreign && !errors.Is(err, ErrCaseStep) {
		w.Fatalf("%s in %s: %v", name, c.Kind, err)
	}
	if m.sends && len(w.posted) > before {
		sent := w.posted[len(w.posted)-1]
		w.codes[c.ID][sent.Phone+" "+sent.Params["code"]] = true
	}
}

// code is one to type: mostly one that was sent in this case, to its phone.
func (w *walker) code(c *Case, in *Input) string {
	phone := c.Phone
	if f := readForm(in.Values, w.clock()); in.Values["phone"] != "" && c.recovery() != c.Kind {
		phone = f.phone()
	}
	code := w.lastCode(phone)
	if w.seldom(5, "wrong code") || phone == "" {
		code = rapid.SampledFrom([]string{"", "000000", w.lastCode(sunPhone), w.lastCode(strangerPhone), w.lastCode("")}).Draw(w.T, "typed")
	}
	if w.codes[c.ID][phone+" "+code] {
		w.shown[c.ID+phone] = true
	}
	return code
}

// face goes on with the check of a case, on its phone and at its provider.
func (w *walker) face() {
	c := w.open()
	if c == nil || c.Ticket == "" {
		return
	}
	check, err := w.Faces.Load(w.ctx, c.Ticket)
	if errors.Is(err, ErrNotFound) {
		return
	}
	w.answer("load check", err)
	number := check.Match
	if w.seldom(6, "wrong number") {
		number = check.Choices[0]
	}
	if w.seldom(8, "refuse") {
		w.answer("refuse", w.Faces.Refuse(w.ctx, check))
	}
	_, err = w.Faces.Confirm(w.ctx, check, number, "phone")
	w.answer("confirm", err)
	if check.Certificate == "" {
		return
	}
	state := rapid.SampledFrom([]FaceState{FacePassed, FacePassed, FacePassed, FaceFailed, FacePending, FaceExpired, FaceCancelled}).Draw(w.T, "result")
	w.office.face.say(check.Certificate, FaceResult{State: state})
	if state == FacePassed {
		w.faces[check.Case][check.DocHash] = true
	}
}

// replay takes the stores of cases back.
func (w *walker) replay() {
	id := rapid.SampledFrom(w.ids).Draw(w.T, "case")
	w.shelf.back(id, rapid.IntRange(1, 4).Draw(w.T, "moves"))
}

// check holds what was reached against the proofs that were made.
func (w *walker) check() {
	for _, id := range w.ids {
		record, err := w.shelf.Case(w.ctx, id)
		w.answer("record", err)
		c := &Case{ID: id}
		plain, err := w.Cases.Box.Open(caseAAD(id), record.Data)
		w.answer("open", err)
		w.answer("decode", json.Unmarshal(plain, c))
		face := w.faces[id][c.DocHash]
		phone := c.Phone != "" && w.shown[id+c.Phone]
		demand := func(what string, ok bool) {
			if !ok {
				w.Fatalf("%s stands at %s without %s: %+v", c.Kind, c.Step, what, c)
			}
		}
		demand("the code it says was right", c.PhoneProof == "" || w.shown[id+c.PhoneProof])
		demand("the face it says was seen", c.Proof == nil || w.faces[id][c.Proof.DocHash])
		demand("a face for what it is about", c.Proof == nil || c.Proof.DocHash == c.DocHash)
		switch c.Step {
		case StepConsent, StepFace:
			demand("its phone", phone || c.recovery() == c.Kind || c.Kind == CaseEnterpriseChange)
		case StepPassword:
			demand("the holder", c.Account != "" && (phone || face))
		case StepAccount:
			demand("its phone", phone)
			demand("the representative", c.Account != "" && (face || c.Phone == noodlePhone))
		case StepDone:
			w.done = true
			demand("its phone", phone || c.recovery() == c.Kind || c.Kind == CaseEnterpriseChange)
			demand("the holder", c.recovery() != c.Kind || c.Account != "" && (phone || face))
			demand("the face", face || c.recovery() == c.Kind || c.phoneChange() == c.Kind || c.Kind == CaseActivate && c.Phone == noodlePhone)
		case StepForm, StepCode, StepRefused:
		}
	}
	w.checkEffects()
}

func (w *walker) checkEffects() {
	for spent, effects := range w.effects {
		if len(effects) > 1 || spent == "" {
			w.Fatalf("%q changed %v", spent, effects)
		}
	}
	for _, p := range w.proofs {
		if !slices.ContainsFunc(slices.Collect(maps.Values(w.faces)), func(f map[[32]byte]bool) bool { return f[p.DocHash] }) {
			w.Fatalf("proof %+v of no face", p)
		}
	}
}

// Random walks through all wizards at once, over clock jumps, old pages, other
// browsers and stores that go back in time: none reaches a step without the proofs
// that its kind demands, and each has its effect once.
func TestWizardsNeedTheirProofs(t *testing.T) {
	done := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := &walker{
			office: newOffice(), T: rt, ctx: t.Context(), kinds: map[string]CaseKind{},
			codes: map[string]map[string]bool{}, shown: map[string]bool{}, faces: map[string]map[[32]byte]bool{},
		}
		w.Limits, w.Codes.Limits = false, false
		kinds := rapid.SliceOfN(rapid.SampledFrom(caseKinds()), 1, 3).Draw(rt, "kinds")
		for range rapid.IntRange(20, 60).Draw(rt, "length") {
			if len(w.ids) < len(kinds) {
				w.begin(kinds[len(w.ids)])
				continue
			}
			switch what := rapid.IntRange(0, 19).Draw(rt, "what"); {
			case what < 13:
				w.step()
			case what < 17:
				w.face()
			case what < 18:
				w.replay()
			case what < 19:
				w.begin(kinds[0])
			default:
				w.wait(time.Duration(rapid.SampledFrom([]int{1, 20, 61, 301, 1200}).Draw(rt, "seconds")) * time.Second)
			}
			w.check()
		}
		if w.done {
			done++
		}
	})
	t.Logf("%d walks reached an end", done)
	if done == 0 {
		t.Error("no walk reached an end: they prove nothing")
	}
}
