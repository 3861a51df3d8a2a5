package storagetest

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
)

// cases keeps wizards where interactions are kept.
func (r aliveRun) cases() accounts.CaseStore { return interaction.Cases{Store: r.Store} }

func (r aliveRun) caseRecord() *accounts.CaseRecord {
	data := make([]byte, 2000) // sealed: any bytes
	rand.Read(data[4:])        // never fails
	copy(data, "\x00\n\xff\x00")
	return &accounts.CaseRecord{ID: rand.Text(), Data: data, ExpiresAt: r.in(30 * time.Minute)}
}

func (r aliveRun) wantCase(t *testing.T, what string, want *accounts.CaseRecord) {
	t.Helper()
	got, err := r.cases().Case(t.Context(), want.ID)
	ok(t, what, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func caseTests() []aliveTest {
	return []aliveTest{
		{"comes back as it was", func(t *testing.T, r aliveRun) {
			for _, id := range []string{rand.Text(), "face:" + rand.Text()} {
				c := r.caseRecord()
				c.ID = id
				ok(t, "put", r.cases().PutCase(t.Context(), c))
				r.wantCase(t, "read", c)
			}
			empty := r.caseRecord()
			empty.Data = []byte{}
			ok(t, "put", r.cases().PutCase(t.Context(), empty))
			r.wantCase(t, "empty", empty)
		}},
		{"moves", moveCases},
		{"unknown is not found", func(t *testing.T, r aliveRun) {
			c := r.caseRecord()
			_, err := r.cases().Case(t.Context(), c.ID)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantErr(t, "move", r.cases().MoveCase(t.Context(), c), accounts.ErrNotFound)
			_, err = r.cases().Case(t.Context(), c.ID)
			wantErr(t, "read after the move", err, accounts.ErrNotFound)
			_, err = r.cases().Case(t.Context(), "")
			wantErr(t, "read nothing", err, accounts.ErrNotFound)
		}},
		{"is no interaction", func(t *testing.T, r aliveRun) {
			c, i := r.caseRecord(), r.interaction()
			c.ID = i.ID
			ok(t, "put", r.cases().PutCase(t.Context(), c))
			_, err := r.Store.Interaction(t.Context(), i.ID)
			wantErr(t, "read as an interaction", err, accounts.ErrNotFound)
			ok(t, "put", r.Store.PutInteraction(t.Context(), i))
			r.wantCase(t, "beside one of the same id", c)
		}},
		{"ends on the store's clock", func(t *testing.T, r aliveRun) {
			c := r.caseRecord()
			ok(t, "put", r.cases().PutCase(t.Context(), c))
			r.clock.advance(30*time.Minute - time.Millisecond)
			ok(t, "move just before its end", r.cases().MoveCase(t.Context(), c))
			r.wantCase(t, "just before its end", c)
			r.clock.advance(time.Millisecond)
			_, err := r.cases().Case(t.Context(), c.ID)
			wantErr(t, "read at its end", err, accounts.ErrNotFound)
			c.ExpiresAt = r.in(time.Hour)
			wantErr(t, "move at its end", r.cases().MoveCase(t.Context(), c), accounts.ErrNotFound)
		}},
		{"is gone after a flush", func(t *testing.T, r aliveRun) {
			c := r.caseRecord()
			ok(t, "put", r.cases().PutCase(t.Context(), c))
			r.Flush(t)
			_, err := r.cases().Case(t.Context(), c.ID)
			wantErr(t, "read", err, accounts.ErrNotFound)
			wantErr(t, "move", r.cases().MoveCase(t.Context(), c), accounts.ErrNotFound)
		}},
	}
}

func moveCases(t *testing.T, r aliveRun) {
	c := r.caseRecord()
	ok(t, "put", r.cases().PutCase(t.Context(), c))
	old := *c
	for version := range 3 {
		c.Data = append([]byte{byte(version), 0xfe}, c.Data[2:]...)
		ok(t, "move", r.cases().MoveCase(t.Context(), c))
		if c.Version != version+1 {
			t.Fatalf("version %d after %d moves", c.Version, version+1)
		}
		r.wantCase(t, "moved", c)
	}
	wantErr(t, "from an old version", r.cases().MoveCase(t.Context(), &old), accounts.ErrConflict)
	if old.Version != 0 {
		t.Errorf("the move that lost raised the version to %d", old.Version)
	}
	ahead := *c
	ahead.Version++
	wantErr(t, "from a version to come", r.cases().MoveCase(t.Context(), &ahead), accounts.ErrConflict)
	r.wantCase(t, "after those that lost", c)
}

// raceMoveCase has every racer move one case from the version that all read.
func raceMoveCase(t *testing.T, r aliveRun, latency time.Duration) {
	t.Helper()
	slow := SlowCases(r.cases(), latency)
	for range rounds {
		c := r.caseRecord()
		ok(t, "put", slow.PutCase(t.Context(), c))
		wantOneWinner(t, accounts.ErrConflict, func(i int) error {
			mine := *c
			mine.Data = []byte{byte(i)}
			return slow.MoveCase(t.Context(), &mine)
		})
		if got, err := slow.Case(t.Context(), c.ID); err != nil || got.Version != 1 || len(got.Data) != 1 {
			t.Errorf("after the race: %+v, %v", got, err)
		}
	}
}
