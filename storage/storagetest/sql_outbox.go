package storagetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

// Outbox is the suite of accounts.Outbox and OutboxStore. Each test has a store of
// its own: who claims claims from all.
func Outbox(t *testing.T, open OpenDurable) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, durableRun){
		"a message is claimed as it was posted":            claimMessage,
		"posted twice it is one":                           postTwice,
		"a claimed message is nobody else's for its lease": leaseMessage,
		"the longest due go first, so many as asked for":   claimOrder,
		"a message to nobody is never claimed":             messageToNobody,
		"sent, asked after, settled":                       messageReceipts,
		"tried again when it is time":                      retryMessage,
		"dropped":                                          dropMessage,
		"of many who claim each message goes to one":       raceClaim,
		"of many who claim receipts each goes to one":      raceReceipts,
		"of many who post one id it is one":                racePost,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newAliveClock()
			test(t, durableRun{Store: open(t, clock.Now), clock: clock})
		})
	}
}

const outboxLease = 30 * time.Second

// message returns a message that is not posted yet.
func (r durableRun) message() accounts.Message {
	return accounts.Message{
		ID: strings.ToLower(rand.Text()), Phone: "+86" + rand.Text(), Purpose: accounts.PurposeRecover, Kind: accounts.KindCode,
		Params: map[string]string{"code": "135790", "minutes": "5"}, Text: "\u3010x\u3011135790 <&>'", ExpiresAt: r.in(5 * time.Minute),
	}
}

func (r durableRun) posted(t *testing.T, changes ...func(*accounts.Message)) accounts.Message {
	t.Helper()
	m := r.message()
	for _, change := range changes {
		change(&m)
	}
	ok(t, "post", r.Store.Post(t.Context(), m, r.in(0)))
	return m
}

// claim claims what is due at an instant, in the order of ids.
func (r durableRun) claim(t *testing.T, now time.Time) []accounts.Outgoing {
	t.Helper()
	got, err := r.Store.ClaimMessages(t.Context(), now, outboxLease, 100)
	ok(t, "claim", err)
	slices.SortFunc(got, func(a, b accounts.Outgoing) int { return strings.Compare(a.ID, b.ID) })
	return got
}

