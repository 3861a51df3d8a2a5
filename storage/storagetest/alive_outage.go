package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
)

// Quickest makes a call that has to be over within a second, and again, up to
// five times, if it was not: on a busy machine the fault may be the machine's. It
// returns the quickest, and the first error that is not an outage.
func Quickest(call func() error) (took time.Duration, err error) {
	took = time.Hour
	for range 5 {
		start := time.Now()
		err = call()
		took = min(took, time.Since(start))
		if took <= time.Second || !errors.Is(err, accounts.ErrUnavailable) {
			break
		}
	}
	return took, err
}

// Unavailable fails the test unless every method of the store says within a
// second that it is unavailable. Many callers ask at once, as a server's do.
func Unavailable(t *testing.T, s AliveStore) {
	t.Helper()
	r := aliveRun{AliveBackend: AliveBackend{Store: s}, clock: newAliveClock()}
	var wg sync.WaitGroup
	for name, call := range r.calls() {
		for range 4 {
			wg.Go(func() {
				took, err := Quickest(func() error { return call(t.Context()) })
				if !errors.Is(err, accounts.ErrUnavailable) || errors.Is(err, accounts.ErrNotFound) {
					t.Errorf("%s: error %v, want %v", name, err, accounts.ErrUnavailable)
				}
				if took > time.Second {
					t.Errorf("%s took %s", name, took)
				}
			})
		}
	}
	wg.Wait()
}

// Available fails the test unless every method of the store works within limit:
// that is how long a store may need to see that its server is back.
func Available(t *testing.T, s AliveStore, limit time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	r := aliveRun{AliveBackend: AliveBackend{Store: s}, clock: newAliveClock()}
	for name, call := range r.calls() {
		for {
			err := call(ctx)
			if err == nil || errors.Is(err, accounts.ErrNotFound) {
				break
			}
			select {
			case <-ctx.Done():
				t.Fatalf("%s does not work %s after its server came back: %v", name, limit, err)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

// calls are all methods of a store, by name.
func (r aliveRun) calls() map[string]func(context.Context) error {
	s := r.Store
	key, in := r.session("s")
	code, pending, challenge := r.code(), r.interaction(), r.challenge("captcha")
	return map[string]func(context.Context) error{
		"PutCode":  func(ctx context.Context) error { return s.PutCode(ctx, code) },
		"TakeCode": func(ctx context.Context) error { _, err := s.TakeCode(ctx, code.ID); return err },
		"PutSession": func(ctx context.Context) error {
			return s.PutSession(ctx, key, in, in.ExpiresAt)
		},
		"Session":       func(ctx context.Context) error { _, err := s.Session(ctx, key); return err },
		"TouchSession":  func(ctx context.Context) error { return s.TouchSession(ctx, key, in.SeenAt, in.ExpiresAt) },
		"DeleteSession": func(ctx context.Context) error { return s.DeleteSession(ctx, key) },
		"Sessions":      func(ctx context.Context) error { _, err := s.Sessions(ctx, "s"); return err },
		"EndSession":    func(ctx context.Context) error { return s.EndSession(ctx, "s", in.ID) },
		"PutInteraction": func(ctx context.Context) error {
			return s.PutInteraction(ctx, pending)
		},
		"Interaction": func(ctx context.Context) error { _, err := s.Interaction(ctx, pending.ID); return err },
		"MoveInteraction": func(ctx context.Context) error {
			mine := *pending
			return s.MoveInteraction(ctx, &mine)
		},
		"PutChallenge": func(ctx context.Context) error { return s.PutChallenge(ctx, challenge) },
		"Challenge": func(ctx context.Context) error {
			_, err := s.Challenge(ctx, challenge.Purpose, challenge.ID)
			return err
		},
		"TakeChallenge": func(ctx context.Context) error {
			_, err := s.TakeChallenge(ctx, challenge.Purpose, challenge.ID)
			return err
		},
	}
}
