package storagetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

// Persons is the suite of accounts.PersonStore and of the standings of persons.
func Persons(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"a person is found by phone", findByPhone},
		{"a person is found by each kind of document", findByDocument},
		{"nobody is found by nothing, or by what nobody has", findNobody},
		{"a document has one account", personConflicts},
		{"one of many who register one document at once succeeds", racePerson},
		{"a phone may have several accounts", personsWithPhone},
		{"one of many who bind one phone at once succeeds", raceHoldPhone},
		{"a cancelled account gives its document free and forgets", cancelPerson},
		{"a state that admits nobody raises the epoch", personStatus},
		{"a password is replaced only if it still is the old one", personPassword},
		{"of many who replace one password one succeeds", racePersonPassword},
		{"epochs raised at once are all counted", racePersonEpoch},
		{"another phone is bound", personPhone},
		{"an account closes and is taken back", personClosing},
		{"changes of nobody are not found", changeNobody},
		{"standing is what the account says now", personStanding},
	})
}

// person returns an account that is not stored yet, unlike any other.
func (r durableRun) person() *accounts.Person {
	return &accounts.Person{
		ID: accounts.PersonID(uuid.NewString()), Name: "\u9648\u00b7\U00020bb7", DocType: accounts.DocResidentID, DocNumber: rand.Text()[:18],
		ValidFrom: "2016-03-01", ValidTo: "2036-03-01", Phone: "+86" + rand.Text(), PasswordHash: "$argon2id$" + rand.Text(),
		Status: accounts.StatusActive, Proofing: 4, Epoch: 3,
		CreatedAt: r.in(-time.Hour).Add(123 * time.Millisecond), UpdatedAt: r.in(-time.Minute),
	}
}

// storedPerson returns a new account, changed and stored.
func (r durableRun) storedPerson(t *testing.T, changes ...func(*accounts.Person)) *accounts.Person {
	t.Helper()
	p := r.person()
	for _, change := range changes {
		change(p)
	}
	ok(t, "create person", r.Store.CreatePerson(t.Context(), p))
	return p
}

