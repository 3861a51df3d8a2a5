// Package interaction holds one pending authorization as a state machine:
//
//	posted → login → (consent) → finished
//
// It is where the protocol (provider/oauth) and the pages (provider/pages) meet;
// neither knows the other. An interaction belongs to one browser, lives 15
// minutes, and its state moves only by a conditional write.
package interaction

import (
	"context"
	"time"

	"github.com/tongid/tongid/provider/grant"
)

// State of an interaction.
type State string

// States, in order.
const (
	Posted   State = "posted"   // stored by a cross-site POST, not yet bound to a browser
	Login    State = "login"    // the person must sign in, or sign in again
	Consent  State = "consent"  // signed in; the person must allow what the client asks
	Ready    State = "ready"    // everything is there; resume issues the code
	Finished State = "finished" // answered; kept so that a second submit goes where the first went
)

// Interaction is a pending authorization request.
type Interaction struct {
	ID        string    `json:"id"`
	State     State     `json:"st"`
	Version   int       `json:"v"` // raised by each write
	Browser   [32]byte  `json:"b"` // SHA-256 of the browser cookie
	ClientID  string    `json:"c"`
	Params    string    `json:"q"` // the authorization request, form-encoded, as received
	CreatedAt time.Time `json:"t"`
	ExpiresAt time.Time `json:"x"`

	// SessionID is the sid of the session that signed in during this
	// interaction: it satisfies prompt=login and max_age (OIDC Core §3.1.2.1).
	SessionID string `json:"sid,omitempty"`
	// Acting is what the session ChosenBy chose: a mandate's id, or AsMyself.
	Acting   string `json:"ac,omitempty"`
	ChosenBy string `json:"cb,omitempty"`
	// AskedOf is the sid of the session that the consent page asked to allow
	// Scopes; its answer counts for that session alone.
	AskedOf   string   `json:"of,omitempty"`
	Scopes    []string `json:"sc,omitempty"`
	Consented bool     `json:"ok,omitempty"`
	Denied    bool     `json:"no,omitempty"`

	// Of a finished interaction: the code can be made again from these, by us
	// only, so that a second submit is answered as the first was.
	CodeID   grant.ID  `json:"cid,omitempty"`
	CodeTime time.Time `json:"ct,omitempty"`
}

// Store keeps interactions.
type Store interface {
	PutInteraction(ctx context.Context, i *Interaction) error
	Interaction(ctx context.Context, id string) (*Interaction, error)
	// MoveInteraction replaces the record if its stored version is i.Version,
	// and raises i.Version; ErrConflict if another write came first.
	MoveInteraction(ctx context.Context, i *Interaction) error
}
