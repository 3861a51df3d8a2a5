package accounts

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tray is an outbox in memory.
type tray struct {
	mu       sync.Mutex
	messages []trayed
	fault    error // of every call
	lost     error // of the next MessageSent, which does not happen
}

type trayed struct {
	Message

	state, receipt string
	due, sent      time.Time
	tries          int
}

func (s *tray) put(m Message, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, trayed{Message: m, state: "due", due: now})
}

func (s *tray) claim(state string, now time.Time, lease time.Duration, limit int) (out []trayed, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.messages {
		m := &s.messages[i]
		if m.state == state && !now.Before(m.due) && len(out) < limit {
			m.due, m.tries = now.Add(lease), m.tries+1
			out = append(out, *m)
		}
	}
	return out, s.fault
}

func (s *tray) change(id string, f func(m *trayed)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.messages {
		if s.messages[i].ID == id {
			f(&s.messages[i])
		}
	}
	return s.fault
}

func (s *tray) ClaimMessages(_ context.Context, now time.Time, lease time.Duration, limit int) (out []Outgoing, err error) {
	claimed, err := s.claim("due", now, lease, limit)
	for _, m := range claimed {
		out = append(out, Outgoing{Message: m.Message, Tries: m.tries})
	}
	return out, err
}

func (s *tray) MessageSent(_ context.Context, id, phone, receipt string, now time.Time) error {
	s.mu.Lock()
	lost := s.lost
	s.lost = nil
	s.mu.Unlock()
	if lost != nil {
		return lost
	}
	return s.change(id, func(m *trayed) {
		*m = trayed{Message: Message{ID: id, Phone: phone}, state: "sent", receipt: receipt, sent: now, due: now.Add(15 * time.Second)}
	})
}

func (s *tray) RetryMessage(_ context.Context, id string, at time.Time) error {
	return s.change(id, func(m *trayed) { m.due = at })
}

func (s *tray) DropMessage(_ context.Context, id string) error {
	return s.change(id, func(m *trayed) { m.state = "dropped" })
}

func (s *tray) ClaimReceipts(_ context.Context, now time.Time, lease time.Duration, limit int) (out []Receipt, err error) {
	claimed, err := s.claim("sent", now, lease, limit)
	for _, m := range claimed {
		out = append(out, Receipt{ID: m.ID, Phone: m.Phone, Receipt: m.receipt, SentAt: m.sent})
	}
	return out, err
}

func (s *tray) SettleReceipt(_ context.Context, id string, d Delivery) error {
	return s.change(id, func(m *trayed) { m.state = string(d) })
}

// states are the states of all messages.
func (s *tray) states() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		all = append(all, m.state)
	}
	return all
}

// carrier is a provider of messages whose answers the test sets.
type carrier struct {
	mu        sync.Mutex
	got       []string // ids
	at        []time.Time
	fail      func(n int) error // of the n-th try, from 1
	takes     time.Duration
	delivery  Delivery
	asked     int
	unasked   error
	receivers []string
}

func (c *carrier) Send(_ context.Context, m Message) (string, error) {
	time.Sleep(c.takes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got, c.at = append(c.got, m.ID), append(c.at, time.Now())
	if c.fail != nil {
		if err := c.fail(len(c.got)); err != nil {
			return "", err
		}
	}
	return "receipt of " + m.ID, nil
}

func (c *carrier) Delivery(_ context.Context, receipt, phone string, _ time.Time) (Delivery, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.receivers = append(c.receivers, receipt+" at "+phone)
	return c.delivery, c.unasked
}

func (*carrier) Check(context.Context) error { return nil }

// mailing is a mailer of one tray and one carrier, by the clock of a bubble.
func mailing(s *tray, c *carrier) (*Mailer, map[string]int) {
	outcomes := map[string]int{}
	var mu sync.Mutex
	m := &Mailer{
		Store: s, Gateway: c, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Observe: func(kind, outcome string) { mu.Lock(); outcomes[kind+" "+outcome]++; mu.Unlock() },
	}
	return m, outcomes
}

func letter(i int) Message {
	return Message{ID: fmt.Sprint("m", i), Phone: "+8613800000002", Kind: KindCode, ExpiresAt: time.Now().Add(5 * time.Minute)}
}

func TestMailerTriesAgainEverLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{}, &carrier{fail: func(int) error { return errAway }}
		m, outcomes := mailing(s, c)
		notice := letter(0)
		notice.Kind, notice.ExpiresAt = KindRegistered, time.Now().Add(2*time.Hour)
		s.put(notice, time.Now())
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		m.Run(ctx)
		var waits []int
		for i := 1; i < len(c.at); i++ {
			waits = append(waits, int(c.at[i].Sub(c.at[i-1]).Seconds()))
		}
		if diff := cmp.Diff([]int{2, 4, 8, 16, 32, 64, 128, 256, 512, 512}, waits[:10]); diff != "" {
			t.Errorf("waits (-want +got):\n%s", diff)
		}
		if tries := len(c.at); outcomes["registered retried"] != tries || outcomes["registered expired"] != 1 {
			t.Errorf("%d tries ended as %v", tries, outcomes)
		}
		if diff := cmp.Diff([]string{"dropped"}, s.states()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMailerSendsAndAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{}, &carrier{delivery: DeliveryUnknown, fail: func(n int) error {
			if n == 1 {
				return ErrFlowControl
			}
			return nil
		}}
		m, outcomes := mailing(s, c)
		s.put(letter(0), time.Now())
		go m.Run(t.Context())
		synctest.Wait()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"m0", "m0"}, c.got); diff != "" || s.states()[0] != "sent" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		c.mu.Lock()
		if c.asked < 3 || c.receivers[0] != "receipt of m0 at +8613800000002" {
			t.Errorf("asked %v", c.receivers)
		}
		c.unasked = errAway
		c.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		c.mu.Lock()
		c.unasked, c.delivery = nil, DeliveryDelivered
		c.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff(map[string]int{"code retried": 1, "code sent": 1, "receipt delivered": 1}, outcomes); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if got := s.states()[0]; got != "delivered" {
			t.Errorf("state %s", got)
		}
	})
}

