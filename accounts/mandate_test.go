package accounts

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// keepers is an office that keeps mandates.
type keepers struct {
	*office
	*Mandating
}

func newKeepers() *keepers {
	o := newOffice()
	return &keepers{o, &Mandating{Wizards: o.Wizards, Mandates: o.books, Services: func() []string { return []string{"hrss-hall", "medical-hall"} }}}
}

func (k *keepers) firm() Principal {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.firms[softID].Principal()
}

// sun is a second person; li has an account from the start.
func (k *keepers) sun() PersonID {
	const id PersonID = "0192f000-0000-7000-8000-00000000000d"
	k.persons[id] = Person{
		ID: id, Name: "孙七", DocType: DocResidentID, DocNumber: sunDocument, Phone: sunPhone, PasswordHash: "1|" + goodPassword,
		Status: StatusActive, Proofing: 4, CreatedAt: k.clock(),
	}
	return id
}

// terms is 添加 of li, as typed.
func terms(changes ...string) *Input {
	in := typed(map[string]string{
		"name": "李四", "id_type": "resident_id", "id_number": liDocument, "phone": "13800000002",
		"valid_from": "2026-11-23", "valid_until": "2027-11-22", "manager": "0",
	}, changes...)
	in.Password = ""
	return in
}

// faced is 添加 with the face check passed.
func (k *keepers) faced(t *testing.T, by Principal) *Case {
	t.Helper()
	c, err := k.BeginGrant(t.Context(), by, visitor(1), "")
	must(t, err)
	k.pass(t, c)
	must(t, k.FinishGrantFace(t.Context(), c))
	return c
}

func (k *keepers) granted(t *testing.T, by Principal, services []string, changes ...string) *MandateView {
	t.Helper()
	c := k.faced(t, by)
	must(t, k.Grant(t.Context(), c, by, terms(changes...), services))
	wantStep(t, c, StepDone)
	m, err := k.Mandates.Mandate(t.Context(), c.Form["account"])
	must(t, err)
	return m
}

func (k *keepers) actions(t *testing.T, id string) (all []MandateAction) {
	t.Helper()
	history, err := k.Mandates.MandateHistory(t.Context(), id)
	must(t, err)
	for _, e := range history {
		all = append(all, e.Action)
	}
	return all
}

