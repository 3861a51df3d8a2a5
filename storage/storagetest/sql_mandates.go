package storagetest

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
)

// Mandates is the suite of accounts.MandateStore and of the standings of agents.
func Mandates(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"a mandate is read back with both sides", readMandate},
		{"nobody's mandate is not found", noMandate},
		{"one mandate stands between two", mandateConflicts},
		{"of many who grant at once one succeeds", raceMandate},
		{"a change counts if nobody came first", changeMandate},
		{"of many who change at once one succeeds", raceChangeMandate},
		{"agents come page by page, each once", agentPages},
		{"who was invited is found by document", invitations},
		{"history is added to, the newest first", mandateHistory},
		{"another representative ends what the register gave", representativeChanged},
		{"standing of an agent is what all three say now", agentStanding},
	})
}

func day(t time.Time) string { return idnum.DateOf(t).String() }

// mandate returns one that is in force and not stored yet.
func (r durableRun) mandate(e accounts.EnterpriseID, p accounts.PersonID) *accounts.Mandate {
	return &accounts.Mandate{
		ID: uuid.NewString(), Enterprise: e, Person: p, Role: accounts.RoleAgent,
		ValidFrom: day(r.in(-48 * time.Hour)), ValidUntil: day(r.in(48 * time.Hour)), Manager: true, Services: []string{"hrss-hall", "other"},
		State: accounts.MandateActive, Epoch: 4, Revision: 2, PasswordHash: "$argon2id$" + rand.Text(), Preset: true,
		DocFrom: "2016-03-01", DocTo: "2036-03-01", Grantor: string(e), Evidence: "f1", ConfirmBy: day(r.in(72 * time.Hour)),
		CreatedAt: r.in(-time.Hour), UpdatedAt: r.in(-time.Minute),
	}
}

func (r durableRun) storedMandate(t *testing.T, changes ...func(*accounts.Mandate)) *accounts.Mandate {
	t.Helper()
	m := r.mandate(r.stored(t).ID, r.storedPerson(t).ID)
	for _, change := range changes {
		change(m)
	}
	ok(t, "create mandate", r.Store.CreateMandate(t.Context(), m))
	return m
}

func (r durableRun) viewed(t *testing.T, id string) *accounts.MandateView {
	t.Helper()
	v, err := r.Store.Mandate(t.Context(), id)
	ok(t, "read mandate", err)
	return v
}

func readMandate(t *testing.T, r durableRun) {
	e, p := r.stored(t), r.storedPerson(t)
	m := r.mandate(e.ID, p.ID)
	ok(t, "create", r.Store.CreateMandate(t.Context(), m))
	want := &accounts.MandateView{
		Mandate: *m, Company: e.Name, USCC: e.USCC, LegalType: e.LegalType, EnterpriseStatus: e.Status, EnterpriseEpoch: e.Epochs.Enterprise,
		Name: p.Name, DocType: p.DocType, DocNumber: p.DocNumber, Phone: p.Phone, PersonStatus: p.Status, PersonEpoch: p.Epoch,
	}
	opened, err := r.Store.OpenMandate(t.Context(), e.ID, p.ID)
	ok(t, "open mandate", err)
	list, err := r.Store.MandatesOf(t.Context(), p.ID)
	ok(t, "list", err)
	if len(list) != 1 {
		t.Fatalf("%d mandates", len(list))
	}
	for what, got := range map[string]*accounts.MandateView{"read": r.viewed(t, m.ID), "open": opened, "list": list[0]} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	ok(t, "cancel", r.Store.SetPersonStatus(t.Context(), p.ID, accounts.StatusCancelled, r.in(0)))
	if got := r.viewed(t, m.ID); got.Name != "" || got.PersonStatus != accounts.StatusCancelled || got.Usable(r.in(0)) {
		t.Errorf("of a closed account: %+v", got)
	}
}

func noMandate(t *testing.T, r durableRun) {
	for _, id := range []string{"", "nobody", "a\x00b"} {
		_, err := r.Store.Mandate(t.Context(), id)
		wantErr(t, id, err, accounts.ErrNotFound)
	}
	e, p := r.stored(t), r.storedPerson(t)
	for _, test := range []struct {
		e accounts.EnterpriseID
		p accounts.PersonID
	}{{e.ID, p.ID}, {"", ""}, {e.ID, ""}, {"", p.ID}} {
		_, err := r.Store.OpenMandate(t.Context(), test.e, test.p)
		wantErr(t, "open", err, accounts.ErrNotFound)
	}
	if list, err := r.Store.MandatesOf(t.Context(), ""); len(list) != 0 || err != nil {
		t.Errorf("of nobody: %v, %v", list, err)
	}
}

