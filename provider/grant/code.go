package grant

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tongid/tongid/accounts"
)

// MaxCodeLife is the longest that a code may be configured to live. For so long
// stores remember that a session was ended.
const MaxCodeLife = 10 * time.Minute

// Code is what an authorization code stands for until it is redeemed. Its id is
// the family id that the grant will have; the code itself is never stored.
type Code struct {
	ID            ID                 `json:"-"`
	ClientID      string             `json:"c"`
	Principal     accounts.Principal `json:"p"`
	SessionID     string             `json:"sid"`
	RedirectURI   string             `json:"r,omitempty"` // as sent, empty if it was left out
	Scopes        []string           `json:"sc"`
	Claims        json.RawMessage    `json:"cl,omitempty"`
	Nonce         string             `json:"n,omitempty"`
	CodeChallenge string             `json:"cc,omitempty"` // S256, RFC 7636 §4.2
	AuthTime      time.Time          `json:"at"`
	LOA           accounts.LOA       `json:"l"`
	AMR           []string           `json:"m"`
	IssuedAt      time.Time          `json:"i,omitzero"` // zero in codes of an older version
	ExpiresAt     time.Time          `json:"x"`
	// Until is when what the code becomes ends at the latest: with an agent's
	// mandate. Zero: no such end.
	Until time.Time `json:"u,omitzero"`
}

// CodeStore keeps codes that were issued and not yet redeemed.
type CodeStore interface {
	PutCode(ctx context.Context, c *Code) error
	// TakeCode returns the code and deletes it, atomically: of any number of
	// callers one gets it, all others get ErrNotFound.
	TakeCode(ctx context.Context, id ID) (*Code, error)
}