func (r durableRun) wantClaimed(t *testing.T, what string, now time.Time, want ...accounts.Outgoing) {
	t.Helper()
	for i := range want {
		want[i].PostedAt = r.in(0) // as posted does
	}
	if diff := cmp.Diff(want, r.claim(t, now)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func claimMessage(t *testing.T, r durableRun) {
	r.wantClaimed(t, "none", r.in(time.Hour))
	m := r.posted(t)
	r.wantClaimed(t, "before it was posted", r.in(-time.Millisecond))
	r.wantClaimed(t, "posted", r.in(0), accounts.Outgoing{Message: m, Tries: 1})

	day := r.posted(t, func(m *accounts.Message) { m.ExpiresAt, m.Params = time.Time{}, nil })
	day.ExpiresAt = r.in(24 * time.Hour)
	r.wantClaimed(t, "without an end", r.in(0), accounts.Outgoing{Message: day, Tries: 1})
}

func postTwice(t *testing.T, r durableRun) {
	m := r.posted(t)
	other := m
	other.Text, other.Phone = "another", "+8613911112222"
	ok(t, "again", r.Store.Post(t.Context(), other, r.in(0)))
	r.wantClaimed(t, "one", r.in(0), accounts.Outgoing{Message: m, Tries: 1})
	ok(t, "again, while it is sent", r.Store.Post(t.Context(), m, r.in(0)))
	ok(t, "sent", r.Store.MessageSent(t.Context(), m.ID, m.Phone, "receipt", r.in(0)))
	ok(t, "again, after it was sent", r.Store.Post(t.Context(), m, r.in(0)))
	r.wantClaimed(t, "none more", r.in(time.Hour))
}

func leaseMessage(t *testing.T, r durableRun) {
	m := r.posted(t)
	for tries := range 3 {
		now := r.in(time.Duration(tries) * outboxLease)
		r.wantClaimed(t, "when the lease is over", now, accounts.Outgoing{Message: m, Tries: tries + 1})
		r.wantClaimed(t, "at once", now)
		r.wantClaimed(t, "within the lease", now.Add(outboxLease-time.Millisecond))
	}
}

func claimOrder(t *testing.T, r durableRun) {
	var ids []string
	for i := range 6 {
		m := r.message()
		ok(t, "post", r.Store.Post(t.Context(), m, r.in(time.Duration(-i)*time.Second)))
		ids = append([]string{m.ID}, ids...)
	}
	for i := range 3 {
		got, err := r.Store.ClaimMessages(t.Context(), r.in(0), outboxLease, 2)
		ok(t, "claim", err)
		var claimed []string
		for _, m := range got {
			claimed = append(claimed, m.ID)
		}
		slices.Sort(claimed)
		want := slices.Sorted(slices.Values(ids[2*i : 2*i+2]))
		if diff := cmp.Diff(want, claimed); diff != "" {
			t.Errorf("claim %d (-want +got):\n%s", i+1, diff)
		}
	}
}

// A message to nobody is kept and claimed like any other: its row must not tell.
func messageToNobody(t *testing.T, r durableRun) {
	m := r.posted(t, func(m *accounts.Message) { m.Phone = "" })
	r.wantClaimed(t, "at once", r.in(0), accounts.Outgoing{Message: m, Tries: 1})
	ok(t, "drop", r.Store.DropMessage(t.Context(), m.ID))
	r.wantClaimed(t, "later", r.in(time.Hour))
	r.wantReceipts(t, "receipts", r.in(time.Hour))
}

func (r durableRun) wantReceipts(t *testing.T, what string, now time.Time, want ...accounts.Receipt) {
	t.Helper()
	got, err := r.Store.ClaimReceipts(t.Context(), now, outboxLease, 100)
	ok(t, what, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func messageReceipts(t *testing.T, r durableRun) {
	m := r.posted(t)
	r.claim(t, r.in(0))
	ok(t, "sent", r.Store.MessageSent(t.Context(), m.ID, m.Phone, "biz-1", r.in(time.Second)))
	want := accounts.Receipt{ID: m.ID, Phone: m.Phone, Receipt: "biz-1", SentAt: r.in(time.Second)}
	r.wantReceipts(t, "at once", r.in(2*time.Second))
	ask := r.in(time.Minute)
	for i := range 2 {
		now := ask.Add(time.Duration(i) * outboxLease)
		r.wantReceipts(t, "asked for", now, want)
		r.wantReceipts(t, "asked for within the lease", now.Add(outboxLease-time.Millisecond))
	}
	r.wantClaimed(t, "as a message", r.in(time.Hour))
	// A second sender who was late changes nothing.
	ok(t, "sent again", r.Store.MessageSent(t.Context(), m.ID, m.Phone, "biz-2", r.in(time.Minute)))
	ok(t, "retried", r.Store.RetryMessage(t.Context(), m.ID, r.in(0)))
	ok(t, "dropped", r.Store.DropMessage(t.Context(), m.ID))
	r.wantReceipts(t, "then", r.in(time.Hour), want)
	ok(t, "settle", r.Store.SettleReceipt(t.Context(), m.ID, accounts.DeliveryDelivered))
	r.wantReceipts(t, "settled", r.in(2*time.Hour))
	r.wantClaimed(t, "settled", r.in(2*time.Hour))
}

func retryMessage(t *testing.T, r durableRun) {
	m := r.posted(t)
	r.claim(t, r.in(0))
	ok(t, "retry", r.Store.RetryMessage(t.Context(), m.ID, r.in(4*time.Second)))
	r.wantClaimed(t, "too soon", r.in(4*time.Second-time.Millisecond))
	r.wantClaimed(t, "then", r.in(4*time.Second), accounts.Outgoing{Message: m, Tries: 2})
	ok(t, "of nobody", r.Store.RetryMessage(t.Context(), "nobody", r.in(0)))
}

func dropMessage(t *testing.T, r durableRun) {
	m, other := r.posted(t), r.posted(t)
	ok(t, "drop", r.Store.DropMessage(t.Context(), m.ID))
	ok(t, "drop nobody", r.Store.DropMessage(t.Context(), "nobody"))
	ok(t, "settle one that was not sent", r.Store.SettleReceipt(t.Context(), other.ID, accounts.DeliveryFailed))
	ok(t, "sent, too late", r.Store.MessageSent(t.Context(), m.ID, m.Phone, "receipt", r.in(0)))
	r.wantReceipts(t, "receipts", r.in(time.Hour))
	r.wantClaimed(t, "the other", r.in(time.Hour), accounts.Outgoing{Message: other, Tries: 1})
}

// wantEachOnce has many claim until there is nothing, and fails the test unless
// each of n was claimed by one.
func wantEachOnce(t *testing.T, n int, claim func(ctx context.Context) ([]string, error)) {
	t.Helper()
	var (
		mu   sync.Mutex
		seen = map[string]int{}
	)
	got := racers(t, racing, func(int) error {
		for {
			ids, err := claim(t.Context())
			if err != nil {
				return err
			}
			mu.Lock()
			for _, id := range ids {
				seen[id]++
			}
			all := len(seen) == n
			mu.Unlock()
			if len(ids) == 0 || all {
				return nil
			}
		}
	})
	if got[nil] != racing {
		t.Errorf("answers %v", got)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s was claimed %d times", id, times)
		}
	}
}

func raceClaim(t *testing.T, r durableRun) {
	const many = 60
	for i, latency := range latencies() {
		var want []string
		for range many {
			want = append(want, r.posted(t).ID)
		}
		slow := SlowOutbox(r.Store, latency)
		var mu sync.Mutex
		var got []string
		wantEachOnce(t, many, func(ctx context.Context) (ids []string, err error) {
			claimed, err := slow.ClaimMessages(ctx, r.in(0), time.Hour, 7)
			for _, m := range claimed {
				ids = append(ids, m.ID)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, ids...)
			return ids, err
		})
		// Who met only what others had locked saw nothing; nothing was passed over.
		for _, m := range r.claim(t, r.in(0)) {
			got = append(got, m.ID)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d (-posted +claimed):\n%s", i, diff)
		}
	}
}

func raceReceipts(t *testing.T, r durableRun) {
	const many = 40
	for _, latency := range latencies() {
		for range many {
			m := r.posted(t)
			ok(t, "sent", r.Store.MessageSent(t.Context(), m.ID, m.Phone, m.ID, r.in(0)))
		}
		slow := SlowOutbox(r.Store, latency)
		wantEachOnce(t, many, func(ctx context.Context) (ids []string, err error) {
			claimed, err := slow.ClaimReceipts(ctx, r.in(time.Minute), time.Hour, 5)
			for _, m := range claimed {
				ids = append(ids, m.ID)
			}
			return ids, err
		})
	}
}

func racePost(t *testing.T, r durableRun) {
	m := r.message()
	got := racers(t, racing, func(i int) error {
		mine := m
		mine.Text = fmt.Sprint("text ", i)
		return SlowOutbox(r.Store, time.Millisecond).Post(t.Context(), mine, r.in(0))
	})
	if got[nil] != racing {
		t.Errorf("answers %v", got)
	}
	if claimed := r.claim(t, r.in(0)); len(claimed) != 1 || claimed[0].ID != m.ID {
		t.Errorf("claimed %+v", claimed)
	}
}
