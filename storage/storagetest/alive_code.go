package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

func codeTests() []aliveTest {
	return []aliveTest{
		{"comes back as it was", func(t *testing.T, r aliveRun) {
			want := r.code()
			ok(t, "put", r.Store.PutCode(t.Context(), want))
			got, err := r.Store.TakeCode(t.Context(), want.ID)
			ok(t, "take", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("code (-put +taken):\n%s", diff)
			}
		}},
		{"with only what it must have", func(t *testing.T, r aliveRun) {
			want := &grant.Code{ID: uuid.New(), ClientID: "c", ExpiresAt: r.in(time.Second)}
			ok(t, "put", r.Store.PutCode(t.Context(), want))
			got, err := r.Store.TakeCode(t.Context(), want.ID)
			ok(t, "take", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("code (-put +taken):\n%s", diff)
			}
		}},
		{"is taken once", func(t *testing.T, r aliveRun) {
			code := r.code()
			ok(t, "put", r.Store.PutCode(t.Context(), code))
			_, err := r.Store.TakeCode(t.Context(), code.ID)
			ok(t, "take", err)
			_, err = r.Store.TakeCode(t.Context(), code.ID)
			wantErr(t, "second take", err, accounts.ErrNotFound)
		}},
		{"unknown is not found", func(t *testing.T, r aliveRun) {
			got, err := r.Store.TakeCode(t.Context(), uuid.New())
			wantErr(t, "take", err, accounts.ErrNotFound)
			if got != nil {
				t.Errorf("an unknown code gave %+v", got)
			}
		}},
		{"leaves others alone", func(t *testing.T, r aliveRun) {
			one, other := r.code(), r.code()
			ok(t, "put", r.Store.PutCode(t.Context(), one))
			ok(t, "put", r.Store.PutCode(t.Context(), other))
			_, err := r.Store.TakeCode(t.Context(), one.ID)
			ok(t, "take", err)
			got, err := r.Store.TakeCode(t.Context(), other.ID)
			ok(t, "take the other", err)
			if diff := cmp.Diff(other, got); diff != "" {
				t.Errorf("code (-put +taken):\n%s", diff)
			}
		}},
		{"ends on the store's clock", func(t *testing.T, r aliveRun) {
			early, late := r.code(), r.code()
			ok(t, "put", r.Store.PutCode(t.Context(), early))
			ok(t, "put", r.Store.PutCode(t.Context(), late))
			r.clock.advance(time.Minute - time.Nanosecond)
			_, err := r.Store.TakeCode(t.Context(), early.ID)
			ok(t, "take just before its end", err)
			r.clock.advance(time.Nanosecond)
			_, err = r.Store.TakeCode(t.Context(), late.ID)
			wantErr(t, "take at its end", err, accounts.ErrNotFound)
		}},
		{"put past its end is not found", func(t *testing.T, r aliveRun) {
			code := r.code()
			code.ExpiresAt = r.in(-time.Second)
			ok(t, "put", r.Store.PutCode(t.Context(), code))
			_, err := r.Store.TakeCode(t.Context(), code.ID)
			wantErr(t, "take", err, accounts.ErrNotFound)
		}},
	}
}
