package storagetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

// Changes is the suite of accounts.EnterpriseChanger, EvidenceStore and Ledger.
func Changes(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, append(enterpriseChanges(), []durableTest{
		{"an imported account is activated", activate},
		{"one that is not pending is not activated", activateRefused},
		{"of many who activate one account one succeeds", raceActivate},
		{"one of many accounts gets a login name", raceLoginName},
		{"accounts are counted by phone", enterprisesWithPhone},
		{"waiting for the register ends once", settleRegistration},
		{"of many who settle one registration one succeeds", raceSettleRegistration},
		{"a proof is kept once", putProof},
		{"an agreement is kept", putAgreement},
		{"what belongs together happens together", ledgerCommits},
		{"or not at all", ledgerRollsBack},
		{"of many transactions that spend one id one happens", raceLedger},
	}...))
	t.Run("accounts that wait are listed by when they were looked at", func(t *testing.T) {
		t.Parallel()
		clock := newAliveClock()
		waitingList(t, durableRun{Store: open(t, clock.Now), clock: clock})
	})
}

// pending returns an imported account that is stored.
func (r durableRun) pending(t *testing.T, changes ...func(*accounts.Enterprise)) *accounts.Enterprise {
	t.Helper()
	e := r.enterprise()
	e.Account, e.PasswordHash, e.Status, e.Phone = "", "", accounts.StatusPendingActivation, "+86"+rand.Text()
	for _, change := range changes {
		change(e)
	}
	ok(t, "create", r.Store.CreateEnterprise(t.Context(), e))
	return e
}

func (r durableRun) activation(e *accounts.Enterprise) accounts.Activation {
	return accounts.Activation{
		ID: e.ID, Account: "Firm-" + rand.Text(), Phone: "+86" + rand.Text(), PasswordHash: "$argon2id$" + rand.Text(),
		Proofing: 4, Status: accounts.StatusActive, ValidFrom: "2020-02-29", ValidTo: "", Now: r.in(0),
	}
}

func activate(t *testing.T, r durableRun) {
	for asOf, status := range map[string]accounts.Status{"": accounts.StatusActive, "2026-11-01": accounts.StatusRestricted} {
		e := r.pending(t)
		a := r.activation(e)
		a.AsOf, a.Status = asOf, status
		ok(t, "activate", r.Store.ActivateEnterprise(t.Context(), a))
		e.Status, e.Account, e.Phone, e.PasswordHash, e.Proofing = status, a.Account, a.Phone, a.PasswordHash, 4
		e.Representative.ValidFrom, e.Representative.ValidTo, e.UpdatedAt = a.ValidFrom, "", r.in(0)
		e.Epochs.Account++
		e.Epochs.Enterprise++
		if asOf != "" {
			e.AsOf = asOf
		}
		if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		found, err := r.Store.FindEnterprise(t.Context(), strings.ToUpper(a.Account))
		if err != nil || found.ID != e.ID {
			t.Errorf("by login name: %v, %v", found, err)
		}
		wantErr(t, "again", r.Store.ActivateEnterprise(t.Context(), r.activation(e)), accounts.ErrConflict)
	}
}

func activateRefused(t *testing.T, r durableRun) {
	for _, status := range []accounts.Status{
		accounts.StatusActive, accounts.StatusRestricted, accounts.StatusFrozen, accounts.StatusCancelled, accounts.StatusWaiting,
	} {
		e := r.pending(t, func(e *accounts.Enterprise) { e.Status = status })
		wantErr(t, string(status), r.Store.ActivateEnterprise(t.Context(), r.activation(e)), accounts.ErrConflict)
		if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
	}
	e, taken := r.pending(t), r.stored(t)
	a := r.activation(e)
	a.Account = strings.ToUpper(taken.Account)
	wantErr(t, "login name", r.Store.ActivateEnterprise(t.Context(), a), accounts.ErrConflict)
	if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
		t.Errorf("login name (-want +got):\n%s", diff)
	}
	a = r.activation(e)
	a.ID = "nobody"
	wantErr(t, "nobody", r.Store.ActivateEnterprise(t.Context(), a), accounts.ErrConflict)
}

