package interaction

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/session"
)

// PathChoose is where a person says for which enterprise they act.
const PathChoose = "/choose"

// AsMyself is the choice of a person who acts for nobody.
const AsMyself = "person"

// Wish is what an authorization request says about the account that shall answer
// it.
type Wish struct {
	Client      *client.Client
	AccountType accounts.Type // parameter account_type, empty if none
	Enterprise  string        // parameter enterprise_hint: a USCC, empty if none
	Subject     string        // of the id_token_hint, empty if none
	Select      bool          // prompt=select_account
}

// Acting is the account that answers: whoever is signed in or, of a person, the
// mandate that they act under.
type Acting struct {
	Principal accounts.Principal
	Standing  *accounts.Standing
	Until     time.Time // the mandate ends then; zero: no such end
	// Choices are the mandates usable at this portal, if they were looked for.
	Choices []*accounts.MandateView
	// Ask says that the person must choose first. Nobody says that only an agent
	// would do and the person is none for this portal.
	Ask, Nobody bool
}

// Actors find out who acts.
type Actors struct {
	Mandates  accounts.MandateReader
	Standings accounts.StandingStore
	Memory    Memory
	Now       func() time.Time
}

// Find decides for whom a session acts. A choice made in this flow by this session
// counts most, then what the request names, then what was chosen for that portal
// before or, at a portal that is new and asks for no kind of account, by the
// sign-in as an agent or on the agent's own pages; one mandate alone needs no
// choice.
func (a *Actors) Find(ctx context.Context, r *http.Request, s *session.Session, standing *accounts.Standing, flow *Interaction, w Wish) (*Acting, error) {
	self := &Acting{Principal: s.Principal, Standing: standing}
	if standing.Mandate != nil {
		self.Until = standing.Mandate.Ends()
	}
	takes := func(t accounts.Type) bool { return slices.Contains(w.Client.AccountTypes, t) }
	if s.Principal.Type != accounts.TypePerson || !takes(accounts.TypeAgent) || w.AccountType == accounts.TypePerson {
		return self, nil
	}
	if w.Subject != "" && w.Subject == s.Principal.Subject {
		return self, nil
	}
	chosen := ""
	if flow != nil && flow.ChosenBy == s.ID {
		chosen = flow.Acting
	}
	before := a.before(r, w)
	agent := w.AccountType == accounts.TypeAgent || !takes(accounts.TypePerson)
	named := w.Enterprise != "" || w.Subject != "" || w.Select
	if !agent && (chosen == AsMyself || !named && !enterprise(cmp.Or(chosen, before))) {
		return self, nil // nothing points to a mandate: nothing is looked up
	}
	usable, err := a.Usable(ctx, s.Principal.Person, w.Client)
	if err != nil {
		return nil, err
	}
	self.Choices = usable
	pick := choose(usable, chosen, before, agent, w)
	switch {
	case pick != nil:
		return a.as(ctx, pick, usable)
	case len(usable) == 0:
		self.Nobody = agent || enterprise(chosen)
	case agent || w.Select || enterprise(chosen):
		self.Ask = true
	}
	return self, nil
}

// before is what was chosen earlier, for that portal or else for all that ask for no
// kind of account.
func (a *Actors) before(r *http.Request, w Wish) string {
	here := a.Memory.Recall(r, w.Client.ID)
	if here != "" || w.AccountType != "" {
		return here
	}
	return a.Memory.Recall(r, "")
}

// enterprise reports whether a choice is that of an enterprise. One that is not
// usable here, or not any more, is asked about: nobody acts unasked for another
// than they said.
func enterprise(chosen string) bool { return chosen != "" && chosen != AsMyself }

// choose picks the mandate that counts, nil if there is none or it must be asked.
func choose(usable []*accounts.MandateView, chosen, before string, agent bool, w Wish) *accounts.MandateView {
	find := func(is func(m *accounts.MandateView) bool) *accounts.MandateView {
		if i := slices.IndexFunc(usable, is); i >= 0 {
			return usable[i]
		}
		return nil
	}
	byID := func(id string) *accounts.MandateView {
		return find(func(m *accounts.MandateView) bool { return m.ID == id })
	}
	if m := byID(chosen); m != nil || enterprise(chosen) {
		return m
	}
	if w.Subject != "" {
		return find(func(m *accounts.MandateView) bool { return accounts.AgentSubject(m.Enterprise, m.Person) == w.Subject })
	}
	if w.Select {
		return nil
	}
	if w.Enterprise != "" {
		return find(func(m *accounts.MandateView) bool { return m.USCC == w.Enterprise })
	}
	if m := byID(before); m != nil {
		return m
	}
	if agent && len(usable) == 1 {
		return usable[0]
	}
	return nil
}

// Usable are the person's mandates that are good at a portal now.
func (a *Actors) Usable(ctx context.Context, id accounts.PersonID, c *client.Client) ([]*accounts.MandateView, error) {
	all, err := a.Mandates.MandatesOf(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("interaction: mandates: %w", err)
	}
	now := a.Now()
	return slices.DeleteFunc(all, func(m *accounts.MandateView) bool {
		return !m.Usable(now) || !m.Serves(c.ID) || len(c.LegalTypes) > 0 && !slices.Contains(c.LegalTypes, m.LegalType)
	}), nil
}

// as reads how the agent stands. Who lost the mandate a moment ago is asked again.
func (a *Actors) as(ctx context.Context, m *accounts.MandateView, usable []*accounts.MandateView) (*Acting, error) {
	principal := m.Principal()
	standing, err := a.Standings.Standing(ctx, principal)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return nil, fmt.Errorf("interaction: standing of agent: %w", err)
	}
	if err != nil || !standing.Admits(principal, a.Now()) {
		return nil, fmt.Errorf("interaction: mandate ended meanwhile: %w", accounts.ErrUnavailable)
	}
	return &Acting{Principal: principal, Standing: standing, Until: m.Ends(), Choices: usable}, nil
}
