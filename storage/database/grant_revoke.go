package database

import (
	"context"
	"time"

	"github.com/tongid/tongid/provider/grant"
)

const revokeGrant = `UPDATE grants SET revoked_at = $3 WHERE id = $1 AND client_id = $2 AND revoked_at = 0`

// Revoke ends a family of that client (RFC 7009 §2.1); an unknown one is not an
// error.
func (db *DB) Revoke(ctx context.Context, id grant.ID, clientID string, now time.Time) error {
	if !storable(clientID) {
		return nil
	}
	_, err := db.exec(ctx, "revoke grant", revokeGrant, id[:], clientID, millis(now))
	return err
}

const endSession = `UPDATE grants SET
		revoked_at = CASE WHEN offline = $4 THEN revoked_at ELSE $2 END,
		access_after = CASE WHEN offline = $4 AND access_after < $3 THEN $3 ELSE access_after END
	WHERE session_id = $1 AND revoked_at = 0 AND expires_at > $2`

// EndSession ends what was born in a browser session: families without refresh
// token entirely, offline ones by their access tokens (contract.md).
func (db *DB) EndSession(ctx context.Context, sessionID string, now time.Time) error {
	if sessionID == "" {
		return nil // of no session: not of one another
	}
	_, err := db.exec(ctx, "end session", endSession, sessionID, millis(now), millisUp(now), true)
	return err
}
