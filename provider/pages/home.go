package pages

import (
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/templates"
)

// home is the start page of who signed in without a portal.
func (p *Pages) home(v *visit) error {
	return p.show(v, http.StatusOK, templates.Home{
		Account: v.accountName(), Type: string(v.session.Principal.Type), Username: v.standing.Username,
		USCC: v.standing.USCC, Status: string(v.standing.Status), SignedIn: v.session.AuthTime, Level: int(v.session.LOA),
		HasCenter: v.session.Principal.Type == accounts.TypeEnterprise,
	})
}