func raceActivate(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		e, slow := r.pending(t), SlowLedger(r.Store, latency)
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			return slow.Within(t.Context(), func(tx accounts.Tx) error {
				return tx.ActivateEnterprise(t.Context(), r.activation(e))
			})
		})
		if got := r.read(t, e.ID).Epochs; got.Account != e.Epochs.Account+1 || got.Enterprise != e.Epochs.Enterprise+1 {
			t.Errorf("epochs went from %+v to %+v", e.Epochs, got)
		}
	}
}

func raceLoginName(t *testing.T, r durableRun) {
	const many = 30
	name := "Firm-" + rand.Text()
	var all []*accounts.Enterprise
	for range many {
		all = append(all, r.pending(t))
	}
	got := racers(t, many, func(i int) error {
		a := r.activation(all[i])
		a.Account = name
		return r.Store.ActivateEnterprise(t.Context(), a)
	})
	if got[nil] != 1 || got[accounts.ErrConflict] != many-1 {
		t.Errorf("answers %v", got)
	}
}

func enterprisesWithPhone(t *testing.T, r durableRun) {
	first := r.pending(t)
	count := func(phone string, want int) {
		t.Helper()
		got, err := r.Store.EnterprisesWithPhone(t.Context(), phone)
		if err != nil || got != want {
			t.Errorf("%d accounts with the phone, %v, want %d", got, err, want)
		}
	}
	same := func(e *accounts.Enterprise) { e.Phone = first.Phone }
	count(first.Phone, 1)
	second := r.pending(t, same)
	r.pending(t, same, func(e *accounts.Enterprise) { e.Status = accounts.StatusFrozen })
	count(first.Phone, 3)
	ok(t, "cancel", r.Store.SetEnterpriseStatus(t.Context(), second.ID, accounts.StatusCancelled, r.in(0)))
	count(first.Phone, 2)
	a := r.activation(first)
	ok(t, "activate", r.Store.ActivateEnterprise(t.Context(), a))
	count(first.Phone, 1)
	count(a.Phone, 1)
	r.pending(t, func(e *accounts.Enterprise) { e.Phone = "" })
	count("", 0)
	person := r.storedPerson(t, func(p *accounts.Person) { p.Phone = first.Phone })
	count(person.Phone, 1)
}

func (r durableRun) waiting(t *testing.T) *accounts.Enterprise {
	t.Helper()
	e := r.enterprise()
	e.Status, e.AsOf = accounts.StatusWaiting, ""
	ok(t, "create", r.Store.CreateEnterprise(t.Context(), e))
	return e
}

func settleRegistration(t *testing.T, r durableRun) {
	for _, status := range []accounts.Status{accounts.StatusActive, accounts.StatusRestricted, accounts.StatusCancelled} {
		e := r.waiting(t)
		ok(t, "settle", r.Store.SettleRegistration(t.Context(), e.ID, status, "2026-11-02", r.in(0)))
		e.Status, e.AsOf, e.UpdatedAt = status, "2026-11-02", r.in(0)
		for _, again := range []accounts.Status{accounts.StatusActive, accounts.StatusCancelled} {
			err := r.Store.SettleRegistration(t.Context(), e.ID, again, "2026-11-03", r.in(0))
			wantErr(t, "again", err, accounts.ErrConflict)
		}
		if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
	}
	e := r.stored(t)
	wantErr(t, "one that does not wait",
		r.Store.SettleRegistration(t.Context(), e.ID, accounts.StatusCancelled, "", r.in(0)), accounts.ErrConflict)
}

func raceSettleRegistration(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		e, slow := r.waiting(t), SlowLedger(r.Store, latency)
		wantOneWinner(t, accounts.ErrConflict, func(i int) error {
			status := []accounts.Status{accounts.StatusActive, accounts.StatusCancelled}[i%2]
			return slow.Within(t.Context(), func(tx accounts.Tx) error {
				return tx.SettleRegistration(t.Context(), e.ID, status, "", r.in(0))
			})
		})
	}
}

