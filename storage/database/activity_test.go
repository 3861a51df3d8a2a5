package database_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/database"
)

// ledger is an enterprise with an agent, and how its ledger is filled.
type ledger struct {
	t    *testing.T
	db   *database.DB
	firm *accounts.Enterprise
	view *accounts.MandateView
	now  time.Time
}

func newLedger(t *testing.T, db *database.DB) *ledger {
	t.Helper()
	l := &ledger{t: t, db: db, now: time.Now().Truncate(time.Millisecond).UTC()}
	l.firm = &accounts.Enterprise{ID: "e", Account: "e", USCC: "e", Status: accounts.StatusActive}
	person := &accounts.Person{ID: "p", Name: "Li", Phone: "+8613800000002", DocType: accounts.DocResidentID, DocNumber: "220102198511202324", Status: accounts.StatusActive}
	mandate := &accounts.Mandate{
		ID: uuid.NewString(), Enterprise: "e", Person: "p", Role: accounts.RoleAgent, ValidFrom: "2020-01-01", ValidUntil: "2099-12-31",
		State: accounts.MandateActive, CreatedAt: l.now,
	}
	for _, err := range []error{
		db.CreateEnterprise(t.Context(), l.firm), db.CreatePerson(t.Context(), person), db.CreateMandate(t.Context(), mandate),
		db.CreateEnterprise(t.Context(), &accounts.Enterprise{ID: "f", Account: "f", USCC: "f", Status: accounts.StatusActive}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if l.view, err = db.Mandate(t.Context(), mandate.ID); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *ledger) signIn(p accounts.Principal, client string, at, expires time.Time) {
	l.t.Helper()
	g := &grant.Grant{ID: grant.NewID(p.Type), ClientID: client, Principal: p, CreatedAt: at, IdleUntil: expires, ExpiresAt: expires}
	if err := l.db.Create(l.t.Context(), g); err != nil {
		l.t.Fatal(err)
	}
}

func (l *ledger) event(action accounts.MandateAction, at time.Time) {
	l.t.Helper()
	err := l.db.RecordMandate(l.t.Context(), &accounts.MandateEvent{
		ID: uuid.NewString(), Mandate: l.view.ID, Enterprise: "e", Action: action, ActorType: accounts.TypeEnterprise, Actor: "e", At: at,
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// read goes through the pages of a query and checks that each goes on where the
// one before ended.
func (l *ledger) read(q accounts.ActivityQuery) (all []*accounts.Activity) {
	l.t.Helper()
	q.Enterprise, q.Now = "e", l.now
	for range 100 {
		page, err := l.db.Activities(l.t.Context(), q)
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < q.Limit {
			return all
		}
		q.After = page[len(page)-1].Mark
	}
	l.t.Fatal("the pages do not end")
	return nil
}

func lines(all []*accounts.Activity) (said []string) {
	for _, a := range all {
		said = append(said, fmt.Sprint(a.Kind, " ", a.ClientID, a.Action, " ", a.Agent, " ", a.Alive))
	}
	return said
}

// Pages of any length say the same, each line once, although many lines are of one
// millisecond and of several tables.
func TestActivities(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		l := newLedger(t, db)
		own, agent := l.firm.Principal(), l.view.Principal()
		live, dead := l.now.Add(time.Hour), l.now.Add(-48*time.Hour)
		old := l.now.Add(-72 * time.Hour)
		l.signIn(own, "hall", old, dead)
		l.signIn(agent, "clinic", old, dead)
		l.event(accounts.MandateGranted, old)
		if swept, err := db.Sweep(t.Context(), l.now); err != nil || swept.Grants != 2 {
			t.Fatalf("swept %+v, %v", swept, err)
		}
		for range 3 {
			l.signIn(agent, "hall", l.now, live)
			l.event(accounts.MandateEdited, l.now)
		}
		l.signIn(own, "clinic", l.now.Add(-time.Minute), live)
		l.signIn(accounts.Enterprise{ID: "f"}.Principal(), "hall", l.now, live)
		want := []string{
			"sign_in hall Li true", "sign_in hall Li true", "sign_in hall Li true",
			"mandate edited Li false", "mandate edited Li false", "mandate edited Li false",
			"sign_in clinic  true", "mandate granted Li false",
		}
		for limit := 1; limit < 12; limit++ {
			got := l.read(accounts.ActivityQuery{Limit: limit})
			if diff := cmp.Diff(want[:7], lines(got)[:7]); diff != "" || len(got) != 10 {
				t.Errorf("by %d, %d lines (-want +got):\n%s", limit, len(got), diff)
			}
			seen := map[string]bool{}
			for _, a := range got {
				if seen[a.Mark.ID] {
					t.Errorf("by %d: %s stands twice", limit, a.Mark.ID)
				}
				seen[a.Mark.ID] = true
			}
		}
		for name, test := range map[string]struct {
			query accounts.ActivityQuery
			want  int
		}{
			"mandate":            {accounts.ActivityQuery{Mandate: l.view.ID}, 8},
			"own":                {accounts.ActivityQuery{Own: true}, 2},
			"portal":             {accounts.ActivityQuery{ClientID: "hall"}, 4},
			"mandate and portal": {accounts.ActivityQuery{Mandate: l.view.ID, ClientID: "clinic"}, 1},
			"today":              {accounts.ActivityQuery{From: l.now.Add(-time.Hour)}, 7},
			"before today":       {accounts.ActivityQuery{Until: l.now.Add(-time.Minute)}, 3},
			"nothing":            {accounts.ActivityQuery{From: l.now.Add(time.Hour)}, 0},
		} {
			for _, limit := range []int{2, 50} {
				test.query.Limit = limit
				if got := l.read(test.query); len(got) != test.want {
					t.Errorf("%s by %d: %d lines, want %d: %v", name, limit, len(got), test.want, lines(got))
				}
			}
		}
		// What ends the agent ends what he did, in the ledger as well.
		if err := db.RaiseMandateEpoch(t.Context(), l.view.ID, l.now); err != nil {
			t.Fatal(err)
		}
		for _, a := range l.read(accounts.ActivityQuery{Mandate: l.view.ID, Limit: 50}) {
			if a.Alive {
				t.Error("a sign-in of a mandate that changed is shown as alive")
			}
		}
		if got := l.read(accounts.ActivityQuery{Own: true, Limit: 50}); !got[0].Alive {
			t.Error("the enterprise's own sign-in ended with it")
		}
	})
}
