package accounts

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// books are the stores of what must be remembered, in memory: each call under one
// lock, a transaction on a copy that is taken over if it succeeds.
type books struct {
	lock  sync.Locker
	log   func(call string)
	fault error // of the next transaction's end

	leaves
}

// leaves are what a transaction changes.
type leaves struct {
	persons    map[PersonID]Person
	firms      map[EnterpriseID]Enterprise
	looked     map[EnterpriseID]time.Time
	mandates   map[string]Mandate
	reminded   map[string]Ending
	deeds      []MandateEvent
	proofs     map[string]Proof
	agreements []Agreement
	posted     []Message
	spent      map[string]bool
	// effects are the changes made to accounts, by what was spent in the same
	// transaction: "" of those that spend nothing.
	effects map[string][]string
	spends  string // in this transaction
}

type unlocked struct{}

func (unlocked) Lock()   {}
func (unlocked) Unlock() {}

var _ Tx = (*books)(nil)

func newBooks(log func(string)) *books {
	return &books{
		lock: &sync.Mutex{}, log: log,
		leaves: leaves{
			persons: map[PersonID]Person{}, firms: map[EnterpriseID]Enterprise{}, looked: map[EnterpriseID]time.Time{},
			mandates: map[string]Mandate{}, reminded: map[string]Ending{}, proofs: map[string]Proof{}, spent: map[string]bool{}, effects: map[string][]string{},
		},
	}
}

// Within runs f twice, as after a lost race: the first time for nothing.
func (b *books) Within(_ context.Context, f func(tx Tx) error) error {
	b.lock.Lock()
	defer b.lock.Unlock()
	if err := f(b.draft()); err != nil {
		return err
	}
	d := b.draft()
	if err := f(d); err != nil {
		return err
	}
	if err := b.fault; err != nil {
		b.fault = nil
		return err
	}
	d.spends = ""
	b.leaves = d.leaves
	return nil
}

func (b *books) draft() *books {
	d := *b
	d.lock, d.spends = unlocked{}, ""
	d.persons, d.firms, d.looked = maps.Clone(b.persons), maps.Clone(b.firms), maps.Clone(b.looked)
	d.proofs, d.spent, d.effects = maps.Clone(b.proofs), maps.Clone(b.spent), maps.Clone(b.effects)
	d.mandates, d.reminded, d.deeds = maps.Clone(b.mandates), maps.Clone(b.reminded), slices.Clone(b.deeds)
	d.agreements, d.posted = slices.Clone(b.agreements), slices.Clone(b.posted)
	return &d
}

func (b *books) enter(call string) func() {
	b.lock.Lock()
	b.log(call)
	return b.lock.Unlock
}

func (b *books) effect(what string) {
	b.effects[b.spends] = append(slices.Clone(b.effects[b.spends]), what)
}

func (b *books) Spend(_ context.Context, id string, _ time.Time) error {
	defer b.enter("spend")()
	if b.spent[id] {
		return ErrConflict
	}
	b.spent[id], b.spends = true, id
	return nil
}

// HoldPhone: every call is under one lock.
func (b *books) HoldPhone(context.Context, string) error {
	defer b.enter("hold phone")()
	return nil
}

func (b *books) Post(_ context.Context, m Message, _ time.Time) error {
	defer b.enter("post")()
	if !slices.ContainsFunc(b.posted, func(p Message) bool { return p.ID == m.ID }) {
		b.posted = append(b.posted, m)
	}
	return nil
}

func (b *books) PutProof(_ context.Context, p *Proof) error {
	defer b.enter("put proof")()
	if _, there := b.proofs[p.ID]; there {
		return ErrConflict
	}
	b.proofs[p.ID] = *p
	return nil
}

func (b *books) PutAgreement(_ context.Context, a *Agreement) error {
	defer b.enter("put agreement")()
	b.agreements = append(b.agreements, *a)
	return nil
}

func (b *books) FindPerson(_ context.Context, by PersonIdentifier) (*Person, error) {
	defer b.enter("find person")()
	var found *Person
	for _, p := range b.persons {
		phone := by.Phone != "" && p.Phone == by.Phone
		if p.Status != StatusCancelled && (phone || found == nil && slices.Contains(by.Documents, p.DocumentKey())) {
			found = &p
		}
	}
	if found == nil {
		return nil, ErrNotFound
	}
	return found, nil
}

func (b *books) Person(_ context.Context, id PersonID) (*Person, error) {
	defer b.enter("read person")()
	if p, there := b.persons[id]; there {
		return &p, nil
	}
	return nil, ErrNotFound
}

func (b *books) PersonsWithPhone(_ context.Context, phone string) (n int, err error) {
	defer b.enter("count persons")()
	for _, p := range b.persons {
		if p.Phone == phone && p.Status != StatusCancelled {
			n++
		}
	}
	return n, nil
}