func mandateConflicts(t *testing.T, r durableRun) {
	m := r.storedMandate(t)
	again := r.mandate(m.Enterprise, m.Person)
	wantErr(t, "again", r.Store.CreateMandate(t.Context(), again), accounts.ErrConflict)
	for _, state := range []accounts.MandateState{accounts.MandateRevoked, accounts.MandateDeclined} {
		m.State = state
		ok(t, "end", r.Store.ChangeMandate(t.Context(), m))
		fresh := r.mandate(m.Enterprise, m.Person)
		ok(t, "after its end", r.Store.CreateMandate(t.Context(), fresh))
		m = fresh
	}
	invited := r.mandate(m.Enterprise, "")
	invited.State, invited.Invitee = accounts.MandateInvited, &accounts.Invitee{Name: "x", DocType: accounts.DocResidentID, DocNumber: rand.Text()[:18]}
	ok(t, "invite", r.Store.CreateMandate(t.Context(), invited))
	twice := *invited
	twice.ID = uuid.NewString()
	wantErr(t, "invite again", r.Store.CreateMandate(t.Context(), &twice), accounts.ErrConflict)
	invited.Person, invited.State, invited.Invitee = m.Person, accounts.MandateActive, nil
	wantErr(t, "accepted by who has one", r.Store.ChangeMandate(t.Context(), invited), accounts.ErrConflict)
}

func raceMandate(t *testing.T, r durableRun) {
	e, p := r.stored(t).ID, r.storedPerson(t).ID
	wantOneWinner(t, accounts.ErrConflict, func(int) error { return r.Store.CreateMandate(t.Context(), r.mandate(e, p)) })
	if list, err := r.Store.MandatesOf(t.Context(), p); len(list) != 1 || err != nil {
		t.Errorf("%d mandates, %v", len(list), err)
	}
}

func changeMandate(t *testing.T, r durableRun) {
	m := r.storedMandate(t)
	stale := *m
	m.ValidFrom, m.ValidUntil, m.Manager, m.Services, m.State = "2026-01-01", "", false, nil, accounts.MandateSuspended
	m.Epoch, m.PasswordHash, m.Preset, m.ConfirmBy, m.UpdatedAt = 5, "", false, "", r.in(0)
	ok(t, "change", r.Store.ChangeMandate(t.Context(), m))
	got := r.viewed(t, m.ID)
	if diff := cmp.Diff(*m, got.Mandate); diff != "" || m.Revision != 3 {
		t.Errorf("at revision %d (-want +got):\n%s", m.Revision, diff)
	}
	wantErr(t, "stale", r.Store.ChangeMandate(t.Context(), &stale), accounts.ErrConflict)
	other := *m
	other.Enterprise = r.stored(t).ID
	wantErr(t, "moved to another enterprise", r.Store.ChangeMandate(t.Context(), &other), accounts.ErrConflict)
	ok(t, "raise", r.Store.RaiseMandateEpoch(t.Context(), m.ID, r.in(0)))
	if got := r.viewed(t, m.ID); got.Epoch != 6 || got.Revision != 4 {
		t.Errorf("raised to %d at %d", got.Epoch, got.Revision)
	}
	wantErr(t, "raise nobody's", r.Store.RaiseMandateEpoch(t.Context(), "nobody", r.in(0)), accounts.ErrNotFound)
}

func raceChangeMandate(t *testing.T, r durableRun) {
	m := r.storedMandate(t)
	wantOneWinner(t, accounts.ErrConflict, func(int) error {
		mine := *m
		mine.Epoch++
		return r.Store.ChangeMandate(t.Context(), &mine)
	})
	if got := r.viewed(t, m.ID); got.Epoch != m.Epoch+1 {
		t.Errorf("epoch %d", got.Epoch)
	}
}

func agentPages(t *testing.T, r durableRun) {
	e := r.stored(t).ID
	var want []string
	for i := range 7 {
		m := r.mandate(e, r.storedPerson(t).ID)
		m.CreatedAt = r.in(-time.Duration(i/2) * time.Minute) // two of each instant
		if i == 3 {
			m.State = accounts.MandateRevoked
		}
		ok(t, "create", r.Store.CreateMandate(t.Context(), m))
		want = append(want, m.ID)
	}
	for _, ended := range []bool{true, false} {
		var got []string
		q := accounts.AgentQuery{Enterprise: e, Limit: 2, Ended: ended}
		for {
			page, err := r.Store.Agents(t.Context(), q)
			ok(t, "page", err)
			for _, m := range page {
				got = append(got, m.ID)
			}
			if len(page) < q.Limit {
				break
			}
			q.AfterCreated, q.AfterID = page[len(page)-1].CreatedAt, page[len(page)-1].ID
		}
		expected := slices.Clone(want)
		if !ended {
			expected = slices.Delete(expected, 3, 4)
		}
		if diff := cmp.Diff(expected, got, cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
			t.Errorf("with ended %v (-want +got):\n%s", ended, diff)
		}
	}
	if other, err := r.Store.Agents(t.Context(), accounts.AgentQuery{Enterprise: r.stored(t).ID, Limit: 9}); len(other) != 0 || err != nil {
		t.Errorf("of another enterprise: %v, %v", other, err)
	}
}

