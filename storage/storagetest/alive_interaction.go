package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
)

func interactionTests() []aliveTest {
	return []aliveTest{
		{"comes back as it was", func(t *testing.T, r aliveRun) {
			want := r.interaction()
			want.SessionID, want.Consented, want.Denied = "sid", true, true
			want.CodeID, want.CodeTime = uuid.New(), r.clock.Now()
			ok(t, "put", r.Store.PutInteraction(t.Context(), want))
			got, err := r.Store.Interaction(t.Context(), want.ID)
			ok(t, "read", err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("interaction (-put +read):\n%s", diff)
			}
		}},
		{"unknown is not found", func(t *testing.T, r aliveRun) {
			_, err := r.Store.Interaction(t.Context(), "nobody")
			wantErr(t, "read", err, accounts.ErrNotFound)
			unknown := r.interaction()
			wantErr(t, "move", r.Store.MoveInteraction(t.Context(), unknown), accounts.ErrNotFound)
			if unknown.Version != 0 {
				t.Errorf("a move that failed raised the version to %d", unknown.Version)
			}
			_, err = r.Store.Interaction(t.Context(), unknown.ID)
			wantErr(t, "read after the move", err, accounts.ErrNotFound)
		}},
		{"moves", func(t *testing.T, r aliveRun) {
			i := r.interaction()
			ok(t, "put", r.Store.PutInteraction(t.Context(), i))
			for version, state := range []interaction.State{interaction.Consent, interaction.Ready, interaction.Finished} {
				i.State = state
				ok(t, "move", r.Store.MoveInteraction(t.Context(), i))
				if i.Version != version+1 {
					t.Fatalf("version %d after %d moves", i.Version, version+1)
				}
				got, err := r.Store.Interaction(t.Context(), i.ID)
				ok(t, "read", err)
				if got.State != state || got.Version != i.Version {
					t.Fatalf("read state %s version %d, want %s %d", got.State, got.Version, state, i.Version)
				}
			}
		}},
		{"does not move from another version", func(t *testing.T, r aliveRun) {
			i := r.interaction()
			ok(t, "put", r.Store.PutInteraction(t.Context(), i))
			first, second := *i, *i
			first.State, second.State = interaction.Ready, interaction.Consent
			ok(t, "first move", r.Store.MoveInteraction(t.Context(), &first))
			wantErr(t, "second move", r.Store.MoveInteraction(t.Context(), &second), accounts.ErrConflict)
			if second.Version != 0 {
				t.Errorf("the move that lost raised the version to %d", second.Version)
			}
			ahead := first
			ahead.Version++
			wantErr(t, "move from a version to come", r.Store.MoveInteraction(t.Context(), &ahead), accounts.ErrConflict)
			got, err := r.Store.Interaction(t.Context(), i.ID)
			ok(t, "read", err)
			if got.State != interaction.Ready || got.Version != 1 {
				t.Errorf("state %s version %d after the race, want ready 1", got.State, got.Version)
			}
		}},
		{"ends on the store's clock", func(t *testing.T, r aliveRun) {
			i := r.interaction()
			ok(t, "put", r.Store.PutInteraction(t.Context(), i))
			r.clock.advance(15*time.Minute - time.Millisecond)
			ok(t, "move just before its end", r.Store.MoveInteraction(t.Context(), i))
			_, err := r.Store.Interaction(t.Context(), i.ID)
			ok(t, "read just before its end", err)
			r.clock.advance(time.Millisecond)
			_, err = r.Store.Interaction(t.Context(), i.ID)
			wantErr(t, "read at its end", err, accounts.ErrNotFound)
			i.ExpiresAt = r.in(time.Hour)
			wantErr(t, "move at its end", r.Store.MoveInteraction(t.Context(), i), accounts.ErrNotFound)
			_, err = r.Store.Interaction(t.Context(), i.ID)
			wantErr(t, "read after that", err, accounts.ErrNotFound)
		}},
	}
}