func TestMailerGivesUpAsking(t *testing.T) {
	for _, fault := range []error{nil, errAway} {
		synctest.Test(t, func(t *testing.T) {
			s, c := &tray{}, &carrier{delivery: DeliveryUnknown, unasked: fault}
			m, _ := mailing(s, c)
			s.put(letter(0), time.Now())
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			m.Run(ctx)
			if got := s.states()[0]; got != string(DeliveryUnknown) || c.asked > 31 || c.asked < 25 {
				t.Errorf("state %s after %d questions", got, c.asked)
			}
		})
	}
}

func TestMailerDropsWhatIsOfNoUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{}, &carrier{fail: func(int) error { return fmt.Errorf("no such phone: %w", ErrRejected) }}
		m, outcomes := mailing(s, c)
		s.put(letter(0), time.Now())
		if more, err := m.Flush(t.Context()); more || err != nil {
			t.Errorf("more %v, %v", more, err)
		}
		s.put(letter(1), time.Now())
		time.Sleep(5 * time.Minute)
		_, err := m.Flush(t.Context())
		must(t, err)
		if diff := cmp.Diff([]string{"m0"}, c.got); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{"code dropped": 1, "code expired": 1}, outcomes); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"dropped", "dropped"}, s.states()); diff != "" {
			t.Error(diff)
		}
		_, err = m.Flush(t.Context())
		must(t, err)
		if len(c.got) != 1 {
			t.Errorf("a second run sent %v", c.got)
		}
	})
}

func TestMailerLooksEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{}, &carrier{}
		m, _ := mailing(s, c)
		go m.Run(t.Context())
		synctest.Wait()
		for i := range 45 { // more than two batches
			s.put(letter(i), time.Now())
		}
		time.Sleep(mailPause)
		synctest.Wait()
		if len(c.got) != 45 {
			t.Errorf("%d were sent", len(c.got))
		}
		s.put(letter(99), time.Now())
		time.Sleep(mailPause)
		synctest.Wait()
		if len(c.got) != 46 {
			t.Errorf("%d were sent after another second", len(c.got))
		}
	})
}

// What a slow provider does not take within the lease is left to whoever claims
// it next, not sent by two.
func TestMailerKeepsWithinItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{}, &carrier{takes: 4 * time.Second}
		for i := range 20 {
			s.put(letter(i), time.Now())
		}
		var all []*Mailer
		for range 3 {
			m, _ := mailing(s, c)
			all = append(all, m)
			go m.Run(t.Context())
		}
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		seen := map[string]int{}
		for _, id := range c.got {
			seen[id]++
		}
		if len(seen) != 20 || len(c.got) != 20 || len(all) != 3 {
			t.Errorf("%d messages were sent %d times: %v", len(seen), len(c.got), seen)
		}
	})
}

// A message whose sending could not be noted is sent again, under the same id.
func TestMailerOverALostNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{lost: errAway}, &carrier{}
		m, _ := mailing(s, c)
		s.put(letter(0), time.Now())
		s.put(letter(1), time.Now())
		_, err := m.Flush(t.Context())
		wantIs(t, "flush", err, errAway)
		time.Sleep(mailLease - time.Second)
		_, err = m.Flush(t.Context())
		must(t, err)
		if diff := cmp.Diff([]string{"m0", "m1"}, slices.Sorted(slices.Values(c.got))); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		time.Sleep(time.Second)
		_, err = m.Flush(t.Context())
		must(t, err)
		if len(c.got) != 3 || !slices.Contains(c.got[:2], c.got[2]) {
			t.Errorf("sent %v, want the lost one once more", c.got)
		}
		s.fault = errAway
		if _, err := m.Flush(t.Context()); err == nil {
			t.Error("a store that is away is no fault")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		m.Run(ctx) // goes on, at its pace
	})
}

func TestMailerSendsNothingToNobody(t *testing.T) {
	s, c := &tray{}, &carrier{}
	m, outcomes := mailing(s, c)
	decoy := letter(0)
	decoy.Phone = ""
	s.put(decoy, time.Now())
	s.put(letter(1), time.Now())
	if _, err := m.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dropped", "sent"}, s.states()); diff != "" {
		t.Error(diff)
	}
	if len(c.at) != 1 || len(outcomes) != 1 {
		t.Errorf("%d were sent, counted %v", len(c.at), outcomes)
	}
}

func TestMailerKeepsTheOrderOfAPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := &tray{}, &carrier{takes: time.Second}
		var want []string
		for i := range 6 {
			s.put(letter(i), time.Now().Add(-time.Minute))
			want = append(want, letter(i).ID)
		}
		m, _ := mailing(s, c)
		_, err := m.Flush(t.Context())
		must(t, err)
		if diff := cmp.Diff(want, c.got); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}
