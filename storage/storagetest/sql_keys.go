package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/keys"
)

// Keys is the suite of keys.Store. Each test has a store of its own: the list
// and its revision are the store's.
func Keys(t *testing.T, open OpenDurable) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, durableRun){
		"keys are changed against their revision":    changeKeys,
		"only keys that sign no more are deleted":    deleteKeys,
		"of many who change keys at once one does":   raceKeys,
		"a change is whole or does not happen":       changeKeysWhole,
		"the material of a key is written only once": keyMaterial,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newAliveClock()
			test(t, durableRun{Store: open(t, clock.Now), clock: clock})
		})
	}
}

func (r durableRun) key(id string, s keys.State) keys.Record {
	return keys.Record{ID: id, Algorithm: "ES256", State: s, Private: []byte("private key of " + id), CreatedAt: r.in(0)}
}

func (r durableRun) wantKeys(t *testing.T, revision int64, want ...keys.Record) {
	t.Helper()
	got, n, err := r.Store.Keys(t.Context())
	ok(t, "list", err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	alone, err := r.Store.KeysRevision(t.Context())
	ok(t, "revision", err)
	if n != revision || alone != revision {
		t.Errorf("revision %d, and alone %d, want %d", n, alone, revision)
	}
}

func changeKeys(t *testing.T, r durableRun) {
	r.wantKeys(t, 0)
	a, b := r.key("a", keys.Current), r.key("b", keys.Next)
	a.CurrentAt = r.in(time.Second)
	ok(t, "insert", r.Store.ChangeKeys(t.Context(), 0, []keys.Record{a, b}))
	r.wantKeys(t, 1, a, b)

	for _, revision := range []int64{0, 2, -1} {
		err := r.Store.ChangeKeys(t.Context(), revision, []keys.Record{r.key("c", keys.Next)})
		wantErr(t, "change at another revision", err, accounts.ErrConflict)
	}
	r.wantKeys(t, 1, a, b)

	a.State, a.RetiredAt = keys.Retired, r.in(time.Hour)
	b.State, b.CurrentAt = keys.Current, r.in(time.Hour)
	c := r.key("c", keys.Next)
	ok(t, "rotate", r.Store.ChangeKeys(t.Context(), 1, []keys.Record{b, c, a}))
	r.wantKeys(t, 2, a, b, c)
}

func deleteKeys(t *testing.T, r durableRun) {
	all := []keys.Record{
		r.key("a", keys.Current), r.key("b", keys.Next), r.key("c", keys.Retired), r.key("d", keys.Retired), r.key("e", keys.Revoked),
	}
	ok(t, "insert", r.Store.ChangeKeys(t.Context(), 0, all))
	ok(t, "delete none", r.Store.DeleteKeys(t.Context(), nil))
	ok(t, "delete others", r.Store.DeleteKeys(t.Context(), []string{"a", "b", "unknown"}))
	r.wantKeys(t, 1, all...)
	ok(t, "delete", r.Store.DeleteKeys(t.Context(), []string{"a", "c", "e"}))
	r.wantKeys(t, 2, all[0], all[1], all[3])
}

func raceKeys(t *testing.T, r durableRun) {
	wantOneWinner(t, accounts.ErrConflict, func(i int) error {
		return r.Store.ChangeKeys(t.Context(), 0, []keys.Record{r.key(string(rune('A'+i)), keys.Current)})
	})
	got, revision, err := r.Store.Keys(t.Context())
	ok(t, "list", err)
	if len(got) != 1 || revision != 1 {
		t.Errorf("%d keys at revision %d, want 1 at 1", len(got), revision)
	}
}

func changeKeysWhole(t *testing.T, r durableRun) {
	bad := r.key("b", keys.Next)
	bad.Algorithm = "\xff\x00" // not every engine refuses it
	before, revision, err := r.Store.Keys(t.Context())
	ok(t, "list", err)
	if err := r.Store.ChangeKeys(t.Context(), revision, []keys.Record{r.key("a", keys.Next), bad}); err != nil {
		r.wantKeys(t, revision, before...)
	}
}

func keyMaterial(t *testing.T, r durableRun) {
	a := r.key("a", keys.Next)
	ok(t, "insert", r.Store.ChangeKeys(t.Context(), 0, []keys.Record{a}))
	forged := a
	forged.Private, forged.Algorithm, forged.CreatedAt = []byte("other"), "RS256", r.in(time.Hour)
	forged.State = keys.Current
	ok(t, "update", r.Store.ChangeKeys(t.Context(), 1, []keys.Record{forged}))
	a.State = keys.Current
	r.wantKeys(t, 2, a)
}
