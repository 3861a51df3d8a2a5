package guard

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	one, other := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")
	r := &Rate{Burst: 3, Every: 10 * time.Second}
	for i, step := range []struct {
		after   time.Duration
		address netip.Addr
		want    time.Duration
	}{
		{0, one, 0},
		{0, one, 0},
		{0, one, 0},
		{0, one, 10 * time.Second},
		{0, netip.MustParseAddr("::ffff:203.0.113.7"), 10 * time.Second}, // the same one
		{0, other, 0},
		{0, netip.Addr{}, 0}, // not known
		{4 * time.Second, one, 6 * time.Second},
		{6 * time.Second, one, 0},
		{0, one, 10 * time.Second},
		{time.Hour, one, 0}, // never more than Burst is saved up
		{0, one, 0},
		{0, one, 0},
		{0, one, 10 * time.Second},
	} {
		at = at.Add(step.after)
		if got := r.Wait(step.address, at); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	six := &Rate{Burst: 1, Every: time.Second}
	if six.Wait(netip.MustParseAddr("2001:db8::1"), at) != 0 || six.Wait(netip.MustParseAddr("2001:db8::2"), at) == 0 {
		t.Error("one subscriber's addresses count apart")
	}
}

func TestRateUnderRacers(t *testing.T) {
	t.Parallel()
	r := &Rate{Burst: 7, Every: time.Hour}
	at, address := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), netip.MustParseAddr("203.0.113.7")
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if r.Wait(address, at) == 0 {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 7 {
		t.Errorf("%d passed, want 7", passed.Load())
	}
}

// However many networks come, the memory is bounded.
func TestRateForgets(t *testing.T) {
	t.Parallel()
	r := &Rate{Burst: 1, Every: time.Second}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range mostNetworks + 5 {
		r.Wait(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), at)
	}
	if len(r.full) > 10 {
		t.Errorf("%d networks are remembered", len(r.full))
	}
}