// waitingList has a store of its own.
func waitingList(t *testing.T, r durableRun) {
	list := func(what string, before time.Time, limit int, want ...accounts.EnterpriseID) {
		t.Helper()
		all, err := r.Store.WaitingEnterprises(t.Context(), before, limit)
		ok(t, what, err)
		var got []accounts.EnterpriseID
		for _, e := range all {
			if diff := cmp.Diff(e, r.read(t, e.ID)); diff != "" {
				t.Errorf("%s (-listed +read):\n%s", what, diff)
			}
			got = append(got, e.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	list("nobody", r.in(0), 10)
	r.stored(t)
	var ids []accounts.EnterpriseID
	for i := range 4 {
		e := r.waiting(t)
		ids = append(ids, e.ID)
		ok(t, "looked", r.Store.Looked(t.Context(), e.ID, r.in(time.Duration(-i)*time.Minute)))
	}
	slices.Reverse(ids)
	list("all", r.in(time.Millisecond), 10, ids...)
	list("some", r.in(time.Millisecond), 2, ids[:2]...)
	list("before", r.in(-time.Minute), 10, ids[:2]...)
	ok(t, "looked", r.Store.Looked(t.Context(), ids[0], r.in(0)))
	ok(t, "looked at nobody", r.Store.Looked(t.Context(), "nobody", r.in(0)))
	list("then", r.in(-time.Minute), 10, ids[1])
	ok(t, "settle", r.Store.SettleRegistration(t.Context(), ids[1], accounts.StatusActive, "", r.in(0)))
	list("settled", r.in(-time.Minute), 10)
	fresh := r.waiting(t)
	list("never looked at", r.in(-time.Hour), 10, fresh.ID)
}

func (r durableRun) proof(subject string) *accounts.Proof {
	return &accounts.Proof{
		ID: uuid.NewString(), Kind: accounts.ProofFace, Purpose: accounts.PurposeRegister, Subject: subject, Provider: "aliyun",
		Evidence: rand.Text(), DocHash: randomHash(), Simulated: true, At: r.in(0),
	}
}

func putProof(t *testing.T, r durableRun) {
	subject := rand.Text()
	_, err := r.Store.LastProof(t.Context(), subject)
	wantErr(t, "none", err, accounts.ErrNotFound)
	first := r.proof(subject)
	ok(t, "put", r.Store.PutProof(t.Context(), first))
	wantErr(t, "again", r.Store.PutProof(t.Context(), first), accounts.ErrConflict)
	moved := *first
	moved.Subject = subject + "2"
	wantErr(t, "for another account", r.Store.PutProof(t.Context(), &moved), accounts.ErrConflict)
	wantLast := func(want *accounts.Proof) {
		t.Helper()
		got, err := r.Store.LastProof(t.Context(), subject)
		ok(t, "last", err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("last (-want +got):\n%s", diff)
		}
	}
	wantLast(first)
	older, newer := r.proof(subject), r.proof(subject)
	older.At, newer.At, newer.Simulated, newer.Kind = r.in(-time.Hour), r.in(time.Hour), false, accounts.ProofLicence
	ok(t, "put", r.Store.PutProof(t.Context(), newer))
	ok(t, "put", r.Store.PutProof(t.Context(), older))
	wantLast(newer)

	for _, latency := range latencies() {
		p, slow := r.proof(rand.Text()), SlowLedger(r.Store, latency)
		wantOneWinner(t, accounts.ErrConflict, func(i int) error {
			mine := *p
			mine.Subject = fmt.Sprint(p.Subject, i)
			return slow.Within(t.Context(), func(tx accounts.Tx) error { return tx.PutProof(t.Context(), &mine) })
		})
	}
}

func putAgreement(t *testing.T, r durableRun) {
	a := &accounts.Agreement{Subject: rand.Text(), Document: accounts.DocumentFace, Version: "1", Case: "c", At: r.in(0)}
	for range 2 { // the same again is the same word
		ok(t, "put", r.Store.PutAgreement(t.Context(), a))
	}
	a.Version = "2"
	ok(t, "another version", r.Store.PutAgreement(t.Context(), a))
}

// settled is a transaction as the wizards make it.
func (r durableRun) settled(t *testing.T, tx accounts.Tx, id string, p *accounts.Person, e *accounts.Enterprise) error {
	t.Helper()
	ctx := t.Context()
	return errors.Join(
		tx.Spend(ctx, id, r.in(time.Hour)),
		tx.PutProof(ctx, r.proof(string(p.ID))),
		tx.PutAgreement(ctx, &accounts.Agreement{Subject: string(p.ID), Document: "service", At: r.in(0)}),
		tx.CreatePerson(ctx, p), tx.CreateEnterprise(ctx, e),
		tx.Post(ctx, r.message(), r.in(0)),
	)
}

func ledgerCommits(t *testing.T, r durableRun) {
	id, p, e := rand.Text(), r.person(), r.enterprise()
	ok(t, "within", r.Store.Within(t.Context(), func(tx accounts.Tx) error {
		if err := r.settled(t, tx, id, p, e); err != nil {
			return err
		}
		found, err := tx.FindPerson(t.Context(), accounts.PersonIdentifier{Phone: p.Phone}) // it sees what it did
		if err == nil && found.ID != p.ID {
			t.Errorf("found %s", found.ID)
		}
		return err
	}))
	r.wantSpent(t, id, true)
	r.wantPerson(t, "person", p)
	r.read(t, e.ID)
	_, err := r.Store.LastProof(t.Context(), string(p.ID))
	ok(t, "proof", err)
}

func ledgerRollsBack(t *testing.T, r durableRun) {
	taken := r.stored(t)
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		want error
		last func(tx accounts.Tx) error
	}{
		"an error": {failed, func(accounts.Tx) error { return failed }},
		"a conflict": {accounts.ErrConflict, func(tx accounts.Tx) error {
			e := r.enterprise()
			e.USCC = taken.USCC
			return tx.CreateEnterprise(t.Context(), e)
		}},
		"a taken login name": {accounts.ErrConflict, func(tx accounts.Tx) error {
			e := r.enterprise()
			e.Status, e.Account = accounts.StatusPendingActivation, ""
			if err := tx.CreateEnterprise(t.Context(), e); err != nil {
				return err
			}
			a := r.activation(e)
			a.Account = taken.Account
			return tx.ActivateEnterprise(t.Context(), a)
		}},
		"nobody": {accounts.ErrNotFound, func(tx accounts.Tx) error { return tx.RaisePersonEpoch(t.Context(), "nobody", r.in(0)) }},
	} {
		id, p, e := rand.Text(), r.person(), r.enterprise()
		err := r.Store.Within(t.Context(), func(tx accounts.Tx) error {
			if err := r.settled(t, tx, id, p, e); err != nil {
				return err
			}
			return test.last(tx)
		})
		wantErr(t, name, err, test.want)
		r.wantSpent(t, id, false)
		_, err = r.Store.Person(t.Context(), p.ID)
		wantErr(t, name+": person", err, accounts.ErrNotFound)
		_, err = r.Store.Enterprise(t.Context(), e.ID)
		wantErr(t, name+": enterprise", err, accounts.ErrNotFound)
		_, err = r.Store.LastProof(t.Context(), string(p.ID))
		wantErr(t, name+": proof", err, accounts.ErrNotFound)
	}
}

func raceLedger(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow, id := SlowLedger(r.Store, latency), rand.Text()
		phone := "+86" + rand.Text()
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			p := r.person()
			p.Phone = phone
			return slow.Within(t.Context(), func(tx accounts.Tx) error {
				if err := tx.Spend(t.Context(), id, r.in(time.Hour)); err != nil {
					return err
				}
				return tx.CreatePerson(t.Context(), p)
			})
		})
		if n, err := r.Store.PersonsWithPhone(t.Context(), phone); n != 1 || err != nil {
			t.Errorf("%d accounts were opened, %v", n, err)
		}
	}
}
