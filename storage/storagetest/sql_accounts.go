package storagetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

// Accounts is the suite of accounts.EnterpriseStore and StandingStore.
func Accounts(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"an account is found by login name and USCC without regard to case", findEnterprise},
		{"nothing is found for what nobody has", findNothing},
		{"login name, USCC and id are each taken once", enterpriseConflicts},
		{"accounts not yet activated share the empty login name", emptyLoginNames},
		{"a cancelled account gives its USCC free", cancelledUSCC},
		{"a USCC beats a login name that looks like it", loginNameLikeUSCC},
		{"a state that admits nobody raises the enterprise epoch", enterpriseStatus},
		{"a password is replaced only if it still is the old one", enterprisePassword},
		{"of many who replace one password one succeeds", racePassword},
		{"epochs raised at once are all counted", raceEpoch},
		{"one of many who register at once gets the USCC", raceRegister},
		{"standing is what the account says now", standing},
		{"nobody else has a standing", noStanding},
	})
}

func findEnterprise(t *testing.T, r durableRun) {
	e := r.stored(t)
	r.stored(t) // another beside it
	for _, identifier := range []string{
		e.Account, strings.ToUpper(e.Account), strings.ToLower(e.Account), e.USCC, strings.ToLower(e.USCC),
	} {
		got, err := r.Store.FindEnterprise(t.Context(), identifier)
		ok(t, "find "+identifier, err)
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s (-stored +found):\n%s", identifier, diff)
		}
	}
	if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
		t.Errorf("by id (-stored +read):\n%s", diff)
	}
}

func findNothing(t *testing.T, r durableRun) {
	e := r.stored(t)
	for _, identifier := range []string{
		"", " ", "%", "_", "nobody", e.Account + "x", e.Account[1:], e.Account + "\x00", "\xff", string(e.ID), e.Name,
		strings.Repeat("9", 1<<16), "' OR 1=1 --",
	} {
		_, err := r.Store.FindEnterprise(t.Context(), identifier)
		wantErr(t, "find", err, accounts.ErrNotFound)
	}
	for _, id := range []accounts.EnterpriseID{"", "nobody", "\xff", e.ID + "\x00", accounts.EnterpriseID(e.USCC)} {
		_, err := r.Store.Enterprise(t.Context(), id)
		wantErr(t, "read", err, accounts.ErrNotFound)
		err = r.Store.RaiseAccountEpoch(t.Context(), accounts.EnterpriseID(strings.ToValidUTF8(strings.Trim(string(id), "\x00"), "")+"-"), r.in(0))
		wantErr(t, "raise epoch", err, accounts.ErrNotFound)
	}
}

func enterpriseConflicts(t *testing.T, r durableRun) {
	e := r.stored(t)
	for name, change := range map[string]func(other *accounts.Enterprise){
		"login name": func(o *accounts.Enterprise) { o.Account = strings.ToUpper(e.Account) },
		"USCC":       func(o *accounts.Enterprise) { o.USCC = e.USCC },
		"id":         func(o *accounts.Enterprise) { o.ID = e.ID },
	} {
		other := r.enterprise()
		change(other)
		wantErr(t, name, r.Store.CreateEnterprise(t.Context(), other), accounts.ErrConflict)
	}
	if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
		t.Errorf("the first account changed (-stored +read):\n%s", diff)
	}
}

func emptyLoginNames(t *testing.T, r durableRun) {
	for range 2 {
		e := r.enterprise()
		e.Account, e.PasswordHash, e.Status = "", "", accounts.StatusPendingActivation
		ok(t, "create", r.Store.CreateEnterprise(t.Context(), e))
		found, err := r.Store.FindEnterprise(t.Context(), e.USCC)
		ok(t, "find by USCC", err)
		if diff := cmp.Diff(e, found); diff != "" {
			t.Errorf("(-stored +found):\n%s", diff)
		}
	}
}

func cancelledUSCC(t *testing.T, r durableRun) {
	first := r.stored(t)
	cancel := func(id accounts.EnterpriseID) {
		ok(t, "cancel", r.Store.SetEnterpriseStatus(t.Context(), id, accounts.StatusCancelled, r.in(0)))
	}
	wantFound := func(what, identifier string, want accounts.EnterpriseID) {
		got, err := r.Store.FindEnterprise(t.Context(), identifier)
		ok(t, what, err)
		if got.ID != want {
			t.Errorf("%s: found %s, want %s", what, got.ID, want)
		}
	}
	cancel(first.ID)
	wantFound("a cancelled account alone", first.USCC, first.ID)

	second := r.enterprise()
	second.USCC, second.CreatedAt = first.USCC, first.CreatedAt.Add(-time.Hour) // its age does not matter
	ok(t, "register again", r.Store.CreateEnterprise(t.Context(), second))
	wantFound("registered again", first.USCC, second.ID)
	wantFound("the old login name", first.Account, first.ID)
	wantErr(t, "un-cancel the first",
		r.Store.SetEnterpriseStatus(t.Context(), first.ID, accounts.StatusActive, r.in(0)), accounts.ErrConflict)

	cancel(second.ID)
	wantFound("both cancelled: the newest", first.USCC, first.ID)
}

func loginNameLikeUSCC(t *testing.T, r durableRun) {
	owner, impostor := r.stored(t), r.enterprise()
	impostor.Account = owner.USCC
	ok(t, "create", r.Store.CreateEnterprise(t.Context(), impostor))
	got, err := r.Store.FindEnterprise(t.Context(), owner.USCC)
	ok(t, "find", err)
	if got.ID != owner.ID {
		t.Errorf("found %s by the USCC of %s", got.Account, owner.Account)
	}
}

