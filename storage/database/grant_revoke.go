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

// sessionMark is what is spent of a session that was ended (inSession).
func sessionMark(sessionID string) []byte { return spentKey("session " + sessionID) }

const endSession = `UPDATE grants SET
		revoked_at = CASE WHEN offline = $4 THEN revoked_at ELSE $2 END,
		access_after = CASE WHEN offline = $4 AND access_after < $3 THEN $3 ELSE access_after END
	WHERE session_id = $1 AND revoked_at = 0 AND expires_at > $2`

// EndSession ends what was born in a browser session: families without refresh
// token entirely, offline ones by their access tokens (contract.md). Its codes that
// nobody redeemed yet are refused from then on (inSession).
//
// The mark stands before the grants are looked for: who does not see it has
// inserted their grant by then, which is ended with the others. On SQLite that is
// certain, since one statement writes at a time; on Postgres but for an INSERT that
// began before the mark stood and is not committed when the UPDATE begins.
func (db *DB) EndSession(ctx context.Context, sessionID string, now time.Time) error {
	if sessionID == "" {
		return nil // of no session: not of one another
	}
	_, err := db.exec(ctx, "mark session ended", spend, sessionMark(sessionID), millis(now.Add(grant.MaxCodeLife)), millis(now))
	if err != nil {
		return err
	}
	_, err = db.exec(ctx, "end session", endSession, sessionID, millis(now), millisUp(now), true)
	return err
}
