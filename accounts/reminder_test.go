package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

func (b *books) RemindMandate(_ context.Context, id, until string, days int) error {
	defer b.enter("remind mandate")()
	if old, there := b.reminded[id]; there && old.ValidUntil == until && old.Reminded <= days {
		return ErrConflict
	}
	b.reminded[id] = Ending{Mandate: id, ValidUntil: until, Reminded: days}
	return nil
}

func (b *books) EndingMandates(_ context.Context, after Ending, until string, limit int) (all []Ending, err error) {
	defer b.enter("list ending mandates")()
	for _, m := range b.mandates {
		e := Ending{Mandate: m.ID, ValidUntil: m.ValidUntil, CreatedAt: m.CreatedAt}
		if old := b.reminded[m.ID]; old.ValidUntil == m.ValidUntil {
			e.Reminded = old.Reminded
		}
		if m.State == MandateActive && m.ValidUntil != "" && m.ValidUntil <= until && later(e, after) > 0 {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, later)
	return all[:min(limit, len(all))], nil
}

func later(a, b Ending) int {
	return cmp.Or(cmp.Compare(a.ValidUntil, b.ValidUntil), cmp.Compare(a.Mandate, b.Mandate))
}

// ending gives somebody a mandate that ends so many days from now and was granted
// so many days ago.
func (o *office) ending(id string, days, ago int) {
	now := o.clock()
	o.books.mandates[id] = Mandate{
		ID: id, Enterprise: softID, Person: liID, Role: RoleAgent, State: MandateActive, ValidFrom: "2020-01-01",
		ValidUntil: idnum.DateOf(now.AddDate(0, 0, days)).String(), CreatedAt: now.AddDate(0, 0, -ago),
	}
}

func (o *office) remind(t *testing.T, want int) {
	t.Helper()
	r := Reminders{Wizards: o.Wizards, Endings: o.books}
	sent, err := r.Send(t.Context())
	must(t, err)
	if sent != want {
		t.Errorf("on %s %d reminders were sent, want %d", o.clock(), sent, want)
	}
}

func (o *office) reminders() (n int) {
	for _, m := range o.posted {
		if m.Kind == KindMandateEnding {
			n++
		}
	}
	return n
}

// An agent is told 30, 7 and 1 days before the end, each once, however often it is
// looked and whatever days are missed.
func TestRemindersGoOutOnce(t *testing.T) {
	o := newOffice()
	o.ending("m1", 40, 100)
	for day := range 45 {
		want := 0
		if left := 40 - day; left == 30 || left == 7 || left == 1 {
			want = 1
		}
		o.remind(t, want)
		o.remind(t, 0)
		o.wait(24 * time.Hour)
	}
	m := o.posted[len(o.posted)-1]
	if m.Phone != liPhone || m.Params["tail"] != softUSCC[14:] || m.Params["until"] != o.books.mandates["m1"].ValidUntil || m.Purpose != PurposeNotice {
		t.Errorf("the last one says %+v", m)
	}
	// A renewed mandate has another end, which is told of anew.
	o.ending("m1", 7, 100)
	o.remind(t, 1)
	o.remind(t, 0)
}

func TestRemindersThatAreMissedAreNotPiledUp(t *testing.T) {
	o := newOffice()
	o.ending("m1", 5, 100)  // 30 and 7 days before it nobody looked: one
	o.ending("m2", 0, 100)  // its last day
	o.ending("m3", -1, 100) // over
	o.ending("m4", 5, 1)    // granted when less than 7 days were left
	o.ending("m5", 20, 1)
	o.ending("m6", 31, 100)
	o.remind(t, 2)
	o.wait(4 * 24 * time.Hour)
	o.remind(t, 3) // m1 and m4: a day; m6: 30 days, late; m5: none
}

func TestReminders(t *testing.T) {
	for name, test := range map[string]struct {
		change func(o *office, m *Mandate)
		want   int
	}{
		"in force":     {func(*office, *Mandate) {}, 1},
		"suspended":    {func(_ *office, m *Mandate) { m.State = MandateSuspended }, 0},
		"without end":  {func(_ *office, m *Mandate) { m.ValidUntil = "" }, 0},
		"not begun":    {func(_ *office, m *Mandate) { m.ValidFrom = m.ValidUntil }, 0},
		"at night":     {func(o *office, _ *Mandate) { o.wait(9 * time.Hour) }, 0},
		"in the dawn":  {func(o *office, _ *Mandate) { o.wait(20 * time.Hour) }, 0},
		"at nine":      {func(o *office, _ *Mandate) { o.wait(21 * time.Hour) }, 1},
		"frozen":       {func(o *office, _ *Mandate) { freeze(o) }, 0},
		"ended person": {func(o *office, _ *Mandate) { end(o) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			o.ending("m1", 7, 100)
			m := o.books.mandates["m1"]
			test.change(o, &m)
			o.books.mandates["m1"] = m
			o.remind(t, test.want)
		})
	}
}

func freeze(o *office) {
	e := o.firms[softID]
	e.Status = StatusFrozen
	o.firms[softID] = e
}

func end(o *office) {
	p := o.persons[liID]
	p.Status = StatusCancelled
	o.persons[liID] = p
}

// A process looks once an hour, or again after a fault.
func TestRemindersLookOnceAnHour(t *testing.T) {
	o := newOffice()
	r := Reminders{Wizards: o.Wizards, Endings: o.books}
	look := func(want int) {
		t.Helper()
		sent, err := r.Send(t.Context())
		must(t, err)
		if sent != want {
			t.Errorf("%d sent, want %d", sent, want)
		}
	}
	o.ending("m1", 7, 100)
	o.fault = ErrUnavailable
	if _, err := r.Send(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the fault is %v", err)
	}
	look(1)
	o.ending("m2", 7, 100)
	look(0)
	o.wait(time.Hour)
	look(1)
}

// Of replicas that look at once each reminder is sent by one.
func TestReplicasRemindOnce(t *testing.T) {
	o := newOffice()
	const mandates = reminderBatch + 50
	for i := range mandates {
		o.ending(fmt.Sprintf("m%03d", i), 7, 100)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r := Reminders{Wizards: o.Wizards, Endings: o.books}
			_, err := r.Send(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := o.reminders(); got != mandates {
		t.Errorf("%d messages, want %d", got, mandates)
	}
}