func TestGrant(t *testing.T) {
	k := newKeepers()
	m := k.granted(t, k.firm(), []string{"hrss-hall", "hrss-hall"}, "id_from", "2016-03-01", "manager", "1")
	want := Mandate{
		ID: m.ID, Enterprise: softID, Person: liID, Role: RoleAgent, ValidFrom: "2026-11-23", ValidUntil: "2027-11-22", Manager: true,
		Services: []string{"hrss-hall"}, State: MandateActive, DocFrom: "2016-03-01", Grantor: string(softID), Evidence: m.Evidence,
		CreatedAt: k.now, UpdatedAt: k.now,
	}
	if diff := cmp.Diff(want, m.Mandate); diff != "" || m.Evidence == "" || !m.Usable(k.now) || !m.Serves("hrss-hall") || m.Serves("medical-hall") {
		t.Errorf("mandate (-want +got):\n%s", diff)
	}
	if proof := k.proofs[m.Evidence]; proof.Purpose != PurposeMandate || proof.Subject != m.ID {
		t.Errorf("evidence %+v", proof)
	}
	if diff := cmp.Diff([]string{KindMandateGranted}, k.told(liPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if m.Principal().Subject != AgentSubject(softID, liID) || AgentSubject(softID, liID) == AgentSubject(noodleID, liID) {
		t.Error("the subject is not that of the two")
	}
}

func TestGrantIsRefused(t *testing.T) {
	k := newKeepers()
	c := k.faced(t, k.firm())
	empty := typed(nil)
	empty.Password = ""
	wantList(t, "nothing", k.Grant(t.Context(), c, k.firm(), empty, nil),
		"id_type required", "name required", "id_number required", "phone required", "valid_from required", "valid_until required")
	for name, test := range map[string]struct {
		changes  []string
		services []string
		want     []string
	}{
		"end before start": {[]string{"valid_from", "2027-11-23"}, nil, []string{"valid_until date_order"}},
		"over already":     {[]string{"valid_from", "2026-01-01", "valid_until", "2026-11-22"}, nil, []string{"valid_until date_past"}},
		"no such day":      {[]string{"valid_until", "2027-02-29"}, nil, []string{"valid_until date_impossible"}},
		"9999":             {[]string{"valid_until", "9999-12-31"}, nil, []string{"valid_until date_impossible"}},
		"too far":          {[]string{"valid_until", "2050-01-01"}, nil, []string{"valid_until date_far"}},
		"another order":    {[]string{"valid_from", "23.11.2026"}, nil, []string{"valid_from date_format"}},
		"no such portal":   {nil, []string{"hrss-hall", "nobody"}, []string{"services service_unknown"}},
		"expired document": {[]string{"id_from", "2006-03-01", "id_to", "2016-03-01"}, nil, []string{"id_to doc_expired"}},
		"wrong check":      {[]string{"id_number", "220104198511202325"}, nil, []string{"id_number id_check"}},
	} {
		wantList(t, name, k.Grant(t.Context(), c, k.firm(), terms(test.changes...), test.services), test.want...)
	}
	weak := terms()
	weak.Password = "Lisi1985"
	if _, ok := k.Grant(t.Context(), c, k.firm(), weak, nil).(RefusalsError); !ok { //nolint:errorlint // the very type
		t.Error("a weak password was taken")
	}
	wantRefused(t, "the representative", k.Grant(t.Context(), c, k.firm(),
		terms("name", "张三", "id_number", "220102199003070013", "phone", "13800000001"), nil), CodeAgentIsRepresentative, "id_number")
	wantStep(t, c, StepForm)
	if len(k.mandates) != 0 || len(k.effects) != 0 {
		t.Errorf("refused, and there are %v, %v", k.mandates, k.effects)
	}
	other := k.firm()
	other.Subject = "somebody else"
	wantIs(t, "another account's case", k.Grant(t.Context(), c, other, terms(), nil), ErrCaseGone)
	early, err := k.BeginGrant(t.Context(), k.firm(), visitor(1), "")
	must(t, err)
	wantIs(t, "without a face", k.Grant(t.Context(), early, k.firm(), terms(), nil), ErrCaseStep)
	must(t, k.Grant(t.Context(), c, k.firm(), terms(), nil))
	wantIs(t, "sent twice", k.Grant(t.Context(), c, k.firm(), terms(), nil), ErrCaseStep)
	wantRefused(t, "the same agent again", k.Grant(t.Context(), k.faced(t, k.firm()), k.firm(), terms(), nil), CodeAgentExists, "id_number")
}

func TestOneAgentAddedByMany(t *testing.T) {
	k := newKeepers()
	firm := k.firm()
	cases := make([]*Case, 20)
	for i := range cases {
		cases[i] = k.faced(t, firm)
	}
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		won int
	)
	for _, c := range cases {
		all.Go(func() {
			err := k.Grant(t.Context(), c, firm, terms(), nil)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
				return
			}
			wantRefused(t, "a racer", err, CodeAgentExists, "id_number")
		})
	}
	all.Wait()
	if won != 1 || len(k.mandates) != 1 {
		t.Errorf("%d won, %d rows", won, len(k.mandates))
	}
}

