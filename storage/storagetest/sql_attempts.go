package storagetest

import (
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongid/tongid/accounts"
)

// Attempts is the suite of accounts.AttemptStore.
func Attempts(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"waits grow from the free tries on", attemptWaits},
		{"of 20 at once exactly 5 may be made", raceAttempts},
		{"keys are counted each for itself", attemptKeys},
		{"a success forgets and takes back", settleAttempts},
		{"tries and successes at once do not block each other", raceSettle},
		{"the arithmetic is LockoutPolicy.Next", attemptArithmetic},
	})
}

// fivePerQuarter is the policy of sign-in.
func fivePerQuarter() accounts.LockoutPolicy {
	return accounts.LockoutPolicy{Free: 5, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}
}

func (r durableRun) try(t *testing.T, now time.Time, tries ...accounts.Attempt) time.Time {
	t.Helper()
	until, err := r.Store.Try(t.Context(), tries, now)
	ok(t, "try", err)
	return until
}

func attemptWaits(t *testing.T, r durableRun) {
	try := accounts.Attempt{Key: rand.Text(), Limit: fivePerQuarter()}
	now := r.in(0)
	for i := range 5 {
		if until := r.try(t, now, try); !until.IsZero() {
			t.Fatalf("try %d is told to wait until %v", i+1, until)
		}
	}
	for _, minutes := range []int{1, 2, 4, 8, 15, 15} {
		wait := time.Duration(minutes) * time.Minute
		for _, early := range []time.Duration{wait, wait / 2, time.Millisecond} {
			if until := r.try(t, now.Add(wait-early), try); !until.Equal(now.Add(wait)) {
				t.Errorf("%v before the end of %v: locked until %v, want %v", early, wait, until, now.Add(wait))
			}
		}
		now = now.Add(wait)
		if until := r.try(t, now, try); !until.IsZero() {
			t.Errorf("after %v: told to wait until %v", wait, until)
		}
	}
	now = now.Add(15*time.Minute + 15*time.Minute + time.Millisecond) // the wait, and then the window
	for i := range 5 {
		if until := r.try(t, now, try); !until.IsZero() {
			t.Errorf("in a new window try %d is told to wait until %v", i+1, until)
		}
	}
	if until := r.try(t, now, try); !until.Equal(now.Add(time.Minute)) {
		t.Errorf("in a new window the sixth is told to wait until %v", until)
	}
	if until := r.try(t, now); !until.IsZero() {
		t.Errorf("no key at all: locked until %v", until)
	}
}

func raceAttempts(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow := SlowAttempts(r.Store, latency)
		shared := accounts.Attempt{Key: rand.Text(), Limit: fivePerQuarter()}
		var made atomic.Int64
		racers(t, 20, func(i int) error {
			own := accounts.Attempt{Key: shared.Key + fmt.Sprint(i), Limit: fivePerQuarter()}
			tries := []accounts.Attempt{shared, own}
			if i%2 == 0 {
				tries = []accounts.Attempt{own, shared}
			}
			until, err := slow.Try(t.Context(), tries, r.in(0))
			if err == nil && until.IsZero() {
				made.Add(1)
			}
			return err
		})
		if got := made.Load(); got != 5 {
			t.Errorf("at %v: %d of 20 tries may be made, want 5", latency, got)
		}
	}
}

func attemptKeys(t *testing.T, r durableRun) {
	soon, late := fivePerQuarter(), fivePerQuarter()
	soon.Free, late.Free, late.First = 1, 1, 10*time.Minute
	a, b := accounts.Attempt{Key: rand.Text(), Limit: soon}, accounts.Attempt{Key: rand.Text(), Limit: late}
	c := accounts.Attempt{Key: rand.Text(), Limit: accounts.LockoutPolicy{Free: 2, Window: time.Hour, First: time.Minute, Max: time.Minute}}
	now := r.in(0)

	if until := r.try(t, now, a, b, a, b); !until.IsZero() { // a key named twice is one
		t.Errorf("the first tries: locked until %v", until)
	}
	if until := r.try(t, now, a, b, c); !until.Equal(now.Add(10 * time.Minute)) {
		t.Errorf("two locked: until %v, want the later", until)
	}
	if until := r.try(t, now, c); !until.IsZero() { // its second: it was counted beside the locked ones
		t.Errorf("the free one: locked until %v", until)
	}
	if until := r.try(t, now, c); !until.Equal(now.Add(time.Minute)) {
		t.Errorf("the free one, a third time: locked until %v", until)
	}
}

