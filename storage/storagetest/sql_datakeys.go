package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
)

// DataKeyStore keeps the data keys that columns are sealed under.
type DataKeyStore interface {
	DataKeys(ctx context.Context) ([]seal.DataKey, int64, error)
	RefreshDataKeys(ctx context.Context) error
	AddDataKey(ctx context.Context) (byte, error)
	RetireDataKeys(ctx context.Context) ([]byte, error)
	SealStatus(ctx context.Context) ([]database.SealStatus, error)
	Reseal(ctx context.Context, progress func(int64)) (database.Resealed, error)
}

// DataKeys is the suite of DataKeyStore. Each test has a store of its own.
func DataKeys(t *testing.T, open OpenDurable) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, durableRun){
		"the first key is there from the start":             firstDataKey,
		"a new key seals once it has settled":               settleDataKey,
		"keys added at once have versions of their own":     raceDataKeys,
		"what is sealed anew is read as it was":             reseal,
		"writes beside a reseal are not undone":             resealBeside,
		"a key is retired when it is neither used nor new":  retireDataKeys,
		"a key that still seals something is never retired": retireUsedDataKey,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newAliveClock()
			test(t, durableRun{Store: open(t, clock.Now), clock: clock})
		})
	}
}

// wantSealed compares, by version, how many values are sealed, and which seals.
func (r durableRun) wantSealed(t *testing.T, current byte, want ...int64) {
	t.Helper()
	list, err := r.Store.SealStatus(t.Context())
	ok(t, "status", err)
	var got []int64
	for _, s := range list {
		got = append(got, s.Values)
		if s.Current != (s.Version == current) {
			t.Errorf("version %d: current %v, want %d", s.Version, s.Current, current)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values by version (-want +got):\n%s", diff)
	}
}

// addDataKey adds a key and lets it settle.
func (r durableRun) addDataKey(t *testing.T) byte {
	t.Helper()
	version, err := r.Store.AddDataKey(t.Context())
	ok(t, "add", err)
	r.clock.advance(seal.SettleTime)
	ok(t, "refresh", r.Store.RefreshDataKeys(t.Context()))
	return version
}

func firstDataKey(t *testing.T, r durableRun) {
	list, revision, err := r.Store.DataKeys(t.Context())
	ok(t, "list", err)
	if diff := cmp.Diff([]seal.DataKey{{Version: 1, State: seal.Active}}, list); diff != "" || revision != 0 {
		t.Errorf("at revision %d (-want +got):\n%s", revision, diff)
	}
	r.wantSealed(t, 1, 0)
	r.stored(t)
	r.wantSealed(t, 1, 3)
}

func settleDataKey(t *testing.T, r durableRun) {
	r.stored(t)
	version, err := r.Store.AddDataKey(t.Context())
	ok(t, "add", err)
	if version != 2 {
		t.Fatalf("version %d", version)
	}
	r.stored(t)
	r.wantSealed(t, 1, 6, 0)
	r.clock.advance(seal.SettleTime - time.Second)
	ok(t, "refresh", r.Store.RefreshDataKeys(t.Context()))
	r.stored(t)
	r.wantSealed(t, 1, 9, 0)
	r.clock.advance(time.Second)
	ok(t, "refresh", r.Store.RefreshDataKeys(t.Context()))
	e := r.stored(t)
	r.wantSealed(t, 2, 9, 3)
	r.wantSame(t, *e)
}

func raceDataKeys(t *testing.T, r durableRun) {
	const adders = 20
	got := racers(t, adders, func(int) error {
		_, err := r.Store.AddDataKey(t.Context())
		return err
	})
	list, revision, err := r.Store.DataKeys(t.Context())
	ok(t, "list", err)
	if got[nil] != adders || len(list) != adders+1 || revision != adders || list[adders].Version != adders+1 {
		t.Errorf("%d keys at revision %d, answers %v", len(list), revision, got)
	}
}

func reseal(t *testing.T, r durableRun) {
	var stored []*accounts.Enterprise
	err := func() error {
		for range 3 {
			stored = append(stored, r.stored(t))
		}
		list := make([]accounts.ImportedEnterprise, 210) // more than a batch
		for i := range list {
			list[i] = r.imported("hash")
			stored = append(stored, &list[i].Enterprise)
		}
		_, err := r.Store.ImportEnterprises(t.Context(), list)
		return err
	}()
	ok(t, "import", err)
	entry, key := r.entry(), r.key("k", keys.Next)
	ok(t, "put", r.Store.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{entry}))
	ok(t, "insert key", r.Store.ChangeKeys(t.Context(), 0, []keys.Record{key}))
	const values = 3*3 + 210*4 + 2 + 1
	r.wantSealed(t, 1, values)

	r.addDataKey(t)
	var looked int64
	done, err := r.Store.Reseal(t.Context(), func(n int64) { looked += n })
	ok(t, "reseal", err)
	if diff := cmp.Diff(database.Resealed{Values: values}, done); diff != "" || looked != values {
		t.Errorf("looked at %d (-want +got):\n%s", looked, diff)
	}
	r.wantSealed(t, 2, 0, values)
	for _, e := range stored {
		r.wantSame(t, *e)
	}
	r.wantEntry(t, entry)
	r.wantKeys(t, 1, key)
	hashes, err := r.Store.ForeignHashes(t.Context(), "", 1)
	if err != nil || len(hashes) != 1 || hashes[0].Text != "hash" {
		t.Errorf("foreign hashes %+v, %v", hashes, err)
	}
	again, err := r.Store.Reseal(t.Context(), func(int64) { t.Error("looked at something again") })
	if err != nil || again.Values != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// The register is loaded again and again while everything is sealed anew.
func resealBeside(t *testing.T, r durableRun) {
	const entries, rounds = 40, 10
	list := make([]accounts.RegisterEntry, entries)
	for i := range list {
		list[i] = r.entry()
	}
	ok(t, "put", r.Store.PutRegisterEntries(t.Context(), list))
	for range 4 {
		r.addDataKey(t)
		got := racers(t, rounds, func(i int) error {
			if i%2 == 0 {
				_, err := r.Store.Reseal(t.Context(), func(int64) {})
				return err
			}
			newer := make([]accounts.RegisterEntry, entries)
			for j, e := range list {
				e.RepName = "newer"
				newer[j] = e
			}
			return r.Store.PutRegisterEntries(t.Context(), newer)
		})
		if got[nil] != rounds {
			t.Fatalf("answers %v", got)
		}
		for _, e := range list {
			e.RepName = "newer"
			r.wantEntry(t, e)
		}
	}
	_, err := r.Store.Reseal(t.Context(), func(int64) {})
	ok(t, "reseal", err)
	r.wantSealed(t, 5, 0, 0, 0, 0, 2*entries)
}

func (r durableRun) wantRetired(t *testing.T, want ...byte) {
	t.Helper()
	got, err := r.Store.RetireDataKeys(t.Context())
	ok(t, "retire", err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("retired (-want +got):\n%s", diff)
	}
}

func retireDataKeys(t *testing.T, r durableRun) {
	e := r.stored(t)
	r.wantRetired(t)
	r.addDataKey(t)
	_, err := r.Store.Reseal(t.Context(), func(int64) {})
	ok(t, "reseal", err)
	r.wantRetired(t) // a process that was away may still seal under it
	r.clock.advance(24 * time.Hour)
	before, revision, err := r.Store.DataKeys(t.Context())
	ok(t, "list", err)
	r.addDataKey(t)
	r.wantRetired(t, 1)
	list, after, err := r.Store.DataKeys(t.Context())
	ok(t, "list", err)
	before[0].State = seal.Retired
	if diff := cmp.Diff(before, list[:2]); diff != "" || after != revision+2 {
		t.Errorf("at revision %d, was %d (-want +got):\n%s", after, revision, diff)
	}
	r.wantSame(t, *e)

	r.clock.advance(24 * time.Hour)
	_, err = r.Store.Reseal(t.Context(), func(int64) {})
	ok(t, "reseal", err)
	r.wantRetired(t, 2)
	list, _, err = r.Store.DataKeys(t.Context())
	ok(t, "list", err)
	if list[1].Wrapped != nil || list[2].Wrapped == nil {
		t.Errorf("wrapped bytes of the retired key: %d, of the current: %d", len(list[1].Wrapped), len(list[2].Wrapped))
	}
	r.wantSealed(t, 3, 0, 0, 3)
	r.wantSame(t, *e)
	r.wantRetired(t)
}

func retireUsedDataKey(t *testing.T, r durableRun) {
	e := r.stored(t)
	r.addDataKey(t)
	r.clock.advance(100 * 24 * time.Hour)
	r.wantRetired(t)
	r.wantSealed(t, 2, 3, 0)
	r.wantSame(t, *e)
}
