package provider

import (
	"net/http"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/egress"
	"github.com/tongid/tongid/provider/event"
	"github.com/tongid/tongid/provider/mandateapi"
	"github.com/tongid/tongid/provider/oauth"
)

// EventStore keeps what portals are told.
type EventStore interface {
	accounts.EventSpreader
	accounts.EventOutbox
	accounts.EventPoller
}

// newMandateAPI builds what portals ask, and newFeed what tells them.
func newMandateAPI(d Deps, protocol *oauth.Server) *mandateapi.API {
	return mandateapi.New(mandateapi.Deps{
		Callers: callers{protocol}, Clients: d.Clients, Questions: &accounts.MandateQuestions{Store: d.Stores.Questions, Now: d.Now},
		Events: d.Stores.Events, Tokens: newTokens(d), Now: d.Now,
	})
}

func newFeed(d Deps) *accounts.EventFeed {
	pusher := &event.Pusher{Tokens: newTokens(d), HTTP: egress.NewClient(d.Config.EgressAllow, event.PushTimeout)}
	return &accounts.EventFeed{
		Spreader: d.Stores.Events, Outbox: d.Stores.Events, Receivers: d.Clients.EventReceivers, Push: pusher.Push,
		Log: d.Log, Now: d.Now, Observe: d.Told,
	}
}

func newTokens(d Deps) *event.Tokens {
	return &event.Tokens{Issuer: d.Config.Issuer, Keys: d.Keys, Clients: d.Clients}
}

// callers has the protocol tell who calls the API.
type callers struct{ protocol *oauth.Server }

func (c callers) Caller(r *http.Request, scope string) (*client.Client, *mandateapi.Denial, error) {
	by, refused, err := c.protocol.Caller(r, scope)
	if refused != nil {
		denial := mandateapi.Denial(*refused)
		return nil, &denial, nil
	}
	return by, nil, err
}