func enterpriseStatus(t *testing.T, r durableRun) {
	for _, c := range []struct {
		from, to accounts.Status
		raised   int64
	}{
		{accounts.StatusActive, accounts.StatusFrozen, 1},
		{accounts.StatusActive, accounts.StatusCancelled, 1},
		{accounts.StatusRestricted, accounts.StatusFrozen, 1},
		{accounts.StatusActive, accounts.StatusPendingActivation, 1},
		{accounts.StatusActive, accounts.StatusRestricted, 0},
		{accounts.StatusFrozen, accounts.StatusActive, 0},
		{accounts.StatusPendingActivation, accounts.StatusActive, 0},
	} {
		e := r.enterprise()
		e.Status = c.from
		ok(t, "create", r.Store.CreateEnterprise(t.Context(), e))
		ok(t, "set", r.Store.SetEnterpriseStatus(t.Context(), e.ID, c.to, r.in(0)))
		ok(t, "set again", r.Store.SetEnterpriseStatus(t.Context(), e.ID, c.to, r.in(time.Hour)))
		e.Status, e.UpdatedAt = c.to, r.in(0)
		e.Epochs.Enterprise += c.raised
		if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
			t.Errorf("from %s to %s (-want +got):\n%s", c.from, c.to, diff)
		}
	}
	wantErr(t, "of nobody", r.Store.SetEnterpriseStatus(t.Context(), "nobody", accounts.StatusActive, r.in(0)), accounts.ErrNotFound)
}

func enterprisePassword(t *testing.T, r durableRun) {
	e := r.stored(t)
	for _, raise := range []bool{false, true} {
		hash := e.PasswordHash + "+"
		ok(t, "set", r.Store.SetEnterprisePassword(t.Context(), e.ID, e.PasswordHash, hash, raise, r.in(0)))
		wantErr(t, "set from the old one",
			r.Store.SetEnterprisePassword(t.Context(), e.ID, e.PasswordHash, "other", raise, r.in(0)), accounts.ErrConflict)
		e.PasswordHash, e.UpdatedAt = hash, r.in(0)
		if raise {
			e.Epochs.Account++
		}
		if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
			t.Errorf("raise %v (-want +got):\n%s", raise, diff)
		}
	}
	wantErr(t, "of nobody",
		r.Store.SetEnterprisePassword(t.Context(), "nobody", "old", "new", true, r.in(0)), accounts.ErrNotFound)
}

func racePassword(t *testing.T, r durableRun) {
	e := r.stored(t)
	wantOneWinner(t, accounts.ErrConflict, func(i int) error {
		return r.Store.SetEnterprisePassword(t.Context(), e.ID, e.PasswordHash, "new-"+strings.Repeat("x", i), true, r.in(0))
	})
	if got := r.read(t, e.ID).Epochs.Account; got != e.Epochs.Account+1 {
		t.Errorf("the epoch went from %d to %d", e.Epochs.Account, got)
	}
}

func raceEpoch(t *testing.T, r durableRun) {
	e := r.stored(t)
	racers(t, racing, func(int) error { return r.Store.RaiseAccountEpoch(t.Context(), e.ID, r.in(0)) })
	if got := r.read(t, e.ID).Epochs; got.Account != e.Epochs.Account+racing || got.Enterprise != e.Epochs.Enterprise {
		t.Errorf("epochs went from %+v to %+v", e.Epochs, got)
	}
}

func raceRegister(t *testing.T, r durableRun) {
	uscc := r.enterprise().USCC
	wantOneWinner(t, accounts.ErrConflict, func(int) error {
		e := r.enterprise()
		e.USCC = uscc
		return r.Store.CreateEnterprise(t.Context(), e)
	})
}

func standing(t *testing.T, r durableRun) {
	e := r.stored(t)
	principal := e.Principal()
	want := &accounts.Standing{
		Epochs: e.Epochs, Status: e.Status, Proofing: e.Proofing, Name: e.Name, Username: e.Account, Phone: e.Phone,
		USCC: e.USCC, Company: e.Name, LegalType: e.LegalType, AsOf: e.AsOf, UpdatedAt: e.UpdatedAt,
	}
	check := func(what string, admits bool) {
		t.Helper()
		got, err := r.Store.Standing(t.Context(), principal)
		ok(t, what, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if got.Admits(principal, r.in(0)) != admits {
			t.Errorf("%s: admits %v", what, !admits)
		}
	}
	check("at first", true)

	ok(t, "restrict", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusRestricted, r.in(0)))
	want.Status, want.UpdatedAt = accounts.StatusRestricted, r.in(0)
	check("restricted", true)

	ok(t, "freeze", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusFrozen, r.in(time.Second)))
	want.Status, want.UpdatedAt = accounts.StatusFrozen, r.in(time.Second)
	want.Epochs.Enterprise++
	check("frozen", false)

	ok(t, "thaw", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusActive, r.in(time.Second)))
	want.Status = accounts.StatusActive
	check("thawed: what was born before stays dead", false)
}

func noStanding(t *testing.T, r durableRun) {
	e := r.stored(t)
	for name, p := range map[string]accounts.Principal{
		"nobody":         {Type: accounts.TypeEnterprise, Subject: "nobody", Enterprise: "nobody"},
		"another kind":   {Type: accounts.TypePerson, Subject: string(e.ID), Enterprise: e.ID, Epochs: e.Epochs},
		"no kind at all": {},
		"bad text":       {Type: accounts.TypeEnterprise, Enterprise: "\xff\x00"},
	} {
		_, err := r.Store.Standing(t.Context(), p)
		wantErr(t, name, err, accounts.ErrNotFound)
	}
}
