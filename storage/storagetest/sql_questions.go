package storagetest

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

// Questions is the suite of accounts.MandateAsker.
func Questions(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"however the person is named", askEachWay},
		{"unknown on either side is nothing", askUnknown},
		{"what stands goes before what ended, then the last that ended", askHistory},
		{"an offer is nothing", askOffered},
		{"an ended account counts while no other has the code", askEnded},
		{"a thousand in order", askMany},
		{"the rules agree with every door", askAgrees},
		{"a page after another", pageOfUSCC},
	})
}

// named returns a stored person unlike any other.
func (r durableRun) named(t *testing.T) *accounts.Person {
	t.Helper()
	p := &accounts.Person{
		ID: accounts.PersonID(uuid.NewString()), Name: "\u674e\u56db", DocType: accounts.DocPassport, DocNumber: rand.Text()[:12],
		Phone: "+86" + rand.Text(), Status: accounts.StatusActive, Proofing: 3, CreatedAt: r.in(-time.Hour), UpdatedAt: r.in(-time.Hour),
	}
	ok(t, "create person", r.Store.CreatePerson(t.Context(), p))
	return p
}

// mandated stores a mandate between the two.
func (r durableRun) mandated(t *testing.T, e *accounts.Enterprise, p *accounts.Person, changes ...func(*accounts.Mandate)) *accounts.Mandate {
	t.Helper()
	m := &accounts.Mandate{
		ID: uuid.NewString(), Enterprise: e.ID, Person: p.ID, Role: accounts.RoleAgent, ValidFrom: "2020-01-01", ValidUntil: "2099-12-31",
		State: accounts.MandateActive, Grantor: string(e.ID), CreatedAt: r.in(-time.Minute), UpdatedAt: r.in(-time.Minute),
	}
	for _, change := range changes {
		change(m)
	}
	ok(t, "create mandate", r.Store.CreateMandate(t.Context(), m))
	return m
}

func (r durableRun) asked(t *testing.T, e *accounts.Enterprise, key accounts.AgentKey) *accounts.MandateFacts {
	t.Helper()
	got, err := r.Store.AskMandates(t.Context(), []accounts.MandateQuestion{{USCC: e.USCC, Agent: key}})
	ok(t, "ask", err)
	if len(got) != 1 {
		t.Fatalf("%d answers to one question", len(got))
	}
	return got[0]
}

func (r durableRun) wantAsked(t *testing.T, what string, e *accounts.Enterprise, key accounts.AgentKey, id string) {
	t.Helper()
	got := ""
	if f := r.asked(t, e, key); f != nil {
		got = f.ID
	}
	if got != id {
		t.Errorf("%s: mandate %q, want %q", what, got, id)
	}
}

// keysOf are the ways to name a person at an enterprise.
func keysOf(e *accounts.Enterprise, p *accounts.Person) map[string]accounts.AgentKey {
	return map[string]accounts.AgentKey{
		"subject": {Subject: accounts.AgentSubject(e.ID, p.ID)}, "person": {Person: p.ID},
		"phone": {Phone: p.Phone}, "document": {Document: p.DocumentKey()},
	}
}

func askEachWay(t *testing.T, r durableRun) {
	e, p := r.stored(t), r.named(t)
	m := r.mandated(t, e, p, func(m *accounts.Mandate) { m.Manager, m.Services = true, []string{"a", "b"} })
	for way, key := range keysOf(e, p) {
		f := r.asked(t, e, key)
		if f == nil || f.ID != m.ID || f.Enterprise != e.ID || f.Person != p.ID || !f.Manager || len(f.Services) != 2 || f.ValidUntil != m.ValidUntil ||
			f.EnterpriseStatus != e.Status || f.PersonStatus != p.Status {
			t.Errorf("by %s: %+v", way, f)
		}
	}
	// The subject is another at another enterprise, and is kept by a new mandate.
	other := r.stored(t)
	r.mandated(t, other, p)
	r.wantAsked(t, "another enterprise", other, accounts.AgentKey{Subject: accounts.AgentSubject(e.ID, p.ID)}, "")
	ok(t, "close", r.Store.SetPersonStatus(t.Context(), p.ID, accounts.StatusCancelled, r.in(0)))
	r.wantAsked(t, "closed, by phone", e, accounts.AgentKey{Phone: p.Phone}, "")
	r.wantAsked(t, "closed, by document", e, accounts.AgentKey{Document: p.DocumentKey()}, "")
	if f := r.asked(t, e, accounts.AgentKey{Person: p.ID}); f == nil || f.Reason("a", r.in(0)) != accounts.ReasonPersonCancelled {
		t.Errorf("closed, by subject: %+v", f)
	}
}