func (r durableRun) wantPerson(t *testing.T, what string, want *accounts.Person) {
	t.Helper()
	got, err := r.Store.Person(t.Context(), want.ID)
	ok(t, what, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (r durableRun) wantFoundPerson(t *testing.T, what string, by accounts.PersonIdentifier, want *accounts.Person) {
	t.Helper()
	got, err := r.Store.FindPerson(t.Context(), by)
	ok(t, what, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func findByPhone(t *testing.T, r durableRun) {
	p, other := r.storedPerson(t), r.storedPerson(t)
	r.wantPerson(t, "by id", p)
	r.wantFoundPerson(t, "by phone", accounts.PersonIdentifier{Phone: p.Phone}, p)
	r.wantFoundPerson(t, "by the phone of one and the document of another",
		accounts.PersonIdentifier{Phone: p.Phone, Documents: []string{other.DocumentKey()}}, p)
	second := r.storedPerson(t, func(s *accounts.Person) { s.Phone, s.CreatedAt = p.Phone, p.CreatedAt.Add(time.Second) })
	r.wantFoundPerson(t, "the older of two with one phone", accounts.PersonIdentifier{Phone: p.Phone}, p)
	r.wantFoundPerson(t, "the younger", accounts.PersonIdentifier{Documents: []string{second.DocumentKey()}}, second)
}

func documentKinds() []accounts.DocType {
	return []accounts.DocType{
		accounts.DocResidentID, accounts.DocHKMacaoPermit, accounts.DocTaiwanPermit, accounts.DocResidencePermit,
		accounts.DocPermanentResident, accounts.DocPassport,
	}
}

func findByDocument(t *testing.T, r durableRun) {
	number := rand.Text()
	for _, kind := range documentKinds() { // one number of six kinds is six persons
		p := r.storedPerson(t, func(p *accounts.Person) { p.DocType, p.DocNumber = kind, number })
		r.wantFoundPerson(t, string(kind), accounts.PersonIdentifier{Documents: []string{p.DocumentKey()}}, p)
		asked := []string{"a", "b", "c", "d", "e", "f"}
		for i := range asked {
			documents := append([]string(nil), asked...)
			documents[i] = p.DocumentKey()
			r.wantFoundPerson(t, fmt.Sprint(kind, " among six, at ", i), accounts.PersonIdentifier{Phone: "nobody's", Documents: documents}, p)
		}
	}
	permit := r.storedPerson(t, func(p *accounts.Person) { p.DocType, p.DocNumber = accounts.DocHKMacaoPermit, "H"+rand.Text()[:8]+"01" })
	again := *permit
	again.DocNumber = permit.DocNumber[:9] + "02"
	r.wantFoundPerson(t, "a permit issued again", accounts.PersonIdentifier{Documents: []string{again.DocumentKey()}}, permit)
}

func findNobody(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	nothing := make([]string, accounts.MaxDocuments)
	for name, by := range map[string]accounts.PersonIdentifier{
		"nothing":        {},
		"empty":          {Documents: nothing},
		"another":        {Phone: p.Phone + "0", Documents: []string{p.DocumentKey() + "0"}},
		"in one another": {Phone: p.DocumentKey(), Documents: []string{p.Phone, p.DocNumber, string(p.ID)}},
		"no text":        {Phone: "\xff\x00", Documents: []string{"\xff", "\x00", strings.Repeat("9", 1<<16), "' OR 1=1 --"}},
	} {
		_, err := r.Store.FindPerson(t.Context(), by)
		wantErr(t, name, err, accounts.ErrNotFound)
	}
	for _, id := range []accounts.PersonID{"", "nobody", "\xff", p.ID + "\x00", accounts.PersonID(p.Phone)} {
		_, err := r.Store.Person(t.Context(), id)
		wantErr(t, "read", err, accounts.ErrNotFound)
	}
}

func personConflicts(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	for name, change := range map[string]func(o *accounts.Person){
		"document": func(o *accounts.Person) { o.DocType, o.DocNumber = p.DocType, p.DocNumber },
		"id":       func(o *accounts.Person) { o.ID = p.ID },
	} {
		other := r.person()
		change(other)
		wantErr(t, name, r.Store.CreatePerson(t.Context(), other), accounts.ErrConflict)
	}
	frozen := r.storedPerson(t, func(p *accounts.Person) { p.Status = accounts.StatusFrozen })
	other := r.person()
	other.DocNumber = frozen.DocNumber
	wantErr(t, "document of a frozen account", r.Store.CreatePerson(t.Context(), other), accounts.ErrConflict)
	other.DocType = accounts.DocPassport
	ok(t, "the same number of another kind", r.Store.CreatePerson(t.Context(), other))
	r.wantPerson(t, "the first", p)
}

func racePerson(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow, number := SlowPersons(r.Store, latency), rand.Text()
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			p := r.person()
			p.DocNumber = number
			return slow.CreatePerson(t.Context(), p)
		})
	}
}

func raceHoldPhone(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow, phone := SlowLedger(r.Store, latency), "+86"+rand.Text()
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			p := r.person()
			p.Phone = phone
			return slow.Within(t.Context(), func(tx accounts.Tx) error {
				if err := tx.HoldPhone(t.Context(), phone); err != nil {
					return err
				}
				if n, err := tx.PersonsWithPhone(t.Context(), phone); err != nil || n > 0 {
					return errors.Join(accounts.ErrConflict, err)
				}
				return tx.CreatePerson(t.Context(), p)
			})
		})
	}
}

func personsWithPhone(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	wantCount := func(want int) {
		t.Helper()
		got, err := r.Store.PersonsWithPhone(t.Context(), p.Phone)
		ok(t, "count", err)
		if got != want {
			t.Errorf("%d accounts with one phone, want %d", got, want)
		}
	}
	wantCount(1)
	second := r.storedPerson(t, func(o *accounts.Person) { o.Phone = p.Phone })
	r.storedPerson(t, func(o *accounts.Person) { o.Phone, o.Status = p.Phone, accounts.StatusFrozen })
	wantCount(3)
	ok(t, "cancel", r.Store.SetPersonStatus(t.Context(), second.ID, accounts.StatusCancelled, r.in(0)))
	wantCount(2)
	if n, err := r.Store.PersonsWithPhone(t.Context(), p.Phone+"1"); n != 0 || err != nil {
		t.Errorf("of another phone: %d, %v", n, err)
	}
}

