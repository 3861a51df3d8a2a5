package pages

import (
	"errors"
	"net/http"
	"slices"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// accepts reports whether the client takes accounts of that type.
func accepts(c *client.Client, t accounts.Type) bool { return slices.Contains(c.AccountTypes, t) }

// refuses says why the portal does not take the signed-in account: a code under
// wrong_account.reason, empty if it does. A person may answer as an agent.
func (p portal) refuses(s *session.Session, standing *accounts.Standing) string {
	switch {
	case p.Client == nil:
		return ""
	case standing.Mandate != nil && !standing.Mandate.Serves(p.ID):
		return "no_mandate"
	case s.Principal.Type == accounts.TypePerson && accepts(p.Client, accounts.TypeAgent):
		return ""
	case !accepts(p.Client, s.Principal.Type):
		return "type"
	case len(p.LegalTypes) > 0 && standing.LegalType != "" && !slices.Contains(p.LegalTypes, standing.LegalType):
		return "legal_type"
	default:
		return ""
	}
}

// getWrongAccount says that the portal does not take the signed-in account, and
// offers the doors that lead to one that it does.
func (p *Pages) getWrongAccount(v *visit) error {
	if err := p.openFlow(v, guard.QueryToken(v.Request(), "flow"), true); err != nil {
		return err
	}
	reason := v.client.refuses(v.session, v.standing)
	if reason == "" && v.session.Principal.Type == accounts.TypePerson && v.client.Client != nil {
		usable, err := p.Actors.Usable(v.ctx(), v.session.Principal.Person, v.client.Client)
		if err != nil {
			return err
		}
		wanted := v.requested("account_type", maxIdentifier) == string(accounts.TypeAgent) || !accepts(v.client.Client, accounts.TypePerson)
		if wanted && len(usable) == 0 {
			reason = "no_mandate"
		}
	}
	if reason == "" || v.flow.State == interaction.Finished {
		return p.seeOther(v, v.onward())
	}
	return p.show(v, http.StatusOK, templates.WrongAccount{
		Form: v.form(), Action: interaction.PathWrongAccount, Client: v.client.name(), Account: v.accountName(),
		Type: string(v.session.Principal.Type), Reason: reason, Doors: p.doors(v, ""),
	})
}

// postWrongAccount goes back to the portal without signing in there.
func (p *Pages) postWrongAccount(v *visit, f *guard.Form) error {
	if err := p.openFlow(v, f.Token("flow"), true); err != nil {
		return err
	}
	if v.flow.State != interaction.Finished {
		err := p.Flow.Deny(v.ctx(), v.flow, v.session.ID)
		if err != nil && !errors.Is(err, accounts.ErrConflict) {
			return err
		}
	}
	return p.seeOther(v, v.onward())
}
