package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/session"
)

// lossTests show that losing the store signs people out and lets nobody in: what
// is gone stays gone whatever the holders of old keys go on to ask.
func lossTests() []aliveTest {
	return []aliveTest{
		{"of everything between put and take", func(t *testing.T, r aliveRun) {
			ctx := t.Context()
			code, challenge, pending := r.code(), r.challenge("captcha"), r.interaction()
			key, in := r.session("s")
			ok(t, "put code", r.Store.PutCode(ctx, code))
			ok(t, "put challenge", r.Store.PutChallenge(ctx, challenge))
			ok(t, "put interaction", r.Store.PutInteraction(ctx, pending))
			ok(t, "put session", r.Store.PutSession(ctx, key, in, r.in(time.Hour)))
			r.Flush(t)
			_, err := r.Store.TakeCode(ctx, code.ID)
			wantErr(t, "take code", err, accounts.ErrNotFound)
			_, err = r.Store.TakeChallenge(ctx, "captcha", challenge.ID)
			wantErr(t, "take challenge", err, accounts.ErrNotFound)
			wantErr(t, "move", r.Store.MoveInteraction(ctx, pending), accounts.ErrNotFound)
			_, err = r.Store.Interaction(ctx, pending.ID)
			wantErr(t, "read interaction", err, accounts.ErrNotFound)
			ok(t, "touch", r.Store.TouchSession(ctx, key, r.clock.Now(), r.in(time.Hour)))
			wantErr(t, "end session", r.Store.EndSession(ctx, "s", in.ID), accounts.ErrNotFound)
			_, err = r.Store.Session(ctx, key)
			wantErr(t, "read session", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
			ok(t, "delete session", r.Store.DeleteSession(ctx, key))
		}},
		{"and then people sign in again", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(time.Hour)))
			r.Flush(t)
			again, fresh := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), again, fresh, r.in(time.Hour)))
			wantListed(t, r, "s", fresh.ID)
			ok(t, "end", r.Store.EndSession(t.Context(), "s", fresh.ID))
		}},
		{"in the middle of a race leaves at most one winner", func(t *testing.T, r aliveRun) {
			code := r.code()
			ok(t, "put", r.Store.PutCode(t.Context(), code))
			slow := SlowAlive(r.Store, time.Millisecond)
			got := racers(t, racing, func(i int) error {
				if i == racing/2 {
					r.Flush(t)
					return accounts.ErrNotFound
				}
				_, err := slow.TakeCode(t.Context(), code.ID)
				return err
			})
			if got[nil] > 1 {
				t.Errorf("%d winners", got[nil])
			}
		}},
		{"of patience is the caller's, not the store's", func(t *testing.T, r aliveRun) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := r.Store.Session(ctx, session.Key(randomHash()))
			wantErr(t, "read", err, context.Canceled)
			if errors.Is(err, accounts.ErrUnavailable) {
				t.Errorf("a caller who gave up was told that the store is away: %v", err)
			}
			_, err = r.Store.TakeCode(ctx, r.code().ID)
			wantErr(t, "take", err, context.Canceled)
			_, err = r.Store.TakeCode(t.Context(), r.code().ID)
			wantErr(t, "take by another caller", err, accounts.ErrNotFound)
		}},
	}
}
