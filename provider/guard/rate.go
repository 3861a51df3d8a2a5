package guard

import (
	"net/netip"
	"sync"
	"time"

	"github.com/tongid/tongid/accounts"
)

// Rate bounds how often one network has something dear done for it: Burst times at
// once, and once per Every in the long run. It is kept in this process alone: it
// guards the processor, and decides nothing that must be remembered.
type Rate struct {
	Burst int
	Every time.Duration

	mu   sync.Mutex
	full map[netip.Prefix]time.Time // when all of Burst is free again
}

// mostNetworks bounds the memory of a Rate. Beyond it the count begins anew.
const mostNetworks = 100_000

// Wait takes one from a network's allowance at now, or returns how long to wait
// until there is one. An address that is not known is not counted.
func (r *Rate) Wait(a netip.Addr, now time.Time) time.Duration {
	if !a.IsValid() {
		return 0
	}
	key := accounts.Network(a)
	r.mu.Lock()
	defer r.mu.Unlock()
	full := r.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(r.Every)
	if wait := full.Sub(now) - time.Duration(r.Burst)*r.Every; wait > 0 {
		return wait
	}
	if len(r.full) >= mostNetworks {
		r.forget(now)
	}
	if r.full == nil {
		r.full = map[netip.Prefix]time.Time{}
	}
	r.full[key] = full
	return 0
}

// forget drops the networks whose allowance is whole again, and all of them if
// that leaves too many.
func (r *Rate) forget(now time.Time) {
	for key, full := range r.full {
		if !full.After(now) {
			delete(r.full, key)
		}
	}
	if len(r.full) >= mostNetworks {
		clear(r.full)
	}
}
