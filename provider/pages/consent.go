package pages

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// getConsent asks whether the portal may learn what it wants to know.
func (p *Pages) getConsent(v *visit) error {
	if err := p.openFlow(v, guard.QueryToken(v.Request(), "flow"), true); err != nil {
		return err
	}
	if !asked(v) {
		return p.seeOther(v, v.onward())
	}
	account, err := p.actingName(v)
	if err != nil {
		return err
	}
	page := templates.Consent{
		Form: v.form(), Client: v.client.name(), Host: v.destination(), Account: account, Scopes: v.flow.Scopes,
	}
	if v.client.Client != nil {
		page.Policy, page.Terms = v.client.PolicyURI, v.client.TermsURI
	}
	return p.show(v, http.StatusOK, page)
}

// actingName is what the account is called that the flow's session acts as.
func (p *Pages) actingName(v *visit) (string, error) {
	if v.session.Principal.Type != accounts.TypePerson || v.flow.Acting == "" || v.flow.Acting == interaction.AsMyself {
		return v.accountName(), nil
	}
	m, err := p.Mandates.Mandate(v.ctx(), v.flow.Acting)
	if err != nil {
		return "", fmt.Errorf("pages: mandate: %w", err)
	}
	return agentName(m.Company, m.Name), nil
}

// asked reports whether it is this session that the flow asks.
func asked(v *visit) bool {
	return v.flow.State == interaction.Consent && v.flow.AskedOf == v.session.ID
}

// destination is the host that the answer goes to.
func (v *visit) destination() string {
	to := v.requested("redirect_uri", 2000)
	if to == "" && v.client.Client != nil && len(v.client.RedirectURIs) == 1 {
		to = v.client.RedirectURIs[0]
	}
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	return u.Host
}

// postConsent records the answer. One that was given before goes where the first
// one went.
func (p *Pages) postConsent(v *visit, f *guard.Form) error {
	if err := p.openFlow(v, f.Token("flow"), true); err != nil {
		return err
	}
	action := f.Token("action")
	if action != "allow" && action != "deny" {
		return &interaction.ProblemError{Status: http.StatusBadRequest, Code: "invalid_request"}
	}
	if asked(v) {
		err := p.Flow.Decide(v.ctx(), v.flow, v.session.ID, action == "allow")
		if err != nil && !errors.Is(err, accounts.ErrConflict) {
			return err
		}
	}
	return p.seeOther(v, v.onward())
}