func cancelPerson(t *testing.T, r durableRun) {
	p := r.storedPerson(t, func(p *accounts.Person) { p.ClosingAt = r.in(-time.Second) })
	for i := range 2 { // again does nothing
		ok(t, "cancel", r.Store.SetPersonStatus(t.Context(), p.ID, accounts.StatusCancelled, r.in(time.Duration(i)*time.Hour)))
	}
	r.wantPerson(t, "cancelled", &accounts.Person{
		ID: p.ID, DocType: p.DocType, Status: accounts.StatusCancelled, Proofing: p.Proofing, Epoch: p.Epoch + 1,
		ClosingAt: p.ClosingAt, CreatedAt: p.CreatedAt, UpdatedAt: r.in(0),
	})
	_, err := r.Store.FindPerson(t.Context(), accounts.PersonIdentifier{Phone: p.Phone, Documents: []string{p.DocumentKey()}})
	wantErr(t, "find", err, accounts.ErrNotFound)
	for name, err := range map[string]error{
		"phone":   r.Store.SetPersonPhone(t.Context(), p.ID, p.Phone, r.in(0)),
		"closing": r.Store.SetPersonClosing(t.Context(), p.ID, time.Time{}, false, r.in(0)),
	} {
		wantErr(t, name, err, accounts.ErrNotFound)
	}
	ok(t, "un-cancel", r.Store.SetPersonStatus(t.Context(), p.ID, accounts.StatusActive, r.in(0)))
	got, err := r.Store.Person(t.Context(), p.ID)
	ok(t, "read", err)
	if got.Status != accounts.StatusCancelled {
		t.Errorf("a cancelled account became %s", got.Status)
	}

	second := r.person()
	second.DocNumber, second.Phone = p.DocNumber, p.Phone
	ok(t, "register again", r.Store.CreatePerson(t.Context(), second))
	r.wantFoundPerson(t, "the new one", accounts.PersonIdentifier{Documents: []string{p.DocumentKey()}}, second)
	for range 2 { // any number of cancelled ones
		ok(t, "cancel", r.Store.SetPersonStatus(t.Context(), second.ID, accounts.StatusCancelled, r.in(0)))
		second = r.storedPerson(t, func(o *accounts.Person) { o.DocNumber = p.DocNumber })
	}
}

func personStatus(t *testing.T, r durableRun) {
	for _, c := range []struct {
		from, to accounts.Status
		raised   int64
	}{
		{accounts.StatusActive, accounts.StatusFrozen, 1}, {accounts.StatusFrozen, accounts.StatusActive, 0},
	} {
		p := r.storedPerson(t, func(p *accounts.Person) { p.Status = c.from })
		ok(t, "set", r.Store.SetPersonStatus(t.Context(), p.ID, c.to, r.in(0)))
		ok(t, "set again", r.Store.SetPersonStatus(t.Context(), p.ID, c.to, r.in(time.Hour)))
		p.Status, p.UpdatedAt, p.Epoch = c.to, r.in(0), p.Epoch+c.raised
		r.wantPerson(t, string(c.to), p)
	}
}

func personPassword(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	for _, raise := range []bool{false, true} {
		hash := p.PasswordHash + "+"
		ok(t, "set", r.Store.SetPersonPassword(t.Context(), p.ID, p.PasswordHash, hash, raise, r.in(0)))
		wantErr(t, "set from the old one",
			r.Store.SetPersonPassword(t.Context(), p.ID, p.PasswordHash, "other", raise, r.in(0)), accounts.ErrConflict)
		p.PasswordHash, p.UpdatedAt = hash, r.in(0)
		if raise {
			p.Epoch++
		}
		r.wantPerson(t, fmt.Sprint("raise ", raise), p)
	}
}

func racePersonPassword(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow, p := SlowPersons(r.Store, latency), r.storedPerson(t)
		wantOneWinner(t, accounts.ErrConflict, func(i int) error {
			return slow.SetPersonPassword(t.Context(), p.ID, p.PasswordHash, fmt.Sprint("new ", i), true, r.in(0))
		})
		got, err := r.Store.Person(t.Context(), p.ID)
		ok(t, "read", err)
		if got.Epoch != p.Epoch+1 {
			t.Errorf("the epoch went from %d to %d", p.Epoch, got.Epoch)
		}
	}
}

func racePersonEpoch(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	racers(t, racing, func(int) error { return r.Store.RaisePersonEpoch(t.Context(), p.ID, r.in(0)) })
	p.Epoch, p.UpdatedAt = p.Epoch+racing, r.in(0)
	r.wantPerson(t, "raised", p)
}

func personPhone(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	old := p.Phone
	p.Phone, p.UpdatedAt = "+86"+rand.Text(), r.in(0)
	ok(t, "set", r.Store.SetPersonPhone(t.Context(), p.ID, p.Phone, r.in(0)))
	r.wantPerson(t, "set", p)
	r.wantFoundPerson(t, "by the new phone", accounts.PersonIdentifier{Phone: p.Phone}, p)
	_, err := r.Store.FindPerson(t.Context(), accounts.PersonIdentifier{Phone: old})
	wantErr(t, "by the old phone", err, accounts.ErrNotFound)
}

