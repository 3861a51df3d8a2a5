package accounts

import (
	"cmp"
	"context"
	"slices"
	"time"
)

func (b *books) view(m *Mandate) *MandateView {
	e, p := b.firms[m.Enterprise], b.persons[m.Person]
	v := &MandateView{
		Mandate: *m, Company: e.Name, USCC: e.USCC, LegalType: e.LegalType, EnterpriseStatus: e.Status, EnterpriseEpoch: e.Epochs.Enterprise,
		Name: p.Name, DocType: p.DocType, DocNumber: p.DocNumber, Phone: p.Phone, PersonStatus: p.Status, PersonEpoch: p.Epoch,
	}
	if i := m.Invitee; i != nil && m.Person == "" {
		v.Name, v.DocType, v.DocNumber, v.Phone = i.Name, i.DocType, i.DocNumber, i.Phone
	}
	return v
}

func (b *books) Mandate(_ context.Context, id string) (*MandateView, error) {
	defer b.enter("read mandate")()
	if m, there := b.mandates[id]; there {
		return b.view(&m), nil
	}
	return nil, ErrNotFound
}

func (b *books) OpenMandate(_ context.Context, e EnterpriseID, p PersonID) (*MandateView, error) {
	defer b.enter("find mandate")()
	for _, m := range b.mandates {
		if p != "" && m.Enterprise == e && m.Person == p && m.State.Open() {
			return b.view(&m), nil
		}
	}
	return nil, ErrNotFound
}

func (b *books) MandatesOf(_ context.Context, id PersonID) ([]*MandateView, error) {
	defer b.enter("list mandates")()
	return b.views(func(m *Mandate) bool { return m.Person == id && id != "" }), nil
}

func (b *books) Agents(_ context.Context, q AgentQuery) ([]*MandateView, error) {
	defer b.enter("list agents")()
	return b.views(func(m *Mandate) bool { return m.Enterprise == q.Enterprise && (q.Ended || m.State.Open()) }), nil
}

func (b *books) views(is func(m *Mandate) bool) (all []*MandateView) {
	for _, m := range b.mandates {
		if is(&m) {
			all = append(all, b.view(&m))
		}
	}
	slices.SortFunc(all, func(x, y *MandateView) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

func (b *books) MandateHistory(_ context.Context, id string) (all []*MandateEvent, err error) {
	defer b.enter("mandate history")()
	for _, e := range b.deeds {
		if e.Mandate == id {
			all = append(all, &e)
		}
	}
	slices.Reverse(all)
	return all, nil
}

func (b *books) CreateMandate(_ context.Context, m *Mandate) error {
	defer b.enter("create mandate")()
	for _, other := range b.mandates {
		same := m.Person != "" && other.Person == m.Person && other.State.Open()
		invited := m.Invitee != nil && other.State == MandateInvited && other.Invitee.DocumentKey() == m.Invitee.DocumentKey()
		if other.ID == m.ID || other.Enterprise == m.Enterprise && (same || invited) {
			return ErrConflict
		}
	}
	b.mandates[m.ID] = *m
	b.effect("create mandate")
	return nil
}

func (b *books) ChangeMandate(_ context.Context, m *Mandate) error {
	defer b.enter("change mandate")()
	old, there := b.mandates[m.ID]
	if !there || old.Revision != m.Revision {
		return ErrConflict
	}
	m.Revision++
	b.mandates[m.ID] = *m
	b.effect("change mandate")
	return nil
}

func (b *books) RaiseMandateEpoch(_ context.Context, id string, _ time.Time) error {
	defer b.enter("raise mandate epoch")()
	m, there := b.mandates[id]
	if !there {
		return ErrNotFound
	}
	m.Epoch++
	m.Revision++
	b.mandates[id] = m
	return nil
}

func (b *books) RecordMandate(_ context.Context, e *MandateEvent) error {
	defer b.enter("record mandate")()
	b.deeds = append(b.deeds, *e)
	return nil
}

func (b *books) Invitations(_ context.Context, document string) ([]*MandateView, error) {
	defer b.enter("list invitations")()
	return b.views(func(m *Mandate) bool { return m.State == MandateInvited && m.Invitee.DocumentKey() == document }), nil
}

func (b *books) RepresentativeChanged(_ context.Context, id EnterpriseID, confirmBy string, _ time.Time) error {
	defer b.enter("representative changed")()
	for key, m := range b.mandates {
		switch {
		case m.Enterprise != id || !m.State.Open():
			continue
		case m.Role == RoleRepresentative:
			m.State, m.Epoch = MandateRevoked, m.Epoch+1
		default:
			m.ConfirmBy = confirmBy
		}
		m.Revision++
		b.mandates[key] = m
	}
	return nil
}