func settleAttempts(t *testing.T, r durableRun) {
	policy := fivePerQuarter()
	forgotten := accounts.Attempt{Key: rand.Text(), Limit: policy}
	refunded := accounts.Attempt{Key: rand.Text(), Limit: policy}
	other := accounts.Attempt{Key: rand.Text(), Limit: policy}
	now := r.in(0)
	for range 5 {
		r.try(t, now, forgotten, refunded, other)
	}
	settle := func(forget, refund []string) {
		ok(t, "settle", r.Store.Settle(t.Context(), forget, refund))
	}
	settle(nil, nil)
	settle([]string{"unknown"}, []string{"unknown", "unknown too"})
	if until := r.try(t, now, other); until.IsZero() {
		t.Error("settling something else let go of a wait")
	}
	settle([]string{forgotten.Key, forgotten.Key}, []string{refunded.Key, refunded.Key})
	for i := range 5 {
		if until := r.try(t, now, forgotten); !until.IsZero() {
			t.Errorf("forgotten: try %d is told to wait until %v", i+1, until)
		}
	}
	if until := r.try(t, now, refunded); !until.IsZero() { // four were left
		t.Errorf("taken back: locked until %v", until)
	}
	if until := r.try(t, now, refunded); !until.Equal(now.Add(time.Minute)) {
		t.Errorf("taken back, one more: locked until %v", until)
	}
	settle(nil, []string{forgotten.Key})
	settle([]string{refunded.Key}, nil)
	if until := r.try(t, now, forgotten, refunded); !until.IsZero() {
		t.Errorf("each alone: locked until %v", until)
	}
	if until := r.try(t, now, other); !until.Equal(now.Add(time.Minute)) {
		t.Errorf("the other: locked until %v", until)
	}
}

func raceSettle(t *testing.T, r durableRun) {
	policy := fivePerQuarter()
	policy.Free = 1 << 20
	keys := []string{rand.Text(), rand.Text(), rand.Text()}
	racers(t, racing, func(i int) error {
		var tries []accounts.Attempt
		for n := range keys {
			tries = append(tries, accounts.Attempt{Key: keys[(i+n)%len(keys)], Limit: policy})
		}
		if _, err := r.Store.Try(t.Context(), tries, r.in(0)); err != nil {
			return err
		}
		return r.Store.Settle(t.Context(), []string{keys[i%3]}, []string{keys[(i+1)%3], keys[(i+2)%3]})
	})
}

// attemptArithmetic compares the store with LockoutPolicy.Next on random
// histories.
func attemptArithmetic(t *testing.T, r durableRun) {
	rapid.Check(t, func(rt *rapid.T) {
		ms := func(label string, most int) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(rt, label)) * time.Millisecond
		}
		try := accounts.Attempt{Key: rand.Text(), Limit: accounts.LockoutPolicy{
			Free: rapid.IntRange(0, 4).Draw(rt, "free"), Window: ms("window", 4000), First: ms("first", 500), Max: ms("max", 4000),
		}}
		var counter accounts.Counter
		now := r.in(0)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 11).Draw(rt, "what") {
			case 0:
				if err := r.Store.Settle(t.Context(), []string{try.Key}, nil); err != nil {
					rt.Fatal(err)
				}
				counter = accounts.Counter{}
			case 1:
				if err := r.Store.Settle(t.Context(), nil, []string{try.Key}); err != nil {
					rt.Fatal(err)
				}
				counter.Count, counter.LockedUntil = max(0, counter.Count-1), time.Time{}
			case 2:
				now = counter.LockedUntil.Add(0) // to the end of the wait
				if counter.LockedUntil.IsZero() {
					now = r.in(0)
				}
			case 3:
				now = now.Add(-ms("back", 3)) // another replica's clock
			default:
				now = now.Add(ms("on", 5000) / time.Duration(rapid.SampledFrom([]int{1, 10, 1000}).Draw(rt, "scale"))).Truncate(time.Millisecond)
			}
			next, waiting := try.Limit.Next(counter, now)
			var want time.Time
			if waiting {
				want = counter.LockedUntil
			}
			got, err := r.Store.Try(t.Context(), []accounts.Attempt{try}, now)
			if err != nil {
				rt.Fatal(err)
			}
			if !got.Equal(want) {
				rt.Fatalf("%+v at %v, %+v: locked until %v, want %v", counter, now, try.Limit, got, want)
			}
			counter = next
		}
	})
}
