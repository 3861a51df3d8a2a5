package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

// Ending is a mandate in force that ends soon.
type Ending struct {
	Mandate    string
	ValidUntil string // YYYY-MM-DD
	CreatedAt  time.Time
	// Reminded is how many days before that end its agent was reminded last; 0: not
	// yet.
	Reminded int
}

// EndingReader finds mandates that end soon.
type EndingReader interface {
	// EndingMandates lists those in force that end on a day up to until, whose
	// enterprise and person admit, in the order of their end, after one of them.
	EndingMandates(ctx context.Context, after Ending, until string, limit int) ([]Ending, error)
}

// MandateReminder remembers who was reminded.
type MandateReminder interface {
	// RemindMandate records that the agent is reminded so many days before that end;
	// ErrConflict if they were, then or later.
	RemindMandate(ctx context.Context, id, validUntil string, days int) error
}

// reminderDays are how many days before a mandate's end its agent is told, each
// once.
func reminderDays() []int { return []int{1, 7, 30} }

// Nobody is woken by a message that can wait: reminders go out from the first of
// these hours in China to before the last.
const (
	reminderFrom = 9
	reminderTo   = 20

	reminderBatch = 200
)

// Reminders tell agents that their mandates end soon.
type Reminders struct {
	*Wizards

	Endings EndingReader

	looked string // the hour, in China, in which this process has looked
}

// Send posts the reminders that are due, once an hour, and returns how many. It is
// for one caller at a time; replicas may do it at once: one of them posts each.
func (r *Reminders) Send(ctx context.Context) (sent int, err error) {
	now := r.Now()
	hour := now.In(chinaZone()).Hour()
	this := inChina(now, "2006-01-02 15")
	if hour < reminderFrom || hour >= reminderTo || this == r.looked {
		return 0, nil
	}
	if sent, err = r.send(ctx, now); err == nil {
		r.looked = this
	}
	return sent, err
}

func (r *Reminders) send(ctx context.Context, now time.Time) (sent int, err error) {
	days := reminderDays()
	today := idnum.DateOf(now).String()
	last := idnum.DateOf(now.AddDate(0, 0, days[len(days)-1])).String()
	after := Ending{ValidUntil: idnum.DateOf(now.AddDate(0, 0, -1)).String(), Mandate: "g"} // comes after every id
	for {
		page, err := r.Endings.EndingMandates(ctx, after, last, reminderBatch)
		if err != nil {
			return sent, fmt.Errorf("reminders: list: %w", err)
		}
		for _, e := range page {
			step := e.due(today)
			if step == 0 {
				continue
			}
			switch err := r.remind(ctx, e, step); {
			case err == nil:
				sent++
			case !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound):
				return sent, fmt.Errorf("reminders: %w", err)
			}
		}
		if len(page) < reminderBatch {
			return sent, nil
		}
		after = page[len(page)-1]
	}
}

// due is of how many days before its end an agent is to be reminded today; 0: not
// at all. Who was granted a mandate when that day had passed knows its end.
func (e Ending) due(today string) int {
	for _, days := range reminderDays() {
		first, ok := daysBefore(e.ValidUntil, days)
		if !ok || today < first {
			continue
		}
		if e.Reminded != 0 && e.Reminded <= days || idnum.DateOf(e.CreatedAt).String() > first {
			return 0
		}
		return days
	}
	return 0
}

// daysBefore is the day so many days before another.
func daysBefore(day string, days int) (string, bool) {
	t, err := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, -days).Format(time.DateOnly), err == nil
}

// remind posts one, in the transaction that remembers it, by what the mandate says
// then.
func (r *Reminders) remind(ctx context.Context, e Ending, days int) error {
	return r.Ledger.Within(ctx, func(tx Tx) error {
		m, err := tx.Mandate(ctx, e.Mandate)
		if err != nil {
			return err
		}
		if m.ValidUntil != e.ValidUntil || !m.Usable(r.Now()) {
			return ErrConflict // it changed meanwhile
		}
		if err := tx.RemindMandate(ctx, m.ID, m.ValidUntil, days); err != nil {
			return err
		}
		id := fmt.Sprint(m.ID, " ", m.ValidUntil, " ", days)
		return r.notify(ctx, tx, id, m.Phone, KindMandateEnding, mandateParams(m.USCC, &m.Mandate))
	})
}
