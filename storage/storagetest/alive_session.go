package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/session"
)

func sessionTests() []aliveTest {
	return slices.Concat(sessionRecordTests(), sessionTouchTests(), sessionListTests())
}

func sessionRecordTests() []aliveTest {
	return []aliveTest{
		{"comes back as it was", func(t *testing.T, r aliveRun) {
			key, want := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, want, r.in(30*time.Minute)))
			got, err := r.Store.Session(t.Context(), key)
			ok(t, "read", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("session (-put +read):\n%s", diff)
			}
		}},
		{"unknown is not found", func(t *testing.T, r aliveRun) {
			_, err := r.Store.Session(t.Context(), session.Key(randomHash()))
			wantErr(t, "read", err, accounts.ErrNotFound)
		}},
		{"deleted is gone", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			other, kept := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			ok(t, "put", r.Store.PutSession(t.Context(), other, kept, r.in(30*time.Minute)))
			ok(t, "delete", r.Store.DeleteSession(t.Context(), key))
			_, err := r.Store.Session(t.Context(), key)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantListed(t, r, "s", kept.ID)
			wantErr(t, "end what is deleted", r.Store.EndSession(t.Context(), "s", in.ID), accounts.ErrNotFound)
			ok(t, "delete again", r.Store.DeleteSession(t.Context(), key))
		}},
		{"ends when idle", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			r.clock.advance(30*time.Minute - time.Millisecond)
			_, err := r.Store.Session(t.Context(), key)
			ok(t, "read just before its end", err)
			wantListed(t, r, "s", in.ID)
			r.clock.advance(time.Millisecond)
			_, err = r.Store.Session(t.Context(), key)
			wantErr(t, "read at its end", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
			wantErr(t, "end at its end", r.Store.EndSession(t.Context(), "s", in.ID), accounts.ErrNotFound)
		}},
		{"ends absolutely, whatever end is asked for", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(48*time.Hour)))
			ok(t, "touch", r.Store.TouchSession(t.Context(), key, r.clock.Now(), r.in(48*time.Hour)))
			r.clock.advance(12 * time.Hour)
			_, err := r.Store.Session(t.Context(), key)
			wantErr(t, "read at its end", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
			wantErr(t, "end at its end", r.Store.EndSession(t.Context(), "s", in.ID), accounts.ErrNotFound)
		}},
	}
}

func sessionTouchTests() []aliveTest {
	return []aliveTest{
		{"touch moves its end", func(t *testing.T, r aliveRun) {
			key, want := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, want, r.in(30*time.Minute)))
			r.clock.advance(20*time.Minute + 7*time.Nanosecond)
			want.SeenAt = r.clock.Now()
			ok(t, "touch", r.Store.TouchSession(t.Context(), key, want.SeenAt, r.in(30*time.Minute)))
			r.clock.advance(20 * time.Minute)
			got, err := r.Store.Session(t.Context(), key)
			ok(t, "read after the end it had", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("session (-touched +read):\n%s", diff)
			}
			wantListed(t, r, "s", want.ID)
			r.clock.advance(10 * time.Minute)
			_, err = r.Store.Session(t.Context(), key)
			wantErr(t, "read at its end", err, accounts.ErrNotFound)
		}},
		{"touch does not bring back what is deleted", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			ok(t, "delete", r.Store.DeleteSession(t.Context(), key))
			ok(t, "touch", r.Store.TouchSession(t.Context(), key, r.clock.Now(), r.in(30*time.Minute)))
			_, err := r.Store.Session(t.Context(), key)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
		}},
		{"touch does not bring back what is ended", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			ok(t, "end", r.Store.EndSession(t.Context(), "s", in.ID))
			ok(t, "touch", r.Store.TouchSession(t.Context(), key, r.clock.Now(), r.in(30*time.Minute)))
			_, err := r.Store.Session(t.Context(), key)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
		}},
		{"touch does not bring back what is past its end", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			r.clock.advance(30 * time.Minute)
			ok(t, "touch", r.Store.TouchSession(t.Context(), key, r.clock.Now(), r.in(30*time.Minute)))
			_, err := r.Store.Session(t.Context(), key)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
		}},
		{"touches racing with its end leave it ended", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			slow := SlowSessions(r.Store, time.Millisecond)
			racers(t, 100, func(i int) error {
				if i == 50 {
					return slow.DeleteSession(t.Context(), key)
				}
				return slow.TouchSession(t.Context(), key, r.clock.Now(), r.in(30*time.Minute))
			})
			_, err := r.Store.Session(t.Context(), key)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantListed(t, r, "s")
		}},
	}
}

