package interaction

import (
	"context"
	"time"
)

// Challenge is a small single-use secret record: a captcha's answer, a pending
// logout. It is bound to a purpose and a browser.
type Challenge struct {
	ID        string    `json:"id"`
	Purpose   string    `json:"p"`
	Browser   [32]byte  `json:"b"`
	Data      []byte    `json:"d"`
	ExpiresAt time.Time `json:"x"`
}

// ChallengeStore keeps challenges. Records are keyed by purpose and id.
type ChallengeStore interface {
	PutChallenge(ctx context.Context, c *Challenge) error
	// Challenge reads without using it up.
	Challenge(ctx context.Context, purpose, id string) (*Challenge, error)
	// TakeChallenge returns the challenge and deletes it, atomically: of any
	// number of callers one gets it, all others get ErrNotFound.
	TakeChallenge(ctx context.Context, purpose, id string) (*Challenge, error)
}
