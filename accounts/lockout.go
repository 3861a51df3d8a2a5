package accounts

import "time"

// LockoutPolicy says how many failed tries are free and how long the waits
// after them are.
type LockoutPolicy struct {
	Free   int           // tries before the first wait
	Window time.Duration // a count this old, counted from its last try or wait, is forgotten
	First  time.Duration // first wait; each further failure doubles it
	Max    time.Duration // longest wait
}

// The policies of sign-in (contract, issue of enterprise sign-in): the one place
// where these numbers stand.
var (
	identifierLockout = LockoutPolicy{Free: 5, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}
	deviceLockout     = LockoutPolicy{Free: 5, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}
	addressLockout    = LockoutPolicy{Free: 50, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}
)

// Wait returns how long to wait after the n-th try in a row: nothing before
// Free, then First, twice that, and so on up to Max.
func (p LockoutPolicy) Wait(n int) time.Duration {
	if n < p.Free {
		return 0
	}
	wait := p.First
	for range n - p.Free {
		if wait >= p.Max/2 {
			return p.Max
		}
		wait *= 2
	}
	return min(wait, p.Max)
}

// Counter is the stored count of one key.
type Counter struct {
	Count       int
	LastAt      time.Time
	LockedUntil time.Time
}

// Next returns the counter after one more try at now. waiting is true, and the
// counter unchanged, while an earlier wait has not passed.
func (p LockoutPolicy) Next(c Counter, now time.Time) (next Counter, waiting bool) {
	if now.Before(c.LockedUntil) {
		return c, true
	}
	last := c.LastAt
	if c.LockedUntil.After(last) {
		last = c.LockedUntil
	}
	if now.Sub(last) > p.Window {
		c = Counter{}
	}
	c.Count++
	c.LastAt = now
	c.LockedUntil = time.Time{}
	if wait := p.Wait(c.Count); wait > 0 {
		c.LockedUntil = now.Add(wait)
	}
	return c, false
}
