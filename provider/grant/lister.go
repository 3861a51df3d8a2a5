package grant

import (
	"context"
	"time"
)

// Lister tells an account's holder which portals know them, and ends what they
// know.
type Lister interface {
	// Grants lists the account's families that stand, the newest first.
	Grants(ctx context.Context, subject string, now time.Time) ([]*Grant, error)
	// EndPortal ends every family of the account at one client.
	EndPortal(ctx context.Context, subject, clientID string, now time.Time) error
}
