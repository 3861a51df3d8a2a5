package flowtest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// reminders are the messages of a phone that tell of a mandate's end, since then. A
// replica whose clock has not moved yet still knows older ones.
func (b *browser) reminders(phone string, since time.Time) (all []message) {
	b.t.Helper()
	for _, m := range b.messages(phone) {
		if strings.Contains(m.Text, "到期") && !m.At.Before(since) {
			all = append(all, m)
		}
	}
	return all
}

// moveTo moves the server's clock to an hour in China, so many days ahead, and
// returns that moment, to the second.
func (b *browser) moveTo(days, hour int) time.Time {
	b.t.Helper()
	china := time.FixedZone("", 8*60*60)
	now := time.Now().In(china)
	then := time.Date(now.Year(), now.Month(), now.Day()+days, hour, 0, 0, 0, china)
	b.call(http.MethodPut, "/simulator/clock", map[string]int{"offset_seconds": int(then.Sub(now).Seconds())}).wantStatus(http.StatusNoContent)
	return then.Add(-2 * time.Second)
}

// An agent is reminded before a mandate ends, once, whatever the number of replicas,
// and not at night.
func TestAgentIsRemindedOfTheEnd(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}, func(t *testing.T, s *site) {
		b, other := s.browser(t), s.browser(t)
		f := b.registerFirm(b.newFirm())
		b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
		p := other.registerPerson(s.person())
		china := time.FixedZone("", 8*60*60)
		until := time.Now().In(china).AddDate(0, 0, 40).Format(time.DateOnly)
		form := b.open(s.url("/center/agents")).click("add").lookInto().want(http.StatusOK, "center-agents")
		form.press(p.mandate().with(fields{"valid_until": until})).want(http.StatusOK, "center-agents")

		night := b.moveTo(33, 21)
		time.Sleep(remindWithin) // nothing may come: there is nothing to wait for
		if got := b.reminders(p.phone, night); len(got) != 0 {
			t.Errorf("at night: %v", got)
		}
		for _, day := range []int{34, 39} { // the simulated provider forgets messages after a day
			morning := b.moveTo(day, 10)
			var got []message
			waitUntil(t, remindWithin, "the reminder", func() bool {
				got = b.reminders(p.phone, morning)
				return len(got) > 0
			})
			if m := got[0]; m.Purpose != "notice" || !strings.Contains(m.Text, until) || !strings.Contains(m.Text, f.uscc[14:]) {
				t.Errorf("it says %+v", m)
			}
			b.moveTo(day, 19)
			time.Sleep(remindWithin)
			if got := b.reminders(p.phone, morning); len(got) != 1 {
				t.Errorf("%d reminders", len(got))
			}
		}
	})
}

// remindWithin is how soon every replica has looked, and the outbox is emptied.
const remindWithin = 4 * time.Second