func sessionListTests() []aliveTest {
	return []aliveTest{
		{"lists those of one subject, the last seen first", func(t *testing.T, r aliveRun) {
			var want []*session.Session
			for i := range 3 {
				key, in := r.session("s")
				in.SeenAt = in.SeenAt.Add(time.Duration(-i) * time.Minute)
				ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
				want = append(want, in)
			}
			foreign, in := r.session("someone else")
			ok(t, "put", r.Store.PutSession(t.Context(), foreign, in, r.in(30*time.Minute)))
			got, err := r.Store.Sessions(t.Context(), "s")
			ok(t, "list", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sessions (-put +listed):\n%s", diff)
			}
			wantListed(t, r, "nobody")
		}},
		{"ends one by its sid", func(t *testing.T, r aliveRun) {
			one, ended := r.session("s")
			other, kept := r.session("s")
			ok(t, "put", r.Store.PutSession(t.Context(), one, ended, r.in(30*time.Minute)))
			ok(t, "put", r.Store.PutSession(t.Context(), other, kept, r.in(30*time.Minute)))
			ok(t, "end", r.Store.EndSession(t.Context(), "s", ended.ID))
			_, err := r.Store.Session(t.Context(), one)
			wantErr(t, "read the one that ended", err, accounts.ErrNotFound)
			_, err = r.Store.Session(t.Context(), other)
			ok(t, "read the other", err)
			wantListed(t, r, "s", kept.ID)
			wantErr(t, "end again", r.Store.EndSession(t.Context(), "s", ended.ID), accounts.ErrNotFound)
		}},
		{"does not end another subject's", func(t *testing.T, r aliveRun) {
			key, in := r.session("s")
			mine, own := r.session("intruder")
			ok(t, "put", r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
			ok(t, "put", r.Store.PutSession(t.Context(), mine, own, r.in(30*time.Minute)))
			wantErr(t, "end", r.Store.EndSession(t.Context(), "intruder", in.ID), accounts.ErrNotFound)
			_, err := r.Store.Session(t.Context(), key)
			ok(t, "read", err)
			wantListed(t, r, "s", in.ID)
		}},
		{"every listed one can be ended, however many", func(t *testing.T, r aliveRun) {
			for i := range 80 {
				key, in := r.session("s")
				ok(t, fmt.Sprintf("put %d", i), r.Store.PutSession(t.Context(), key, in, r.in(30*time.Minute)))
				if i%2 == 0 {
					ok(t, "delete", r.Store.DeleteSession(t.Context(), key))
				}
			}
			list, err := r.Store.Sessions(t.Context(), "s")
			ok(t, "list", err)
			if len(list) != 40 {
				t.Errorf("%d sessions listed, want 40", len(list))
			}
			for _, s := range list {
				ok(t, "end", r.Store.EndSession(t.Context(), "s", s.ID))
			}
			wantListed(t, r, "s")
		}},
		{"is listed while others end and listings go on", func(t *testing.T, r aliveRun) {
			kept := make([]string, 20)
			racers(t, 20, func(i int) error { return r.churn(t.Context(), i, kept) })
			wantListed(t, r, "s", kept...)
		}},
	}
}

// churn signs in twice as s, ends one of the two and lists.
func (r aliveRun) churn(ctx context.Context, i int, kept []string) error {
	key, in := r.session("s")
	gone, ended := r.session("s")
	kept[i] = in.ID
	if err := r.Store.PutSession(ctx, gone, ended, r.in(30*time.Minute)); err != nil {
		return err
	}
	if err := r.Store.PutSession(ctx, key, in, r.in(30*time.Minute)); err != nil {
		return err
	}
	if _, err := r.Store.Sessions(ctx, "s"); err != nil {
		return err
	}
	if i%2 == 0 {
		return r.Store.DeleteSession(ctx, gone)
	}
	return r.Store.EndSession(ctx, "s", ended.ID)
}

// wantListed fails the test unless the subject's sessions are those with these
// sids, in any order.
func wantListed(t *testing.T, r aliveRun, subject string, sids ...string) {
	t.Helper()
	list, err := r.Store.Sessions(t.Context(), subject)
	ok(t, "list", err)
	got := []string{}
	for _, s := range list {
		got = append(got, s.ID)
	}
	slices.Sort(got)
	want := append([]string{}, sids...)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sessions of %s (-want +listed):\n%s", subject, diff)
	}
}
