package client

import (
	"slices"

	"github.com/tongid/tongid/accounts"
)

// Ways that events reach a client.
const (
	EventPush = "push" // RFC 8935
	EventPoll = "poll" // RFC 8936
)

// scopeMandates is the scope of the mandate API, which events are polled from.
const scopeMandates = "mandates"

// checkEvents looks at how the client hears of events.
func (d *decoded) checkEvents() {
	c := d.client
	if c.EventDelivery == "" {
		if c.EventURI != "" || len(c.EventTypes) > 0 || c.EventAllEnterprises {
			d.fault("event_delivery", "want %s or %s beside the other event members", EventPush, EventPoll)
		}
		return
	}
	d.oneOf("event_delivery", []string{c.EventDelivery}, EventPush, EventPoll)
	if (c.EventDelivery == EventPush) != (c.EventURI != "") {
		d.fault("event_uri", "goes with the delivery %s", EventPush)
	}
	if c.EventDelivery == EventPoll && (!slices.Contains(c.GrantTypes, GrantService) || !c.hasScope(scopeMandates)) {
		d.fault("event_delivery", "%s needs the grant type %s and the scope %s", EventPoll, GrantService, scopeMandates)
	}
	if c.Public() {
		d.fault("event_delivery", "needs a client that authenticates")
	}
	for _, kind := range c.EventTypes {
		if !slices.Contains(accounts.EventKinds(), kind) {
			d.fault("event_types", "%q is no event", kind)
		}
	}
	c.EventTypes = unique(c.EventTypes)
}

func (c *Client) hasScope(scope string) bool { return slices.Contains(c.Scopes(), scope) }

// EventReceiver is what the client hears; false if it hears of nothing.
func (c *Client) EventReceiver() (accounts.EventReceiver, bool) {
	return accounts.EventReceiver{
		ID: c.ID, Push: c.EventDelivery == EventPush, All: c.EventAllEnterprises, Kinds: c.EventTypes,
	}, c.EventDelivery != ""
}
