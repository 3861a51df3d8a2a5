package database

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongid/tongid/provider/grant"
)

var _ grant.ConsentStore = (*DB)(nil)

const readConsent = `SELECT scope FROM consents WHERE subject = $1 AND client_id = $2 ORDER BY scope`

// Consented returns the scopes that subject allowed the client, in order of
// their names; none is not an error.
func (db *DB) Consented(ctx context.Context, subject, clientID string) (scopes []string, err error) {
	err = db.list(ctx, "read consent", readConsent, []any{subject, clientID},
		func() { scopes = nil },
		func(r rows) error {
			var scope string
			if err := r.Scan(&scope); err != nil {
				return err
			}
			scopes = append(scopes, scope)
			return nil
		})
	return scopes, err
}

// Consent adds scopes. Each is a row of its own, so that two at once add both.
func (db *DB) Consent(ctx context.Context, subject, clientID string, scopes []string, now time.Time) error {
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	if len(scopes) == 0 {
		return nil
	}
	args := []any{subject, clientID, millis(now)}
	var values strings.Builder
	for _, scope := range scopes {
		args = append(args, scope)
		if values.Len() > 0 {
			values.WriteString(", ")
		}
		values.WriteString("($1, $2, $" + strconv.Itoa(len(args)) + ", $3)")
	}
	query := `INSERT INTO consents (subject, client_id, scope, created_at) VALUES ` + values.String() +
		` ON CONFLICT DO NOTHING`
	_, err := db.exec(ctx, "consent", query, args...)
	return err
}

// Withdraw forgets what subject allowed the client.
func (db *DB) Withdraw(ctx context.Context, subject, clientID string) error {
	const query = `DELETE FROM consents WHERE subject = $1 AND client_id = $2`
	_, err := db.exec(ctx, "withdraw consent", query, subject, clientID)
	return err
}
