package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts/idnum"
)

// Refusals of who keeps mandates.
const (
	CodeNotManager            Code = "not_manager"     // no 管理权限 (any more)
	CodeAgentExists           Code = "agent_exists"    // a mandate stands between the two
	CodeMandateExists         Code = "mandate_exists"  // the same, told to the person
	CodeAgentSelf             Code = "agent_self"      // a manager, of himself
	CodeAgentIsRepresentative Code = "agent_is_rep"    // acts by the register, needs no grant
	CodeBeyondOwn             Code = "beyond_own"      // more than the manager holds
	CodeDateOrder             Code = "date_order"      // ends before it begins
	CodeDatePast              Code = "date_past"       // would have ended already
	CodeDateFar               Code = "date_far"        // ends later than anybody may say
	CodeServiceUnknown        Code = "service_unknown" // no such portal
	CodeMandateChanged        Code = "mandate_changed" // somebody else was faster
	CodeMandateState          Code = "mandate_state"   // not possible in that state
)

// mandateYears is how far ahead a mandate may end.
const mandateYears = 20

// Mandating keeps mandates: who may act for which enterprise, until when, for what.
type Mandating struct {
	*Wizards

	Mandates MandateReader
	// Services are the portals that a mandate can be for.
	Services func() []string
}

// Keeper is who keeps an enterprise's mandates: its own account, or an agent with
// 管理权限, who grants no more than he holds.
type Keeper struct {
	Principal  Principal
	Enterprise *Enterprise
	Mandate    *MandateView // nil: the enterprise's own account
}

// face is whose face stands for the keeper: the representative's, or the manager's.
func (k *Keeper) face() PersonFacts {
	if k.Mandate != nil {
		return PersonFacts{Name: k.Mandate.Name, DocType: k.Mandate.DocType, DocNumber: k.Mandate.DocNumber}
	}
	return k.Enterprise.Representative.Person()
}

// approves is what a face check of the keeper is for: to grant, here, by this face.
func (k *Keeper) approves() [32]byte {
	return docHash("mandate", string(k.Enterprise.ID), k.Principal.Subject, k.face().DocNumber)
}

// facedKeeper is the keeper whose face a case saw; ErrCaseGone if that is somebody
// who represents the enterprise no more.
func facedKeeper(ctx context.Context, tx Tx, w *Wizards, p Principal, c *Case) (*Keeper, error) {
	k, err := keeper(ctx, tx, w, p)
	if err == nil && c.DocHash != k.approves() {
		return nil, ErrCaseGone
	}
	return k, err
}

// keeper checks that p may keep the mandates of the enterprise that it acts for,
// by what the store says now.
func keeper(ctx context.Context, tx Tx, w *Wizards, p Principal) (*Keeper, error) {
	e, err := tx.Enterprise(ctx, p.Enterprise)
	if err != nil {
		return nil, fmt.Errorf("mandate: enterprise: %w", err)
	}
	if !e.Status.Admits() || e.Epochs.Enterprise != p.Epochs.Enterprise {
		return nil, Refuse(CodeNotManager)
	}
	k := &Keeper{Principal: p, Enterprise: e}
	switch p.Type {
	case TypeEnterprise:
		if e.Epochs.Account != p.Epochs.Account {
			return nil, Refuse(CodeNotManager)
		}
		return k, nil
	case TypeAgent:
		m, err := tx.Mandate(ctx, p.Mandate)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("mandate: manager: %w", err)
		}
		if err != nil || m.Epoch != p.Epochs.Account || !m.Usable(w.Now()) || !m.Manager || m.Enterprise != e.ID || m.Person != p.Person {
			return nil, Refuse(CodeNotManager)
		}
		k.Mandate = m
		return k, nil
	default:
		return nil, Refuse(CodeNotManager)
	}
}

// MandateTerms are what a grantor decides.
type MandateTerms struct {
	ValidFrom, ValidUntil string
	Manager               bool
	Services              []string // nil: all
}

// terms reads valid_from, valid_until, manager and services. A mandate that has
// begun may keep the day that it began on.
func (m *Mandating) terms(f *form, services []string, k *Keeper) MandateTerms {
	t := MandateTerms{Manager: f.values["manager"] == "1"}
	from, okFrom := f.day("valid_from")
	until, okUntil := f.day("valid_until")
	if okFrom && okUntil {
		switch {
		case until.Before(from):
			f.refuse("valid_until", CodeDateOrder)
		case until.Before(f.today):
			f.refuse("valid_until", CodeDatePast)
		case until.After(f.today.AddYears(mandateYears)):
			f.refuse("valid_until", CodeDateFar)
		}
	}
	t.ValidFrom, t.ValidUntil = from.String(), until.String()
	offered := m.Services()
	for _, id := range services {
		switch {
		case !slices.Contains(offered, id):
			f.refuse("services", CodeServiceUnknown)
		case !slices.Contains(t.Services, id):
			t.Services = append(t.Services, id)
		}
	}
	if k != nil && k.Mandate != nil {
		own := k.Mandate
		if own.ValidUntil != "" && t.ValidUntil > own.ValidUntil {
			f.refuse("valid_until", CodeBeyondOwn)
		}
		if !within(t.Services, own.Services) {
			f.refuse("services", CodeBeyondOwn)
		}
	}
	return t
}

// sooner refuses a manager who lets a mandate begin before his own, and before it
// begins anyway: that would state an authority that nobody had the right to give.
func (k *Keeper) sooner(f *form, from, held string) {
	if k.Mandate != nil && from != "" && from < k.Mandate.ValidFrom && (held == "" || from < held) {
		f.refuse("valid_from", CodeBeyondOwn)
	}
}

// within reports whether asked is no more than held; none named means all.
func within(asked, held []string) bool {
	if len(held) == 0 {
		return true
	}
	return len(asked) > 0 && !slices.ContainsFunc(asked, func(id string) bool { return !slices.Contains(held, id) })
}

// day reads a date that must be there.
func (f *form) day(field string) (idnum.Date, bool) {
	text, ok := f.take(field)
	if !ok {
		return idnum.Date{}, false
	}
	d, err := idnum.ParseDate(text)
	if fault, wrong := errors.AsType[idnum.DateError](err); wrong {
		code := CodeDateFormat
		if fault == idnum.ErrDateImpossible {
			code = CodeDateImpossible
		}
		f.refuse(field, code)
		return idnum.Date{}, false
	}
	return d, true
}

// record is an entry of the mandate's history, as it stands after an action.
func (k *Keeper) record(m *Mandate, action MandateAction, w *Wizards) *MandateEvent {
	return mandateEvent(m, action, k.Principal, w)
}

func mandateEvent(m *Mandate, action MandateAction, by Principal, w *Wizards) *MandateEvent {
	return &MandateEvent{
		ID: uuid.NewString(), Mandate: m.ID, Enterprise: m.Enterprise, Action: action, ActorType: by.Type, Actor: by.Subject,
		ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil, Manager: m.Manager, Services: m.Services, Evidence: m.Evidence, At: w.Now(),
	}
}
