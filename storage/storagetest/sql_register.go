package storagetest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

// Register is the suite of accounts.RegisterTable.
func Register(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"an entry is read as it was put", putEntries},
		{"an entry that is put again replaces the first", replaceEntry},
		{"many entries are put at once", putManyEntries},
		{"entries put by many at once are all there", racePutEntries},
		{"the register does not have what was not put", noEntry},
	})
}

func (r durableRun) entry() accounts.RegisterEntry {
	return accounts.RegisterEntry{
		USCC: "91" + rand.Text()[:16], Name: "\u5409\u6797\u7701\u6d4b\u8bd5\u8d38\u6613\u6709\u9650\u516c\u53f8", Type: "enterprise",
		Status: accounts.RegisterOperating, RepName: "\u94b1\u4e00", RepDocType: accounts.DocResidentID, RepDocNumber: "220104198806150023",
		Address: "\u957f\u6625\u5e02", Capital: "200\u4e07\u5143", Founded: "2021-03-09", Scope: strings.Repeat("\u9500\u552e\uff1b", 2000),
		Industry: "F51", Authority: "\u5e02\u573a\u76d1\u7ba1\u5c40", Approved: "2025-05-27", AsOf: "2026-01-31",
	}
}

func (r durableRun) wantEntry(t *testing.T, want accounts.RegisterEntry) {
	t.Helper()
	got, err := r.Store.RegisterEntry(t.Context(), want.USCC)
	ok(t, "read", err)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("entry (-put +read):\n%s", diff)
	}
}

func putEntries(t *testing.T, r durableRun) {
	a, b := r.entry(), r.entry()
	b = accounts.RegisterEntry{USCC: b.USCC}
	ok(t, "put", r.Store.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{a, b}))
	r.wantEntry(t, a)
	r.wantEntry(t, b)
	ok(t, "put none", r.Store.PutRegisterEntries(t.Context(), nil))
}

func replaceEntry(t *testing.T, r durableRun) {
	a := r.entry()
	ok(t, "put", r.Store.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{a}))
	b := accounts.RegisterEntry{USCC: a.USCC, Name: "b", RepName: "b", AsOf: "2027-01-01", Status: accounts.RegisterGone}
	ok(t, "put again", r.Store.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{b}))
	r.wantEntry(t, b)
	a.Name = "the last of several"
	ok(t, "put twice at once", r.Store.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{b, a}))
	r.wantEntry(t, a)
}

func putManyEntries(t *testing.T, r durableRun) {
	list := make([]accounts.RegisterEntry, 75) // chunks of every size
	for i := range list {
		list[i] = accounts.RegisterEntry{USCC: rand.Text(), Name: fmt.Sprint(i), RepDocNumber: fmt.Sprint("no ", i)}
	}
	ok(t, "put", r.Store.PutRegisterEntries(t.Context(), list))
	for _, e := range list {
		r.wantEntry(t, e)
	}
}

// Those who put the same entries in another order wait for one another, not for
// ever.
func racePutEntries(t *testing.T, r durableRun) {
	a, b := r.entry(), r.entry()
	got := racers(t, racing, func(i int) error {
		list := []accounts.RegisterEntry{a, b}
		if i%2 == 1 {
			list = []accounts.RegisterEntry{b, a}
		}
		return r.Store.PutRegisterEntries(t.Context(), list)
	})
	if got[nil] != racing {
		t.Errorf("answers %v", got)
	}
	r.wantEntry(t, a)
	r.wantEntry(t, b)
}

func noEntry(t *testing.T, r durableRun) {
	a := r.entry()
	ok(t, "put", r.Store.PutRegisterEntries(t.Context(), []accounts.RegisterEntry{a}))
	for _, uscc := range []string{"", "x", a.USCC + "x", strings.ToLower(a.USCC), a.USCC + "\x00", "\xff"} {
		_, err := r.Store.RegisterEntry(t.Context(), uscc)
		wantErr(t, uscc, err, accounts.ErrNotFound)
	}
}
