package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

func challengeTests() []aliveTest {
	return []aliveTest{
		{"comes back as it was", func(t *testing.T, r aliveRun) {
			want := r.challenge("captcha")
			ok(t, "put", r.Store.PutChallenge(t.Context(), want))
			for _, what := range []string{"read", "read again"} {
				got, err := r.Store.Challenge(t.Context(), "captcha", want.ID)
				ok(t, what, err)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-put +read):\n%s", what, diff)
				}
			}
			got, err := r.Store.TakeChallenge(t.Context(), "captcha", want.ID)
			ok(t, "take", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("challenge (-put +taken):\n%s", diff)
			}
		}},
		{"is taken once", func(t *testing.T, r aliveRun) {
			challenge := r.challenge("captcha")
			ok(t, "put", r.Store.PutChallenge(t.Context(), challenge))
			_, err := r.Store.TakeChallenge(t.Context(), "captcha", challenge.ID)
			ok(t, "take", err)
			_, err = r.Store.TakeChallenge(t.Context(), "captcha", challenge.ID)
			wantErr(t, "second take", err, accounts.ErrNotFound)
			_, err = r.Store.Challenge(t.Context(), "captcha", challenge.ID)
			wantErr(t, "read after take", err, accounts.ErrNotFound)
		}},
		{"of another purpose is not found", func(t *testing.T, r aliveRun) {
			challenge := r.challenge("captcha")
			ok(t, "put", r.Store.PutChallenge(t.Context(), challenge))
			for _, other := range []struct{ purpose, id string }{
				{"logout", challenge.ID},
				{"", challenge.ID},
				{"captch", "a" + challenge.ID},
				{"captcha" + challenge.ID[:1], challenge.ID[1:]},
				{"captcha", challenge.ID + "\x00"},
			} {
				_, err := r.Store.Challenge(t.Context(), other.purpose, other.id)
				wantErr(t, "read", err, accounts.ErrNotFound)
				_, err = r.Store.TakeChallenge(t.Context(), other.purpose, other.id)
				wantErr(t, "take", err, accounts.ErrNotFound)
			}
			_, err := r.Store.TakeChallenge(t.Context(), "captcha", challenge.ID)
			ok(t, "take for its own purpose", err)
		}},
		{"ends on the store's clock", func(t *testing.T, r aliveRun) {
			challenge := r.challenge("captcha")
			ok(t, "put", r.Store.PutChallenge(t.Context(), challenge))
			r.clock.advance(5*time.Minute - time.Nanosecond)
			_, err := r.Store.Challenge(t.Context(), "captcha", challenge.ID)
			ok(t, "read just before its end", err)
			r.clock.advance(time.Nanosecond)
			_, err = r.Store.Challenge(t.Context(), "captcha", challenge.ID)
			wantErr(t, "read at its end", err, accounts.ErrNotFound)
			_, err = r.Store.TakeChallenge(t.Context(), "captcha", challenge.ID)
			wantErr(t, "take at its end", err, accounts.ErrNotFound)
		}},
	}
}