func askUnknown(t *testing.T, r durableRun) {
	e, p, stranger := r.stored(t), r.named(t), r.named(t)
	r.mandated(t, e, p)
	for way, key := range keysOf(e, stranger) {
		r.wantAsked(t, "no mandate, by "+way, e, key, "")
	}
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "no enterprise, by "+way, &accounts.Enterprise{USCC: "nothing"}, key, "")
	}
	for _, key := range []accounts.AgentKey{{}, {Subject: "x"}, {Subject: "\x00"}, {Person: "\xff"}, {Phone: "+861"}, {Document: "passport:1"}} {
		r.wantAsked(t, fmt.Sprintf("%q", key), e, key, "")
	}
	if got, err := r.Store.AskMandates(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("nothing asked: %v, %v", got, err)
	}
}

func askHistory(t *testing.T, r durableRun) {
	e, p := r.stored(t), r.named(t)
	revoked := func(age time.Duration) *accounts.Mandate {
		return r.mandated(t, e, p, func(m *accounts.Mandate) { m.State, m.CreatedAt = accounts.MandateRevoked, r.in(-age) })
	}
	revoked(3 * time.Hour)
	last := revoked(time.Hour)
	revoked(2 * time.Hour)
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "all ended, by "+way, e, key, last.ID)
	}
	open := r.mandated(t, e, p, func(m *accounts.Mandate) { m.CreatedAt = r.in(-4 * time.Hour) })
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "one stands, by "+way, e, key, open.ID)
	}
}

func askOffered(t *testing.T, r durableRun) {
	e, p := r.stored(t), r.named(t)
	m := r.mandated(t, e, &accounts.Person{}, func(m *accounts.Mandate) {
		m.State, m.Invitee = accounts.MandateInvited, &accounts.Invitee{Name: p.Name, DocType: p.DocType, DocNumber: p.DocNumber}
	})
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "offered, by "+way, e, key, "")
	}
	m.Person, m.Invitee, m.State = p.ID, nil, accounts.MandateDeclined
	ok(t, "decline", r.Store.ChangeMandate(t.Context(), m))
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "declined, by "+way, e, key, "")
	}
	asked := r.named(t)
	wish := r.mandated(t, e, asked, func(m *accounts.Mandate) { m.State, m.Grantor = accounts.MandateRequested, "" })
	for _, state := range []accounts.MandateState{accounts.MandateRequested, accounts.MandateRevoked} {
		wish.State = state
		ok(t, "answer", r.Store.ChangeMandate(t.Context(), wish))
		for way, key := range keysOf(e, asked) {
			r.wantAsked(t, "a wish, "+string(state)+", by "+way, e, key, "")
		}
	}
	m.State = accounts.MandateActive
	ok(t, "accept", r.Store.ChangeMandate(t.Context(), m))
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "accepted, by "+way, e, key, m.ID)
	}
}

func askEnded(t *testing.T, r durableRun) {
	e, p := r.stored(t), r.named(t)
	m := r.mandated(t, e, p)
	ok(t, "end", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusCancelled, r.in(0)))
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "ended, by "+way, e, key, m.ID)
	}
	again := r.enterprise()
	again.USCC = e.USCC
	ok(t, "register again", r.Store.CreateEnterprise(t.Context(), again))
	for way, key := range keysOf(e, p) {
		r.wantAsked(t, "registered again, by "+way, e, key, "")
	}
}

func askMany(t *testing.T, r durableRun) {
	var questions []accounts.MandateQuestion
	var want []string
	for range 7 {
		e, p := r.stored(t), r.named(t)
		m := r.mandated(t, e, p)
		for _, key := range keysOf(e, p) {
			questions = append(questions, accounts.MandateQuestion{USCC: e.USCC, Agent: key}, accounts.MandateQuestion{USCC: "none", Agent: key})
			want = append(want, m.ID, "")
		}
	}
	for len(questions) < 1000 {
		n := min(1000-len(questions), len(questions))
		questions, want = append(questions, questions[:n]...), append(want, want[:n]...)
	}
	got, err := r.Store.AskMandates(t.Context(), questions)
	ok(t, "ask", err)
	for i, f := range got {
		id := ""
		if f != nil {
			id = f.ID
		}
		if id != want[i] {
			t.Fatalf("question %d: %q, want %q", i, id, want[i])
		}
	}
}

