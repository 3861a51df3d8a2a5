package storagetest

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

// Imports is the suite of accounts.ImportStore and ForeignHashStore.
func Imports(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"an enterprise that is not there is added", importNew},
		{"one that is there, or was, stays as it is", importPresent},
		{"a login name that another has is not taken", importAccountTaken},
		{"imported twice, nothing is added or changed", importTwice},
		{"of many who import the same file each row is added once", raceImport},
	})
	for name, test := range map[string]func(*testing.T, durableRun){
		"hashes that wait are listed by id":              listForeignHashes,
		"a wrapped hash becomes the password's":          settleForeignHash,
		"a password that came first is not overwritten":  settleAfterPassword,
		"a hash is no password before it was wrapped":    foreignHashIsNoPassword,
		"of many who settle one hash the first succeeds": raceSettleHash,
	} {
		t.Run(name, func(t *testing.T) { // the list is the store's, so each has one of its own
			t.Parallel()
			clock := newAliveClock()
			test(t, durableRun{Store: open(t, clock.Now), clock: clock})
		})
	}
}

func (r durableRun) imported(foreign string) accounts.ImportedEnterprise {
	e := r.enterprise()
	e.Account, e.PasswordHash, e.Status = "", "", accounts.StatusPendingActivation
	return accounts.ImportedEnterprise{Enterprise: *e, ForeignHash: foreign}
}

