package pages

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// portal is what pages say about the client of a pending authorization. The
// client may have been deleted since; then nothing is known but its id.
type portal struct {
	*client.Client
}

// name is what people know it by.
func (p portal) name() string {
	switch {
	case p.Client == nil:
		return ""
	case p.Name == "":
		return p.ID
	default:
		return p.Name
	}
}

// openFlow loads the pending authorization that the visit belongs to. Without an
// id there is none.
func (p *Pages) openFlow(v *visit, id string, sent bool) error {
	if !sent {
		return nil
	}
	flow, err := p.Flow.Load(v.ctx(), v.Response(), v.Request(), id)
	if err != nil {
		return err
	}
	found, err := p.Clients.Get(flow.ClientID)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("pages: client: %w", err)
	}
	v.flow, v.client = flow, portal{found}
	guard.InAuthorization(v.Response().Header())
	if request, err := url.ParseQuery(flow.Params); err == nil {
		v.display = p.displayFor(v.display, request.Get("ui_locales"), flow.CreatedAt)
	}
	return nil
}

// requested is a parameter of the pending authorization request, fit to be shown.
func (v *visit) requested(name string, limit int) string {
	if v.flow == nil {
		return ""
	}
	request, err := url.ParseQuery(v.flow.Params)
	if err != nil {
		return ""
	}
	return guard.Shown(request.Get(name), limit)
}

func (v *visit) flowID() string {
	if v.flow == nil {
		return ""
	}
	return v.flow.ID
}

// form is what every page with a form carries.
func (v *visit) form(refusals ...templates.Refusal) templates.Form {
	return templates.Form{Flow: v.flowID(), Refusals: refusals}
}

// onward is where a visit goes after it did its part.
func (v *visit) onward() string {
	if v.flow == nil {
		return "/"
	}
	return interaction.ResumePath(v.flow.ID)
}

// doors are the ways to sign in that exist and that the portal takes.
func (p *Pages) doors(v *visit, current accounts.Type) []templates.Door {
	var doors []templates.Door
	for _, t := range p.Doors {
		if v.client.Client != nil && !accepts(v.client.Client, t) && t != current {
			continue
		}
		doors = append(doors, templates.Door{
			Key: string(t), URL: interaction.LoginPath(t, v.flowID()), Current: t == current,
		})
	}
	return doors
}
