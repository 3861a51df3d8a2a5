// Package event tells relying parties what happened, in Security Event Tokens
// (RFC 8417) that our keys sign, and pushes them (RFC 8935). Who hears of what is
// decided in accounts (EventFeed); polling (RFC 8936) is in mandateapi.
package event

import (
	"encoding/json"
	"fmt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

// uriPrefix is before an event's kind in its URI. It is no address of ours, so
// that a portal that changes issuers does not have to change it.
const uriPrefix = "urn:tongid:event:"

// URI is what a kind of event is called in a token (RFC 8417 §2.2).
func URI(kind accounts.EventKind) string { return uriPrefix + string(kind) }

// Keys sign.
type Keys interface {
	Sign(alg, typ string, payload []byte) (string, error)
}

// Clients are the registered relying parties.
type Clients interface {
	Get(id string) (*client.Client, error)
}

// Tokens makes Security Event Tokens.
type Tokens struct {
	Issuer  string
	Keys    Keys
	Clients Clients
}

// claims are those of a token (RFC 8417 §2.2; sub_id by RFC 9493 §3.2.3). There is
// no exp: an event does not cease to have happened.
type claims struct {
	Issuer   string                    `json:"iss"`
	Issued   int64                     `json:"iat"` // seconds since 1970
	ID       string                    `json:"jti"`
	Audience string                    `json:"aud"` // the client
	Subject  subject                   `json:"sub_id"`
	Happened int64                     `json:"toe"` // seconds since 1970
	Events   map[string]map[string]any `json:"events"`
}

type subject struct {
	Format  string `json:"format"` // iss_sub
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
}

// Token is one event for one client, signed by its algorithm of ID tokens. Made
// again it says the same under the same jti.
func (t *Tokens) Token(d *accounts.EventDelivery) (string, error) {
	c, err := t.Clients.Get(d.Client)
	if err != nil {
		return "", fmt.Errorf("event: client: %w", err)
	}
	payload, err := json.Marshal(claims{
		Issuer: t.Issuer, Issued: d.Event.At.Unix(), ID: d.ID, Audience: d.Client,
		Subject:  subject{"iss_sub", t.Issuer, d.Subject},
		Happened: d.Event.At.Unix(), Events: map[string]map[string]any{URI(d.Event.Kind): facts(&d.Event, d.Client)},
	})
	if err != nil {
		return "", fmt.Errorf("event: encode: %w", err)
	}
	return t.Keys.Sign(c.IDTokenAlg, keys.TypeEvent, payload)
}

// facts are what an event says to a client. They name no human.
func facts(e *accounts.Event, clientID string) map[string]any {
	f := &e.Facts
	said := map[string]any{}
	if e.USCC != "" {
		said["uscc"] = e.USCC
	}
	switch e.Kind {
	case accounts.EventMandateRevoked, accounts.EventMandateChanged:
		covers := f.Serves(clientID)
		said["mandate"], said["covers"] = f.Mandate, covers
		if !covers {
			return said // what it says is not for this portal any more
		}
		said["state"], said["valid_from"], said["manager"] = f.State, f.ValidFrom, f.Manager
		if f.ValidUntil != "" {
			said["valid_until"] = f.ValidUntil
		}
	case accounts.EventEnterpriseStatus:
		said["status"] = f.Status
	case accounts.EventRepresentativeChanged:
		said["confirm_by"] = f.ConfirmBy
	case accounts.EventSessionRevoked:
	}
	return said
}

var _ Keys = (*keys.Ring)(nil)