func invitations(t *testing.T, r durableRun) {
	m := r.mandate(r.stored(t).ID, "")
	m.State = accounts.MandateInvited
	m.Invitee = &accounts.Invitee{Name: "\u5b59\u4e03", DocType: accounts.DocResidentID, DocNumber: rand.Text()[:18], Phone: "+8613800000004"}
	ok(t, "invite", r.Store.CreateMandate(t.Context(), m))
	found := func(key string) []*accounts.MandateView {
		t.Helper()
		list, err := r.Store.Invitations(t.Context(), key)
		ok(t, "invitations", err)
		return list
	}
	list := found(m.Invitee.DocumentKey())
	if len(list) != 1 || cmp.Diff(*m, list[0].Mandate) != "" || list[0].Phone != m.Invitee.Phone || list[0].PersonStatus != "" || list[0].Usable(r.in(0)) {
		t.Fatalf("invitations %+v", list)
	}
	key := m.Invitee.DocumentKey()
	m.Person, m.Invitee, m.State = r.storedPerson(t).ID, nil, accounts.MandateActive
	ok(t, "accept", r.Store.ChangeMandate(t.Context(), m))
	if list := append(found(key), found("")...); len(list) != 0 {
		t.Errorf("after it was accepted: %v", list)
	}
}

func mandateHistory(t *testing.T, r durableRun) {
	m := r.storedMandate(t)
	first := accounts.MandateEvent{
		ID: uuid.NewString(), Mandate: m.ID, Enterprise: m.Enterprise, Action: accounts.MandateGranted, ActorType: accounts.TypeEnterprise,
		Actor: string(m.Enterprise), ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil, Manager: true, Services: m.Services, Evidence: "f1", At: r.in(0),
	}
	second := first
	second.ID, second.Action, second.Services, second.At = uuid.NewString(), accounts.MandateRevokedBy, nil, r.in(time.Second)
	for _, e := range []accounts.MandateEvent{first, second} {
		ok(t, "record", r.Store.RecordMandate(t.Context(), &e))
	}
	got, err := r.Store.MandateHistory(t.Context(), m.ID)
	ok(t, "history", err)
	if diff := cmp.Diff([]*accounts.MandateEvent{&second, &first}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func representativeChanged(t *testing.T, r durableRun) {
	e := r.stored(t).ID
	of := func(change func(*accounts.Mandate)) string {
		m := r.mandate(e, r.storedPerson(t).ID)
		m.ConfirmBy = ""
		change(m)
		ok(t, "create", r.Store.CreateMandate(t.Context(), m))
		return m.ID
	}
	head := of(func(m *accounts.Mandate) { m.Role, m.ValidUntil = accounts.RoleRepresentative, "" })
	agent, over := of(func(*accounts.Mandate) {}), of(func(m *accounts.Mandate) { m.State = accounts.MandateRevoked })
	other := r.storedMandate(t)
	until := day(r.in(24 * time.Hour))
	ok(t, "change", r.Store.RepresentativeChanged(t.Context(), e, until, r.in(0)))
	if got := r.viewed(t, head); got.State != accounts.MandateRevoked || got.Epoch != 5 {
		t.Errorf("of the former one: %+v", got.Mandate)
	}
	if got := r.viewed(t, agent); got.ConfirmBy != until || !got.Usable(r.in(0)) || got.Usable(r.in(72*time.Hour)) {
		t.Errorf("of an agent: %+v", got.Mandate)
	}
	if got := r.viewed(t, over); got.ConfirmBy != "" {
		t.Errorf("of one that was over: %+v", got.Mandate)
	}
	if got := r.viewed(t, other.ID); got.ConfirmBy != other.ConfirmBy {
		t.Errorf("of another enterprise: %+v", got.Mandate)
	}
}

func agentStanding(t *testing.T, r durableRun) {
	e, p := r.stored(t), r.storedPerson(t)
	m := r.mandate(e.ID, p.ID)
	ok(t, "create", r.Store.CreateMandate(t.Context(), m))
	got, err := r.Store.Standing(t.Context(), r.viewed(t, m.ID).Principal())
	ok(t, "standing", err)
	limits := &accounts.Mandate{
		ID: m.ID, Enterprise: e.ID, Person: p.ID, Role: m.Role, ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil, Manager: true,
		Services: m.Services, State: m.State, Preset: true, ConfirmBy: m.ConfirmBy,
	}
	want := &accounts.Standing{
		Epochs: accounts.Epochs{Account: 4, Enterprise: e.Epochs.Enterprise, Person: p.Epoch}, Status: e.Status, Mandate: limits, Holder: p.Status,
		Proofing: p.Proofing, Name: p.Name, Phone: p.Phone, USCC: e.USCC, Company: e.Name, LegalType: e.LegalType, AsOf: e.AsOf, UpdatedAt: p.UpdatedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = r.Store.Standing(t.Context(), accounts.Principal{Type: accounts.TypeAgent, Mandate: "nobody"})
	wantErr(t, "nobody", err, accounts.ErrNotFound)
}
