package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// getLogout asks before it signs out: because a portal wants it (OpenID Connect
// RP-Initiated Logout 1.0 §2), or because the person came by themselves.
func (p *Pages) getLogout(v *visit) error {
	id := guard.QueryToken(v.Request(), "flow")
	if v.session == nil {
		return p.alreadyOut(v, id)
	}
	request := interaction.LogoutRequest{}
	if v.QueryParam("flow") != "" {
		challenge, err := p.Challenges.Challenge(v.ctx(), interaction.PurposeLogout, id)
		if request, err = p.readLogout(v, challenge, err); err != nil {
			return err
		}
		guard.InAuthorization(v.Response().Header()) // it goes on to the portal
	}
	return p.show(v, http.StatusOK, templates.Logout{
		Form: templates.Form{Flow: id}, Client: request.ClientName, Account: v.accountName(),
	})
}

// postLogout signs out and goes to where the portal wanted.
func (p *Pages) postLogout(v *visit, f *guard.Form) error {
	if v.session == nil {
		return p.alreadyOut(v, f.Token("flow"))
	}
	request := interaction.LogoutRequest{}
	if f.Sent("flow") {
		challenge, err := p.Challenges.TakeChallenge(v.ctx(), interaction.PurposeLogout, f.Token("flow"))
		if request, err = p.readLogout(v, challenge, err); err != nil {
			return err
		}
	}
	return p.leave(v, afterLogout(request))
}

// alreadyOut goes to where a logout would end when there is nothing to end.
func (p *Pages) alreadyOut(v *visit, id string) error {
	if id == "" {
		return p.seeOther(v, interaction.PathLoggedOut)
	}
	challenge, err := p.Challenges.TakeChallenge(v.ctx(), interaction.PurposeLogout, id)
	request, err := p.readLogout(v, challenge, err)
	if errors.Is(err, interaction.ErrExpired) {
		return p.seeOther(v, interaction.PathLoggedOut) // sent twice
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, afterLogout(request))
}

// readLogout is the portal's request if it waits in this browser.
func (p *Pages) readLogout(v *visit, c *interaction.Challenge, err error) (interaction.LogoutRequest, error) {
	var request interaction.LogoutRequest
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return request, interaction.ErrExpired
	case err != nil:
		return request, fmt.Errorf("pages: logout: %w", err)
	case c.Browser != v.browser:
		return request, interaction.ErrElsewhere
	case !p.Now().Before(c.ExpiresAt):
		return request, interaction.ErrExpired
	}
	if err := json.Unmarshal(c.Data, &request); err != nil {
		return request, fmt.Errorf("pages: logout: %w", err)
	}
	return request, nil
}

func afterLogout(r interaction.LogoutRequest) string {
	if r.ReturnTo != "" {
		return r.ReturnTo
	}
	return interaction.PathLoggedOut
}

// loggedOut says that it is done.
func (p *Pages) loggedOut(v *visit) error {
	return p.show(v, http.StatusOK, templates.LoggedOut{Login: interaction.LoginPath(accounts.TypeEnterprise, "")})
}