// askAgrees compares the answer with what a session of the agent is told.
func askAgrees(t *testing.T, r durableRun) {
	now := r.in(0)
	for _, firm := range []accounts.Status{
		accounts.StatusActive, accounts.StatusRestricted, accounts.StatusFrozen, accounts.StatusCancelled, accounts.StatusPendingActivation, accounts.StatusWaiting,
	} {
		for _, holder := range []accounts.Status{accounts.StatusActive, accounts.StatusFrozen, accounts.StatusCancelled} {
			e, p := r.enterprise(), r.named(t)
			e.Status = firm
			ok(t, "create enterprise", r.Store.CreateEnterprise(t.Context(), e))
			if holder != accounts.StatusActive {
				ok(t, "status", r.Store.SetPersonStatus(t.Context(), p.ID, holder, now))
			}
			for i, change := range []func(*accounts.Mandate){
				func(*accounts.Mandate) {},
				func(m *accounts.Mandate) { m.ValidUntil = "" },
				func(m *accounts.Mandate) { m.ValidUntil = "2020-01-02" },
				func(m *accounts.Mandate) { m.ValidFrom = "2099-01-01" },
				func(m *accounts.Mandate) { m.State = accounts.MandateSuspended },
				func(m *accounts.Mandate) { m.State = accounts.MandateRevoked },
				func(m *accounts.Mandate) { m.ConfirmBy = "2020-01-02" },
				func(m *accounts.Mandate) { m.Services = []string{"portal"} },
				func(m *accounts.Mandate) { m.Services = []string{"other"} },
			} {
				m := r.mandated(t, e, p, change)
				standing, err := r.Store.Standing(t.Context(), accounts.Principal{Type: accounts.TypeAgent, Mandate: m.ID})
				ok(t, "standing", err)
				principal := accounts.Principal{Type: accounts.TypeAgent, Mandate: m.ID, Epochs: standing.Epochs}
				want := standing.Admits(principal, now) && standing.Mandate.Serves("portal")
				answer := r.asked(t, e, accounts.AgentKey{Person: p.ID}).Answer("portal", now)
				if answer.Allowed() != want {
					t.Errorf("%s, %s, change %d: %s, the doors say %v", firm, holder, i, answer.Reason, want)
				}
				m.State = accounts.MandateDeclined // makes room for the next
				ok(t, "end", r.Store.ChangeMandate(t.Context(), m))
			}
		}
	}
}

func pageOfUSCC(t *testing.T, r durableRun) {
	e := r.stored(t)
	var want []string
	for i := range 5 {
		m := r.mandated(t, e, r.named(t), func(m *accounts.Mandate) { m.CreatedAt = r.in(-time.Duration(i/2) * time.Hour) })
		want = append(want, m.ID)
	}
	r.mandated(t, e, r.named(t), func(m *accounts.Mandate) { m.State = accounts.MandateRevoked })
	seen := map[string]bool{}
	after := accounts.AgentQuery{Limit: 2}
	for range 4 {
		page, err := r.Store.MandatesOfUSCC(t.Context(), e.USCC, after)
		ok(t, "page", err)
		for _, v := range page {
			if seen[v.ID] || v.Name == "" {
				t.Errorf("%s comes twice, or without a name", v.ID)
			}
			seen[v.ID] = true
			after.AfterCreated, after.AfterID = v.CreatedAt, v.ID
		}
	}
	for _, id := range want {
		if !seen[id] {
			t.Errorf("%s is not listed", id)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d are listed, want %d", len(seen), len(want))
	}
	ok(t, "end", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusCancelled, r.in(0)))
	for _, code := range []string{e.USCC, "none", "\x00"} {
		if page, err := r.Store.MandatesOfUSCC(t.Context(), code, accounts.AgentQuery{Limit: 9}); err != nil || len(page) != 0 {
			t.Errorf("%q: %d, %v", code, len(page), err)
		}
	}
}