func (b *books) CreatePerson(_ context.Context, p *Person) error {
	defer b.enter("create person")()
	for _, other := range b.persons {
		if other.ID == p.ID || other.Status != StatusCancelled && other.DocumentKey() == p.DocumentKey() {
			return ErrConflict
		}
	}
	b.persons[p.ID] = *p
	b.effect("create person")
	return nil
}

func (b *books) changePerson(id PersonID, change func(p *Person) error) error {
	p, there := b.persons[id]
	if !there || p.Status == StatusCancelled {
		return ErrNotFound
	}
	if err := change(&p); err != nil {
		return err
	}
	b.persons[id] = p
	return nil
}

func (b *books) SetPersonPassword(_ context.Context, id PersonID, old, hash string, raise bool, _ time.Time) error {
	defer b.enter("set person password")()
	return b.changePerson(id, func(p *Person) error {
		if p.PasswordHash != old {
			return ErrConflict
		}
		p.PasswordHash = hash
		if raise {
			p.Epoch++
			b.effect("set person password")
		}
		return nil
	})
}

func (b *books) SetPersonPhone(_ context.Context, id PersonID, phone string, _ time.Time) error {
	defer b.enter("set person phone")()
	return b.changePerson(id, func(p *Person) error {
		p.Phone = phone
		b.effect("set person phone")
		return nil
	})
}

func (b *books) SetPersonClosing(_ context.Context, id PersonID, at time.Time, raise bool, _ time.Time) error {
	defer b.enter("set person closing")()
	return b.changePerson(id, func(p *Person) error {
		p.ClosingAt = at
		if raise {
			p.Epoch++
		}
		return nil
	})
}

func (b *books) SetPersonStatus(_ context.Context, id PersonID, s Status, _ time.Time) error {
	defer b.enter("set person status")()
	return b.changePerson(id, func(p *Person) error {
		p.Status = s
		if s == StatusCancelled {
			*p = Person{ID: p.ID, DocType: p.DocType, Status: s, Epoch: p.Epoch + 1, ClosingAt: p.ClosingAt}
		}
		return nil
	})
}

func (b *books) RaisePersonEpoch(_ context.Context, id PersonID, _ time.Time) error {
	defer b.enter("raise person epoch")()
	return b.changePerson(id, func(p *Person) error { p.Epoch++; return nil })
}

func (b *books) FindEnterprise(_ context.Context, identifier string) (*Enterprise, error) {
	defer b.enter("find enterprise")()
	var found *Enterprise
	rank := func(e *Enterprise) int {
		switch {
		case e.USCC == identifier && e.Status != StatusCancelled:
			return 3
		case e.Account != "" && strings.EqualFold(e.Account, identifier):
			return 2
		case e.USCC == identifier:
			return 1
		}
		return 0
	}
	for _, e := range b.firms {
		if r := rank(&e); r > 0 && (found == nil || r > rank(found)) {
			found = &e
		}
	}
	if found == nil {
		return nil, ErrNotFound
	}
	return found, nil
}

func (b *books) Enterprise(_ context.Context, id EnterpriseID) (*Enterprise, error) {
	defer b.enter("read enterprise")()
	if e, there := b.firms[id]; there {
		return &e, nil
	}
	return nil, ErrNotFound
}

func (b *books) accountTaken(id EnterpriseID, account string) bool {
	for _, e := range b.firms {
		if e.ID != id && e.Account != "" && strings.EqualFold(e.Account, account) {
			return true
		}
	}
	return false
}

func (b *books) CreateEnterprise(_ context.Context, e *Enterprise) error {
	defer b.enter("create enterprise")()
	for _, other := range b.firms {
		if other.ID == e.ID || other.USCC == e.USCC && other.Status != StatusCancelled {
			return ErrConflict
		}
	}
	if b.accountTaken(e.ID, e.Account) {
		return ErrConflict
	}
	b.firms[e.ID] = *e
	b.effect("create enterprise")
	return nil
}

func (b *books) changeFirm(id EnterpriseID, change func(e *Enterprise) error) error {
	e, there := b.firms[id]
	if !there {
		return ErrNotFound
	}
	if err := change(&e); err != nil {
		return err
	}
	b.firms[id] = e
	return nil
}

func (b *books) SetEnterpriseStatus(_ context.Context, id EnterpriseID, s Status, _ time.Time) error {
	defer b.enter("set enterprise status")()
	return b.changeFirm(id, func(e *Enterprise) error { e.Status = s; return nil })
}

