package accounts

import (
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	p := LockoutPolicy{Free: 5, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}
	for n, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: time.Minute, 6: 2 * time.Minute, 7: 4 * time.Minute, 8: 8 * time.Minute, 9: 15 * time.Minute,
		10: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		if got := p.Wait(n); got != want {
			t.Errorf("Wait(%d) = %v, want %v", n, got, want)
		}
	}
}

func TestNextForgetsAfterTheWindow(t *testing.T) {
	p := LockoutPolicy{Free: 3, Window: 15 * time.Minute, First: time.Minute, Max: 2 * time.Minute}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var c Counter
	for i := range 3 {
		var waiting bool
		if c, waiting = p.Next(c, now); waiting {
			t.Fatalf("try %d waits", i)
		}
	}
	locked := now.Add(time.Minute)
	if !c.LockedUntil.Equal(locked) {
		t.Fatalf("locked until %v, want %v", c.LockedUntil, locked)
	}
	if same, waiting := p.Next(c, locked.Add(-1)); !waiting || same != c {
		t.Error("a try within the wait changed the counter or was let through")
	}
	if next, waiting := p.Next(c, locked.Add(15*time.Minute)); waiting || next.Count != 4 {
		t.Errorf("at the window's end: count %d, waiting %v, want 4", next.Count, waiting)
	}
	if next, waiting := p.Next(c, locked.Add(15*time.Minute+1)); waiting || next.Count != 1 || !next.LockedUntil.IsZero() {
		t.Errorf("after the window: %+v, waiting %v, want a fresh count", next, waiting)
	}
}

func TestNextCountsOnOverASlidingWindow(t *testing.T) {
	p := LockoutPolicy{Free: 3, Window: 15 * time.Minute, First: time.Minute, Max: 2 * time.Minute}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var c Counter
	for range 3 { // a try every ten minutes never leaves the window
		c, _ = p.Next(c, now)
		now = now.Add(10 * time.Minute)
	}
	if c.LockedUntil.IsZero() {
		t.Error("slow guessing is never made to wait")
	}
}
