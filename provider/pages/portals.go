package pages

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// getPortals lists the portals that may read something of the account.
func (p *Pages) getPortals(v *visit) error {
	grants, err := p.Portals.Grants(v.ctx(), v.session.Principal.Subject, p.Now())
	if err != nil {
		return fmt.Errorf("pages: portals: %w", err)
	}
	page := templates.MePortals{Form: v.form(), Revoked: v.QueryParam("revoked") == "1"}
	for _, g := range grants {
		if !v.standing.Admits(g.Principal, p.Now()) {
			continue
		}
		at := slices.IndexFunc(page.Portals, func(a templates.PortalAccess) bool { return a.ClientID == g.ClientID })
		if at < 0 {
			page.Portals = append(page.Portals, templates.PortalAccess{ClientID: g.ClientID, Name: p.portalName(g.ClientID), Since: g.CreatedAt})
			at = len(page.Portals) - 1
		}
		access := &page.Portals[at]
		access.Offline = access.Offline || g.Offline
		access.Since = earlier(access.Since, g.CreatedAt)
		if g.RotatedAt.After(access.Used) {
			access.Used = g.RotatedAt
		}
		for _, scope := range g.Scopes {
			if !slices.Contains(access.Scopes, scope) {
				access.Scopes = append(access.Scopes, scope)
			}
		}
	}
	if v.person() {
		return p.show(v, http.StatusOK, page)
	}
	return p.show(v, http.StatusOK, templates.CenterPortals(page))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// portalName is what people know a portal by.
func (p *Pages) portalName(id string) string {
	found, err := p.Clients.Get(id)
	if err != nil {
		return id
	}
	return portal{found}.name()
}

// postPortals takes back what a portal was allowed.
func (p *Pages) postPortals(v *visit, f *guard.Form) error {
	client := f.Text("client", maxShort)
	if f.Token("action") != "revoke" || client == "" {
		return &interaction.ProblemError{Status: http.StatusBadRequest, Code: "invalid_request"}
	}
	subject := v.session.Principal.Subject
	if err := p.Portals.EndPortal(v.ctx(), subject, client, p.Now()); err != nil {
		return fmt.Errorf("pages: end portal: %w", err)
	}
	if err := p.Consents.Withdraw(v.ctx(), subject, client); err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("pages: withdraw consent: %w", err)
	}
	return p.seeOther(v, v.Request().URL.Path+"?revoked=1")
}
