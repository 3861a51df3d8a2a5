package storagetest

import (
	"crypto/rand"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

// enterpriseChanges are the tests of the changes that an enterprise makes of itself.
func enterpriseChanges() []durableTest {
	return []durableTest{
		{"an enterprise's facts change", changeEnterprise},
		{"a new representative ends what came before", changeRepresentative},
		{"what is not as it was is not changed", changeRefused},
		{"of many who change the representative one succeeds", raceChange},
		{"an enterprise gets another phone", setEnterprisePhone},
	}
}

// change is one of the facts of an account that is stored.
func (r durableRun) change(e *accounts.Enterprise) accounts.EnterpriseChange {
	return accounts.EnterpriseChange{
		ID: e.ID, Epochs: e.Epochs, Name: e.Name + rand.Text(), LegalType: "non_legal_enterprise",
		Representative: accounts.Representative{
			Name: "Zhao " + rand.Text(), DocType: accounts.DocPassport, DocNumber: "E" + rand.Text(), ValidFrom: "2024-02-29",
		},
		Proofing: 4, AsOf: "2026-11-01", Now: r.in(0),
	}
}

// changed is what an account is after a change.
func changed(e *accounts.Enterprise, c accounts.EnterpriseChange) *accounts.Enterprise {
	after := *e
	after.Name, after.LegalType, after.Representative, after.UpdatedAt = c.Name, c.LegalType, c.Representative, c.Now
	if c.AsOf != "" {
		after.AsOf = c.AsOf
	}
	if c.NewRepresentative {
		after.Proofing = c.Proofing
		after.Epochs.Account++
		after.Epochs.Enterprise++
	}
	return &after
}

func changeEnterprise(t *testing.T, r durableRun) {
	for _, asOf := range []string{"", "2026-11-01"} {
		e := r.stored(t)
		c := r.change(e)
		c.AsOf = asOf
		ok(t, "change", r.Store.ChangeEnterprise(t.Context(), c))
		ok(t, "change again", r.Store.ChangeEnterprise(t.Context(), c))
		if diff := cmp.Diff(changed(e, c), r.read(t, e.ID)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func changeRepresentative(t *testing.T, r durableRun) {
	e := r.stored(t)
	c := r.change(e)
	c.NewRepresentative = true
	ok(t, "change", r.Store.ChangeEnterprise(t.Context(), c))
	if diff := cmp.Diff(changed(e, c), r.read(t, e.ID)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantErr(t, "again", r.Store.ChangeEnterprise(t.Context(), c), accounts.ErrConflict)
}

func changeRefused(t *testing.T, r durableRun) {
	for _, status := range []accounts.Status{
		accounts.StatusPendingActivation, accounts.StatusFrozen, accounts.StatusCancelled, accounts.StatusWaiting,
	} {
		e := r.enterprise()
		e.Status = status
		ok(t, "create", r.Store.CreateEnterprise(t.Context(), e))
		wantErr(t, string(status), r.Store.ChangeEnterprise(t.Context(), r.change(e)), accounts.ErrConflict)
		if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
	}
	e := r.stored(t)
	for name, other := range map[string]func(c *accounts.EnterpriseChange){
		"another account epoch":    func(c *accounts.EnterpriseChange) { c.Epochs.Account++ },
		"another enterprise epoch": func(c *accounts.EnterpriseChange) { c.Epochs.Enterprise-- },
		"nobody":                   func(c *accounts.EnterpriseChange) { c.ID = "nobody" },
	} {
		c := r.change(e)
		other(&c)
		wantErr(t, name, r.Store.ChangeEnterprise(t.Context(), c), accounts.ErrConflict)
	}
	if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func raceChange(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		e, slow := r.stored(t), SlowLedger(r.Store, latency)
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			c := r.change(e)
			c.NewRepresentative = true
			return slow.Within(t.Context(), func(tx accounts.Tx) error { return tx.ChangeEnterprise(t.Context(), c) })
		})
	}
}

func setEnterprisePhone(t *testing.T, r durableRun) {
	e := r.stored(t)
	phone := "+86" + rand.Text()
	ok(t, "set phone", r.Store.SetEnterprisePhone(t.Context(), e.ID, phone, r.in(0)))
	e.Phone, e.UpdatedAt = phone, r.in(0)
	if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n, err := r.Store.EnterprisesWithPhone(t.Context(), phone); n != 1 || err != nil {
		t.Errorf("%d accounts with the phone, %v", n, err)
	}
	ok(t, "cancel", r.Store.SetEnterpriseStatus(t.Context(), e.ID, accounts.StatusCancelled, r.in(0)))
	wantErr(t, "of a cancelled account", r.Store.SetEnterprisePhone(t.Context(), e.ID, phone, r.in(0)), accounts.ErrNotFound)
	wantErr(t, "of nobody", r.Store.SetEnterprisePhone(t.Context(), "nobody", phone, r.in(0)), accounts.ErrNotFound)
}