// One form sent twenty times at once is one mandate, and nobody is told of another.
func TestOneFormSentByMany(t *testing.T) {
	k := newKeepers()
	c := k.faced(t, k.firm())
	same := make([]*Case, 20)
	for i := range same {
		same[i] = k.reload(t, c)
	}
	var all sync.WaitGroup
	for _, c := range same {
		all.Go(func() {
			if err := k.Grant(t.Context(), c, k.firm(), terms(), nil); err != nil && !elsewhere(err) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(k.mandates) != 1 {
		t.Errorf("%d mandates", len(k.mandates))
	}
}

func TestManagerGrantsNoMoreThanHeHolds(t *testing.T) {
	k := newKeepers()
	k.sun()
	own := k.granted(t, k.firm(), []string{"hrss-hall"}, "manager", "1", "valid_until", "2027-01-31")
	li := own.Principal()
	sun := []string{"name", "孙七", "id_number", sunDocument, "phone", "13800000004"}
	c := k.faced(t, li)
	if c.Form["rep_name"] != "李四" {
		t.Errorf("the face of %s was asked for", c.Form["rep_name"])
	}
	wantList(t, "longer", k.Grant(t.Context(), c, li, terms(append(sun, "valid_until", "2027-02-01")...), []string{"hrss-hall"}), "valid_until beyond_own")
	wantList(t, "all services", k.Grant(t.Context(), c, li, terms(append(sun, "valid_until", "2027-01-31")...), nil), "services beyond_own")
	wantList(t, "another service", k.Grant(t.Context(), c, li, terms(append(sun, "valid_until", "2027-01-31")...), []string{"medical-hall"}), "services beyond_own")
	wantList(t, "sooner", k.Grant(t.Context(), c, li, terms(append(sun, "valid_from", "2026-11-22", "valid_until", "2027-01-31")...), []string{"hrss-hall"}), "valid_from beyond_own")
	wantRefused(t, "himself", k.Grant(t.Context(), c, li, terms("valid_until", "2027-01-31"), []string{"hrss-hall"}), CodeAgentSelf, "id_number")
	must(t, k.Grant(t.Context(), c, li, terms(append(sun, "valid_until", "2027-01-31")...), []string{"hrss-hall"}))
	granted := c.Form["account"]
	if m := k.mandates[granted]; m.Grantor != li.Subject {
		t.Errorf("grantor %s", m.Grantor)
	}
	wantList(t, "sooner by a change", k.Keep(t.Context(), li, granted, DeedSave,
		terms("valid_from", "2026-11-22", "valid_until", "2027-01-31"), []string{"hrss-hall"}), "valid_from beyond_own")
	wantRefused(t, "his own", k.Keep(t.Context(), li, own.ID, DeedRenew, terms("valid_until", "2028-01-31"), nil), CodeAgentSelf, "")
	must(t, k.Keep(t.Context(), li, granted, DeedSuspend, typed(nil), nil))

	// His own mandate ends while the form is open.
	open := k.faced(t, li)
	must(t, k.Keep(t.Context(), k.firm(), own.ID, DeedRevoke, typed(nil), nil))
	wantRefused(t, "an open form", k.Grant(t.Context(), open, li, terms(append(sun, "valid_until", "2027-01-31")...), []string{"hrss-hall"}), CodeNotManager, "")
	wantRefused(t, "another mandate", k.Keep(t.Context(), li, granted, DeedResume, typed(nil), nil), CodeNotManager, "")
	_, err := k.BeginGrant(t.Context(), li, visitor(1), "")
	wantRefused(t, "a new form", err, CodeNotManager, "")
	if k.mandates[granted].State != MandateSuspended {
		t.Error("changed by who was a manager")
	}
}

func TestKeep(t *testing.T) {
	k := newKeepers()
	m := k.granted(t, k.firm(), nil, "manager", "1")
	epoch := func() int64 { return k.mandates[m.ID].Epoch }
	save := func(services []string, changes ...string) error {
		return k.Keep(t.Context(), k.firm(), m.ID, DeedSave, terms(append([]string{"manager", "1"}, changes...)...), services)
	}
	must(t, save(nil, "valid_until", "2028-01-01"))
	must(t, k.Keep(t.Context(), k.firm(), m.ID, DeedRenew, typed(map[string]string{"valid_until": "2029-01-01"}), nil))
	if got := k.mandates[m.ID]; epoch() != 0 || got.ValidUntil != "2029-01-01" || !got.Manager || got.ValidFrom != "2026-11-23" {
		t.Errorf("wider at epoch %d: %+v", epoch(), got)
	}
	for i, narrow := range []func() error{
		func() error { return save([]string{"hrss-hall"}, "valid_until", "2029-01-01") },
		func() error { return save([]string{"hrss-hall"}, "valid_until", "2028-01-01") },
		func() error { return save([]string{"hrss-hall"}, "valid_until", "2028-01-01", "manager", "0") },
		func() error { return k.Keep(t.Context(), k.firm(), m.ID, DeedSuspend, typed(nil), nil) },
	} {
		must(t, narrow())
		if epoch() != int64(i+1) {
			t.Errorf("narrowed %d times: epoch %d", i+1, epoch())
		}
	}
	for _, again := range []MandateDeed{DeedSuspend, DeedResume, DeedResume, DeedRevoke, DeedRevoke} { // clicked twice
		must(t, k.Keep(t.Context(), k.firm(), m.ID, again, typed(nil), nil))
	}
	for _, deed := range []MandateDeed{DeedSave, DeedRenew, DeedSuspend, DeedResume, "nonsense"} {
		wantRefused(t, "after the end: "+string(deed), k.Keep(t.Context(), k.firm(), m.ID, deed, terms(), nil), CodeMandateState, "")
	}
	other := k.firm()
	other.Enterprise = noodleID
	_, err := k.Kept(t.Context(), other, m.ID)
	wantIs(t, "seen by another enterprise", err, ErrNotFound)
	want := []MandateAction{
		MandateRevokedBy, MandateResumed, MandateSuspendedBy, MandateEdited, MandateEdited, MandateEdited, MandateRenewed, MandateEdited, MandateGranted,
	}
	if diff := cmp.Diff(want, k.actions(t, m.ID)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	again := k.granted(t, k.firm(), nil)
	if again.Principal().Subject != m.Principal().Subject {
		t.Error("granted again, another subject")
	}
}

// Two clerks with one mandate open: the second form would undo the first change.
func TestKeepByAFormThatShowedOtherTerms(t *testing.T) {
	k := newKeepers()
	m := k.granted(t, k.firm(), nil, "manager", "1")
	seen := strconv.FormatInt(m.Revision, 10)
	for range 2 { // clicked twice
		must(t, k.Keep(t.Context(), k.firm(), m.ID, DeedSave, terms("revision", seen, "manager", "0"), nil))
	}
	if diff := cmp.Diff([]MandateAction{MandateEdited, MandateGranted}, k.actions(t, m.ID)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	for _, deed := range []MandateDeed{DeedSave, DeedRenew} {
		err := k.Keep(t.Context(), k.firm(), m.ID, deed, terms("revision", seen, "manager", "1", "valid_until", "2028-01-01"), nil)
		wantRefused(t, string(deed), err, CodeMandateChanged, "")
	}
	if got := k.mandates[m.ID]; got.Manager || got.ValidUntil != m.ValidUntil {
		t.Errorf("undone: %+v", got)
	}
	must(t, k.Keep(t.Context(), k.firm(), m.ID, DeedRevoke, terms("revision", seen), nil)) // which undoes nothing
}

// A manager does not put out another one, least of all who made him one.
func TestManagerLeavesManagersAlone(t *testing.T) {
	k := newKeepers()
	k.sun()
	boss := k.granted(t, k.firm(), nil, "manager", "1")
	sun := k.granted(t, boss.Principal(), nil, "name", "孙七", "id_number", sunDocument, "phone", "13800000004", "manager", "1")
	for _, deed := range []MandateDeed{DeedSave, DeedRenew, DeedSuspend, DeedRevoke} {
		wantRefused(t, "his superior: "+string(deed), k.Keep(t.Context(), sun.Principal(), boss.ID, deed, terms(), nil), CodeBeyondOwn, "")
	}
	must(t, k.Keep(t.Context(), boss.Principal(), sun.ID, DeedSuspend, typed(nil), nil))
}

// The face that was seen is of who represents the enterprise no more.
func TestGrantByAFaceOfThePast(t *testing.T) {
	k := newKeepers()
	must(t, k.Request(t.Context(), k.sun(), terms("enterprise", "jlshili01")))
	asked, err := k.Mandates.OpenMandate(t.Context(), softID, k.sun())
	must(t, err)
	approval, err := k.BeginGrant(t.Context(), k.firm(), visitor(1), asked.ID)
	must(t, err)
	k.pass(t, approval)
	must(t, k.FinishGrantFace(t.Context(), approval))
	c := k.faced(t, k.firm())
	e := k.firms[softID]
	e.Representative = Representative{Name: "王五", DocType: DocResidentID, DocNumber: "220202197602290153"}
	k.firms[softID] = e
	wantIs(t, "a new mandate", k.Grant(t.Context(), c, k.firm(), terms(), nil), ErrCaseGone)
	wantIs(t, "an approval", k.Grant(t.Context(), approval, k.firm(), terms(), nil), ErrCaseGone)
	must(t, k.Grant(t.Context(), k.faced(t, k.firm()), k.firm(), terms(), nil))
}

// Who keeps a mandate cannot have a phone rung all day.
func TestKeeperSendsSoManyMessages(t *testing.T) {
	k := newKeepers()
	m := k.granted(t, k.firm(), nil)
	for range noticeLimit.Free {
		must(t, k.Keep(t.Context(), k.firm(), m.ID, DeedSuspend, typed(nil), nil))
		must(t, k.Keep(t.Context(), k.firm(), m.ID, DeedResume, typed(nil), nil))
	}
	if got := len(k.told(liPhone)); got != 1+noticeLimit.Free {
		t.Errorf("%d messages", got)
	}
	must(t, k.Keep(t.Context(), k.firm(), m.ID, DeedRevoke, typed(nil), nil))
	if k.mandates[m.ID].State != MandateRevoked {
		t.Error("what is not told of is not done")
	}
}

// With another phone named, an invitation would stand beside the mandate, and be
// taken up after its end.
func TestNoInvitationBesideAMandate(t *testing.T) {
	k := newKeepers()
	own := k.granted(t, k.firm(), nil, "manager", "1")
	exists := func(what string, changes ...string) {
		t.Helper()
		wantRefused(t, what, k.Grant(t.Context(), k.faced(t, k.firm()), k.firm(), terms(changes...), nil), CodeAgentExists, "id_number")
	}
	exists("invited beside a mandate", "phone", "13911112222")
	wantRefused(t, "himself, for later", k.Grant(t.Context(), k.faced(t, own.Principal()), own.Principal(),
		terms("phone", "13911112222"), nil), CodeAgentSelf, "id_number")
	must(t, k.Keep(t.Context(), k.firm(), own.ID, DeedRevoke, typed(nil), nil))
	invited := k.granted(t, k.firm(), nil, "phone", "13911112222")
	exists("granted beside an invitation")
	wantRefused(t, "asked beside an invitation", k.Request(t.Context(), liID, terms("enterprise", "jlshili01")), CodeMandateExists, "enterprise")
	must(t, k.Keep(t.Context(), k.firm(), invited.ID, DeedRevoke, typed(nil), nil))
	must(t, k.Request(t.Context(), liID, terms("enterprise", "jlshili01")))
	exists("invited beside a request", "phone", "13911112222")
}

func TestInvitation(t *testing.T) {
	k := newKeepers()
	m := k.granted(t, k.firm(), nil, "phone", "13911112222") // not the phone that she registered
	if m.State != MandateInvited || m.Person != "" || m.Usable(k.now) {
		t.Fatalf("mandate %+v", m)
	}
	wantRefused(t, "invited twice", k.Grant(t.Context(), k.faced(t, k.firm()), k.firm(), terms("phone", "13911112222"), nil), CodeAgentExists, "id_number")
	li, sun := k.persons[liID], k.persons[k.sun()]
	if list, err := k.Mandating.Invitations(t.Context(), &sun); err != nil || len(list) != 0 {
		t.Errorf("somebody else sees %v, %v", list, err)
	}
	list, err := k.Mandating.Invitations(t.Context(), &li)
	if must(t, err); len(list) != 1 || list[0].ID != m.ID {
		t.Fatalf("invitations %v", list)
	}
	wantRefused(t, "somebody else", k.Answer(t.Context(), sun.ID, m.ID, true), CodeInvitationOther, "")
	wantRefused(t, "nothing", k.Answer(t.Context(), li.ID, "nothing", true), CodeInvitationOther, "")
	must(t, k.Answer(t.Context(), liID, m.ID, true))
	must(t, k.Answer(t.Context(), liID, m.ID, true)) // clicked twice
	if got, err := k.Mandates.Mandate(t.Context(), m.ID); err != nil || !got.Usable(k.now) || got.Person != liID || got.Invitee != nil {
		t.Errorf("accepted: %+v, %v", got, err)
	}
	wantRefused(t, "once more", k.Answer(t.Context(), liID, m.ID, false), CodeInvitationOther, "")
	if diff := cmp.Diff([]MandateAction{MandateAccepted, MandateInvitedBy}, k.actions(t, m.ID)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestRepresentative(t *testing.T) {
	k := newKeepers()
	zhang := Person{
		ID: "z", Name: "张三", DocType: DocResidentID, DocNumber: "220102199003070013", Phone: "+8613800000001", Status: StatusActive, Proofing: 4,
	}
	k.persons["z"] = zhang
	represent := func(who PersonID, uscc string) error {
		return k.Represent(t.Context(), who, typed(map[string]string{"uscc": uscc}))
	}
	wantRefused(t, "somebody else", represent(liID, softUSCC), CodeNotRepresentative, "uscc")
	wantRefused(t, "nobody's code", represent("z", traderUSCC), CodeNotRepresentative, "uscc")
	wantRefused(t, "not active", represent("z", noodleUSCC), CodeNotRepresentative, "uscc")
	must(t, k.Request(t.Context(), "z", terms("enterprise", softUSCC))) // the long way, before he finds the short one
	must(t, represent("z", softUSCC))
	wantRefused(t, "twice", represent("z", softUSCC), CodeMandateExists, "uscc")
	held, err := k.Mandates.OpenMandate(t.Context(), softID, "z")
	must(t, err)
	k.wait(30 * 365 * 24 * time.Hour)
	if !held.Usable(k.clock()) || !held.Manager || held.Role != RoleRepresentative || !held.Ends().IsZero() {
		t.Errorf("mandate %+v", held)
	}
	wantRefused(t, "given dates", k.Keep(t.Context(), k.firm(), held.ID, DeedSave, terms(), nil), CodeMandateState, "")
}

// Dates count in China: a mandate begins and ends at midnight there.
func TestMandateAroundMidnight(t *testing.T) {
	m := Mandate{State: MandateActive, ValidFrom: "2028-02-29", ValidUntil: "2028-02-29"}
	for at, want := range map[string]MandateState{
		"2028-02-28T15:59:59Z": MandatePending, "2028-02-28T16:00:00Z": MandateActive, "2028-02-29T00:00:00+08:00": MandateActive,
		"2028-02-29T15:59:59Z": MandateActive, "2028-02-29T16:00:00Z": MandateExpired, "2028-02-29T23:59:59-05:00": MandateExpired,
	} {
		now, err := time.Parse(time.RFC3339, at)
		must(t, err)
		if got := m.Standing(now); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
		if (m.Standing(now) == MandateExpired) != !now.Before(m.Ends()) {
			t.Errorf("at %s: ends %v", at, m.Ends())
		}
	}
}

// A person asks to become an agent, and whoever keeps the agents approves, with
// their face.
func TestRequest(t *testing.T) {
	k := newKeepers()
	ask := func(changes ...string) error {
		return k.Request(t.Context(), liID, terms(append([]string{"enterprise", "jlshili01"}, changes...)...))
	}
	must(t, ask("enterprise", "nobody.knows")) // and is not told
	must(t, ask("enterprise", noodleUSCC))     // nor this
	if len(k.mandates) != 0 {
		t.Fatalf("mandates %v", k.mandates)
	}
	wantList(t, "no dates", ask("valid_until", ""), "valid_until required")
	must(t, ask())
	must(t, ask()) // twice, and is told no more than of an enterprise that is not there
	if len(k.mandates) != 1 {
		t.Fatalf("asked twice: mandates %v", k.mandates)
	}
	m, err := k.Mandates.OpenMandate(t.Context(), softID, liID)
	must(t, err)
	if m.State != MandateRequested || m.Usable(k.now) || m.Manager {
		t.Errorf("asked for %+v", m.Mandate)
	}
	wantRefused(t, "saved without a face", k.Keep(t.Context(), k.firm(), m.ID, DeedSave, terms(), nil), CodeMandateState, "")
	wantRefused(t, "added beside it", k.Grant(t.Context(), k.faced(t, k.firm()), k.firm(), terms(), nil), CodeAgentExists, "id_number")
	c, err := k.BeginGrant(t.Context(), k.firm(), visitor(1), m.ID)
	must(t, err)
	k.pass(t, c)
	must(t, k.FinishGrantFace(t.Context(), c))
	wantList(t, "bad terms", k.Grant(t.Context(), c, k.firm(), terms("valid_until", "2026-01-01"), nil), "valid_until date_order")
	must(t, k.Grant(t.Context(), c, k.firm(), terms("valid_until", "2026-12-31", "manager", "1"), []string{"hrss-hall"}))
	got, err := k.Mandates.Mandate(t.Context(), m.ID)
	must(t, err)
	if !got.Usable(k.now) || got.ValidUntil != "2026-12-31" || !got.Manager || got.Evidence != c.Proof.ID || !got.Serves("hrss-hall") {
		t.Errorf("approved as %+v", got.Mandate)
	}
	if diff := cmp.Diff([]MandateAction{MandateGranted, MandateRequestedBy}, k.actions(t, m.ID)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	late, err := k.BeginGrant(t.Context(), k.firm(), visitor(1), m.ID)
	must(t, err)
	k.pass(t, late)
	must(t, k.FinishGrantFace(t.Context(), late))
	wantRefused(t, "asked by who is an agent", ask(), CodeMandateExists, "enterprise")
	wantRefused(t, "approved again", k.Grant(t.Context(), late, k.firm(), terms(), nil), CodeMandateState, "")

	for range requestLimit.Free {
		_ = ask("enterprise", "nobody.knows")
	}
	if _, ok := ask("enterprise", "nobody.knows").(*WaitError); !ok { //nolint:errorlint // the very type
		t.Error("asks without end")
	}
}
