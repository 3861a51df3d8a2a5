package pages

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/templates"
)

// home is the start page of who signed in without a portal.
func (p *Pages) home(v *visit) error {
	page := templates.Home{
		Account: v.accountName(), Type: string(v.session.Principal.Type), Username: v.standing.Username,
		USCC: v.standing.USCC, Status: string(v.standing.Status), SignedIn: v.session.AuthTime, Level: int(v.session.LOA),
		HasCenter: v.session.Principal.Type == accounts.TypeEnterprise,
	}
	if who := v.session.Principal; who.Type == accounts.TypePerson {
		mandates, err := p.Mandates.MandatesOf(v.ctx(), who.Person)
		if err != nil {
			return fmt.Errorf("pages: mandates: %w", err)
		}
		page.Agent = slices.ContainsFunc(mandates, func(m *accounts.MandateView) bool { return m.Usable(p.Now()) })
	}
	return p.show(v, http.StatusOK, page)
}