func (r durableRun) wantImport(t *testing.T, list []accounts.ImportedEnterprise, want ...accounts.ImportOutcome) {
	t.Helper()
	got, err := r.Store.ImportEnterprises(t.Context(), list)
	ok(t, "import", err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func (r durableRun) wantSame(t *testing.T, want accounts.Enterprise) {
	t.Helper()
	if diff := cmp.Diff(&want, r.read(t, want.ID)); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

func importNew(t *testing.T, r durableRun) {
	list := make([]accounts.ImportedEnterprise, 75) // chunks of every size
	want := make([]accounts.ImportOutcome, len(list))
	for i := range list {
		list[i] = r.imported("")
	}
	list[1].Account = "Imported-" + rand.Text()
	list[2].ForeignHash = "$2b$"
	r.wantImport(t, list, want...)
	for _, e := range list {
		r.wantSame(t, e.Enterprise)
	}
	found, err := r.Store.FindEnterprise(t.Context(), list[1].Account)
	ok(t, "find", err)
	if found.ID != list[1].ID {
		t.Errorf("found %s", found.ID)
	}
	none, err := r.Store.ImportEnterprises(t.Context(), nil)
	ok(t, "import none", err)
	if len(none) != 0 {
		t.Errorf("outcomes of none: %v", none)
	}
}

func importPresent(t *testing.T, r durableRun) {
	active, cancelled := r.stored(t), r.stored(t)
	ok(t, "cancel", r.Store.SetEnterpriseStatus(t.Context(), cancelled.ID, accounts.StatusCancelled, r.in(0)))
	cancelled = r.read(t, cancelled.ID)
	a, b, c, again := r.imported(""), r.imported("$2b$"), r.imported(""), r.imported("")
	a.USCC, b.USCC, again.USCC = active.USCC, cancelled.USCC, c.USCC
	r.wantImport(t, []accounts.ImportedEnterprise{a, b, c, again},
		accounts.ImportPresent, accounts.ImportPresent, accounts.ImportAdded, accounts.ImportPresent)
	r.wantSame(t, *active)
	r.wantSame(t, *cancelled)
	r.wantSame(t, c.Enterprise)
	for _, e := range []accounts.ImportedEnterprise{a, b, again} {
		_, err := r.Store.Enterprise(t.Context(), e.ID)
		wantErr(t, "read one that was there", err, accounts.ErrNotFound)
	}
}

func importAccountTaken(t *testing.T, r durableRun) {
	e := r.stored(t)
	a, b, c := r.imported(""), r.imported(""), r.imported("")
	a.Account = e.Account
	b.Account = "Twice-" + rand.Text()
	c.Account = b.Account
	b.USCC, c.USCC = min(b.USCC, c.USCC), max(b.USCC, c.USCC) // the first by USCC is added
	r.wantImport(t, []accounts.ImportedEnterprise{a, b, c},
		accounts.ImportAccountTaken, accounts.ImportAdded, accounts.ImportAccountTaken)
	r.wantSame(t, *e)
	r.wantSame(t, b.Enterprise)
}

func importTwice(t *testing.T, r durableRun) {
	a, b := r.imported(""), r.imported("$2b$")
	r.wantImport(t, []accounts.ImportedEnterprise{a, b}, accounts.ImportAdded, accounts.ImportAdded)
	x, y := a, b
	x.ID, y.ID = accounts.EnterpriseID(uuid.NewString()), accounts.EnterpriseID(uuid.NewString())
	x.Name, y.ForeignHash = "another", "another"
	r.wantImport(t, []accounts.ImportedEnterprise{x, y}, accounts.ImportPresent, accounts.ImportPresent)
	r.wantSame(t, a.Enterprise)
	r.wantSame(t, b.Enterprise)
}

func raceImport(t *testing.T, r durableRun) {
	const rows, importers = 20, 20
	var usccs [rows]string
	for i := range usccs {
		usccs[i] = r.enterprise().USCC
	}
	added := make(chan int, importers)
	got := racers(t, importers, func(int) error {
		list := make([]accounts.ImportedEnterprise, rows)
		for i := range list {
			list[i] = r.imported("")
			list[i].USCC = usccs[i]
		}
		outcomes, err := r.Store.ImportEnterprises(t.Context(), list)
		n := 0
		for _, o := range outcomes {
			if o == accounts.ImportAdded {
				n++
			} else if o != accounts.ImportPresent {
				return fmt.Errorf("outcome %d", o)
			}
		}
		added <- n
		return err
	})
	if got[nil] != importers {
		t.Fatalf("answers %v", got)
	}
	sum := 0
	for range importers {
		sum += <-added
	}
	if sum != rows {
		t.Errorf("%d rows were added, of %d", sum, rows)
	}
}

func (r durableRun) wantHashes(t *testing.T, want ...accounts.ForeignHash) {
	t.Helper()
	n, err := r.Store.CountForeignHashes(t.Context())
	ok(t, "count", err)
	list, err := r.Store.ForeignHashes(t.Context(), "", 100)
	ok(t, "list", err)
	if diff := cmp.Diff(want, list); diff != "" || n != int64(len(want)) {
		t.Errorf("%d wait (-want +got):\n%s", n, diff)
	}
}

func listForeignHashes(t *testing.T, r durableRun) {
	var want []accounts.ForeignHash
	list := []accounts.ImportedEnterprise{r.imported("")}
	for i := range 5 {
		e := r.imported(fmt.Sprint("hash ", i))
		e.ID = accounts.EnterpriseID(fmt.Sprint(i, "-", e.ID))
		list = append(list, e)
		want = append(want, accounts.ForeignHash{ID: e.ID, Text: e.ForeignHash})
	}
	r.stored(t)
	_, err := r.Store.ImportEnterprises(t.Context(), list)
	ok(t, "import", err)
	r.wantHashes(t, want...)
	page, err := r.Store.ForeignHashes(t.Context(), want[1].ID, 2)
	ok(t, "page", err)
	if diff := cmp.Diff(want[2:4], page); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func settleForeignHash(t *testing.T, r durableRun) {
	a, b := r.imported("a"), r.imported("b")
	r.wantImport(t, []accounts.ImportedEnterprise{a, b}, accounts.ImportAdded, accounts.ImportAdded)
	ok(t, "settle", r.Store.SettleForeignHash(t.Context(), a.ID, "wrapped"))
	a.PasswordHash = "wrapped"
	r.wantSame(t, a.Enterprise)
	r.wantSame(t, b.Enterprise)
	r.wantHashes(t, accounts.ForeignHash{ID: b.ID, Text: "b"})
	ok(t, "settle again", r.Store.SettleForeignHash(t.Context(), a.ID, "other"))
	ok(t, "settle nobody's", r.Store.SettleForeignHash(t.Context(), "nobody", "other"))
	r.wantSame(t, a.Enterprise)
}

func settleAfterPassword(t *testing.T, r durableRun) {
	a, b := r.imported("a"), r.imported("b")
	r.wantImport(t, []accounts.ImportedEnterprise{a, b}, accounts.ImportAdded, accounts.ImportAdded)
	ok(t, "set password", r.Store.SetEnterprisePassword(t.Context(), a.ID, "", "own", true, r.in(0)))
	ok(t, "cancel", r.Store.SetEnterpriseStatus(t.Context(), b.ID, accounts.StatusCancelled, r.in(0)))
	want, gone := r.read(t, a.ID), r.read(t, b.ID)
	for _, id := range []accounts.EnterpriseID{a.ID, b.ID} {
		ok(t, "settle", r.Store.SettleForeignHash(t.Context(), id, "wrapped"))
	}
	r.wantSame(t, *want)
	r.wantSame(t, *gone)
	r.wantHashes(t)
}

func foreignHashIsNoPassword(t *testing.T, r durableRun) {
	a := r.imported("a")
	r.wantImport(t, []accounts.ImportedEnterprise{a}, accounts.ImportAdded)
	if got := r.read(t, a.ID); got.PasswordHash != "" {
		t.Errorf("the password's hash is %q", got.PasswordHash)
	}
	wantErr(t, "set from the foreign one",
		r.Store.SetEnterprisePassword(t.Context(), a.ID, "a", "other", true, r.in(time.Hour)), accounts.ErrConflict)
}

func raceSettleHash(t *testing.T, r durableRun) {
	a := r.imported("a")
	r.wantImport(t, []accounts.ImportedEnterprise{a}, accounts.ImportAdded)
	racers(t, racing, func(i int) error {
		return r.Store.SettleForeignHash(t.Context(), a.ID, fmt.Sprint("wrapped ", i))
	})
	first := r.read(t, a.ID).PasswordHash
	ok(t, "settle late", r.Store.SettleForeignHash(t.Context(), a.ID, "late"))
	if got := r.read(t, a.ID).PasswordHash; got != first || got == "" {
		t.Errorf("the hash went from %q to %q", first, got)
	}
	r.wantHashes(t)
}