func personClosing(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	at := r.in(15 * 24 * time.Hour)
	ok(t, "close", r.Store.SetPersonClosing(t.Context(), p.ID, at, true, r.in(0)))
	p.ClosingAt, p.UpdatedAt, p.Epoch = at, r.in(0), p.Epoch+1
	r.wantPerson(t, "closing", p)
	r.wantFoundPerson(t, "while it closes", accounts.PersonIdentifier{Phone: p.Phone}, p)
	other := r.person()
	other.DocNumber = p.DocNumber
	wantErr(t, "the document, while it closes", r.Store.CreatePerson(t.Context(), other), accounts.ErrConflict)

	// Other tests close persons too.
	closed := func(now time.Time) bool {
		ok(t, "end", r.Store.EndClosed(t.Context(), now, 1000))
		got, err := r.Store.Person(t.Context(), p.ID)
		ok(t, "read", err)
		return got.Status == accounts.StatusCancelled
	}
	if closed(at.Add(-time.Millisecond)) {
		t.Error("ended too soon")
	}
	ok(t, "take back", r.Store.SetPersonClosing(t.Context(), p.ID, time.Time{}, false, r.in(0)))
	p.ClosingAt = time.Time{}
	r.wantPerson(t, "taken back", p)
	if closed(at.Add(time.Hour)) {
		t.Error("ended after it was taken back")
	}
	ok(t, "close", r.Store.SetPersonClosing(t.Context(), p.ID, at, true, r.in(0)))
	ok(t, "none asked for", r.Store.EndClosed(t.Context(), at, 0))
	if !closed(at) {
		t.Error("not ended in time")
	}
	other = r.person()
	other.DocNumber = p.DocNumber
	ok(t, "the document, afterwards", r.Store.CreatePerson(t.Context(), other))
}

func changeNobody(t *testing.T, r durableRun) {
	const nobody accounts.PersonID = "nobody"
	for name, err := range map[string]error{
		"password": r.Store.SetPersonPassword(t.Context(), nobody, "old", "new", true, r.in(0)),
		"phone":    r.Store.SetPersonPhone(t.Context(), nobody, "+86", r.in(0)),
		"closing":  r.Store.SetPersonClosing(t.Context(), nobody, r.in(0), true, r.in(0)),
		"status":   r.Store.SetPersonStatus(t.Context(), nobody, accounts.StatusFrozen, r.in(0)),
		"cancel":   r.Store.SetPersonStatus(t.Context(), nobody, accounts.StatusCancelled, r.in(0)),
		"epoch":    r.Store.RaisePersonEpoch(t.Context(), nobody, r.in(0)),
	} {
		wantErr(t, name, err, accounts.ErrNotFound)
	}
}

func personStanding(t *testing.T, r durableRun) {
	p := r.storedPerson(t)
	principal := p.Principal()
	want := &accounts.Standing{
		Epochs: accounts.Epochs{Account: p.Epoch}, Status: p.Status, Proofing: p.Proofing, Name: p.Name, Phone: p.Phone, UpdatedAt: p.UpdatedAt,
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
	ok(t, "phone", r.Store.SetPersonPhone(t.Context(), p.ID, "+8613911112222", r.in(0)))
	want.Phone, want.UpdatedAt = "+8613911112222", r.in(0)
	check("another phone", true)
	// Later than whatever other tests end meanwhile.
	ok(t, "close", r.Store.SetPersonClosing(t.Context(), p.ID, r.in(365*24*time.Hour), true, r.in(0)))
	want.Epochs.Account++
	check("closing", false)
	principal.Epochs.Account++
	check("signed in again", true)
	ok(t, "cancel", r.Store.SetPersonStatus(t.Context(), p.ID, accounts.StatusCancelled, r.in(0)))
	want.Epochs.Account++
	want.Status, want.Name, want.Phone = accounts.StatusCancelled, "", ""
	check("cancelled", false)

	e := r.stored(t)
	for name, q := range map[string]accounts.Principal{
		"nobody":                {Type: accounts.TypePerson, Subject: "nobody", Person: "nobody"},
		"without a person":      {Type: accounts.TypePerson, Subject: string(p.ID)},
		"an enterprise's":       {Type: accounts.TypePerson, Subject: string(e.ID), Person: accounts.PersonID(e.ID)},
		"as an enterprise":      {Type: accounts.TypeEnterprise, Subject: string(p.ID), Enterprise: accounts.EnterpriseID(p.ID)},
		"as an agent":           {Type: accounts.TypeAgent, Subject: string(p.ID), Person: p.ID},
		"that cannot be":        {Type: accounts.TypePerson, Person: "\xff\x00"},
		"a person without type": {Subject: string(p.ID), Person: p.ID},
	} {
		_, err := r.Store.Standing(t.Context(), q)
		wantErr(t, name, err, accounts.ErrNotFound)
	}
}