func (b *books) SetEnterprisePassword(_ context.Context, id EnterpriseID, old, hash string, raise bool, _ time.Time) error {
	defer b.enter("set enterprise password")()
	return b.changeFirm(id, func(e *Enterprise) error {
		if e.PasswordHash != old {
			return ErrConflict
		}
		e.PasswordHash = hash
		if raise {
			e.Epochs.Account++
			b.effect("set enterprise password")
		}
		return nil
	})
}

func (b *books) RaiseAccountEpoch(_ context.Context, id EnterpriseID, _ time.Time) error {
	defer b.enter("raise account epoch")()
	return b.changeFirm(id, func(e *Enterprise) error { e.Epochs.Account++; return nil })
}

func (b *books) ActivateEnterprise(_ context.Context, a Activation) error {
	defer b.enter("activate enterprise")()
	return b.changeFirm(a.ID, func(e *Enterprise) error {
		if e.Status != StatusPendingActivation || b.accountTaken(a.ID, a.Account) {
			return ErrConflict
		}
		e.Status, e.Account, e.Phone, e.PasswordHash, e.Proofing = a.Status, a.Account, a.Phone, a.PasswordHash, a.Proofing
		e.Representative.ValidFrom, e.Representative.ValidTo = a.ValidFrom, a.ValidTo
		b.effect("activate enterprise")
		return nil
	})
}

func (b *books) ChangeEnterprise(_ context.Context, c EnterpriseChange) error {
	defer b.enter("change enterprise")()
	return b.changeFirm(c.ID, func(e *Enterprise) error {
		if e.Epochs != c.Epochs || !e.Status.Admits() {
			return ErrConflict
		}
		e.Name, e.LegalType, e.Representative, e.UpdatedAt = c.Name, c.LegalType, c.Representative, c.Now
		if c.AsOf != "" {
			e.AsOf = c.AsOf
		}
		if c.NewRepresentative {
			e.Proofing = c.Proofing
			e.Epochs.Account++
			e.Epochs.Enterprise++
		}
		b.effect("change enterprise")
		return nil
	})
}

func (b *books) SetEnterprisePhone(_ context.Context, id EnterpriseID, phone string, _ time.Time) error {
	defer b.enter("set enterprise phone")()
	return b.changeFirm(id, func(e *Enterprise) error {
		if e.Status == StatusCancelled {
			return ErrNotFound
		}
		e.Phone = phone
		b.effect("set enterprise phone")
		return nil
	})
}

func (b *books) EnterprisesWithPhone(_ context.Context, phone string) (n int, err error) {
	defer b.enter("count enterprises")()
	for _, e := range b.firms {
		if e.Phone == phone && e.Status != StatusCancelled {
			n++
		}
	}
	return n, nil
}

func (b *books) SettleRegistration(_ context.Context, id EnterpriseID, s Status, asOf string, _ time.Time) error {
	defer b.enter("settle registration")()
	return b.changeFirm(id, func(e *Enterprise) error {
		if e.Status != StatusWaiting {
			return ErrConflict
		}
		e.Status, e.AsOf = s, asOf
		return nil
	})
}

func (b *books) WaitingEnterprises(_ context.Context, before time.Time, limit int) (all []*Enterprise, err error) {
	defer b.enter("list waiting")()
	for id, e := range b.firms {
		if e.Status == StatusWaiting && b.looked[id].Before(before) && len(all) < limit {
			all = append(all, &e)
		}
	}
	return all, nil
}

func (b *books) Looked(_ context.Context, id EnterpriseID, now time.Time) error {
	defer b.enter("looked")()
	b.looked[id] = now
	return nil
}

// shelf is a store of cases that can go back to what it held before.
type shelf struct {
	mu      sync.Mutex
	log     func(call string)
	records map[string][]CaseRecord // every version, the last is the present one
	fault   error                   // of the next move, after it happened
}

func (s *shelf) PutCase(_ context.Context, r *CaseRecord) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log("put case")
	s.records[r.ID] = []CaseRecord{*r}
	return nil
}

func (s *shelf) Case(_ context.Context, id string) (*CaseRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log("read case")
	all := s.records[id]
	if len(all) == 0 {
		return nil, ErrNotFound
	}
	r := all[len(all)-1]
	return &r, nil
}

func (s *shelf) MoveCase(_ context.Context, r *CaseRecord) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log("move case")
	all := s.records[r.ID]
	if len(all) == 0 {
		return ErrNotFound
	}
	if all[len(all)-1].Version != r.Version {
		return ErrConflict
	}
	r.Version++
	s.records[r.ID] = append(all, *r)
	err := s.fault
	s.fault = nil
	return err
}

// back loses the last n moves of a case, as a restored store would.
func (s *shelf) back(id string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.records[id]
	s.records[id] = slices.Clip(all[:max(1, len(all)-n)])
}

var errAway = errors.New("away")
