// Package ephemeral keeps what is alive – codes, browser sessions, interactions,
// challenges – in an SQLite file of its own: the embedded counterpart of
// storage/redis, and with a database in memory the store of tests. Nothing in
// the file must be remembered: losing it signs people out and lets nobody in.
//
// Every step is one statement. Every record has an absolute end, compared with
// Options.Now when it is read; Sweep only gives the space back.
package ephemeral

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

var (
	_ grant.CodeStore            = (*Store)(nil)
	_ session.Store              = (*Store)(nil)
	_ interaction.Store          = (*Store)(nil)
	_ interaction.ChallengeStore = (*Store)(nil)
)

// Options of a store.
type Options struct {
	// Now is the clock that ends of records are compared with; nil: the real one.
	Now func() time.Time
	// Observe, if set, is told of every call: its name, how long it took on the
	// real clock, and its error.
	Observe func(op string, d time.Duration, err error)
}

// Store keeps records in one SQLite database.
type Store struct {
	options Options
	write   *sql.DB // one connection: SQLite has one writer
	read    *sql.DB // the same as write for a database in memory

	putCode, takeCode                                                  *sql.Stmt
	putSession, session, touchSession, deleteSession                   *sql.Stmt
	listSessions, endSession                                           *sql.Stmt
	putInteraction, interaction, moveInteraction, interactionIsPresent *sql.Stmt
	putChallenge, challenge, takeChallenge                             *sql.Stmt
}

func newStore(ctx context.Context, write, read *sql.DB, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	s := &Store{options: o, write: write, read: read}
	for _, p := range []struct {
		stmt  **sql.Stmt
		db    *sql.DB
		query string
	}{
		{&s.putCode, write, putCodeSQL},
		{&s.takeCode, write, takeCodeSQL},
		{&s.putSession, write, putSessionSQL},
		{&s.session, read, sessionSQL},
		{&s.touchSession, write, touchSessionSQL},
		{&s.deleteSession, write, deleteSessionSQL},
		{&s.listSessions, read, listSessionsSQL},
		{&s.endSession, write, endSessionSQL},
		{&s.putInteraction, write, putInteractionSQL},
		{&s.interaction, read, interactionSQL},
		{&s.moveInteraction, write, moveInteractionSQL},
		{&s.interactionIsPresent, write, interactionIsPresentSQL},
		{&s.putChallenge, write, putChallengeSQL},
		{&s.challenge, read, challengeSQL},
		{&s.takeChallenge, write, takeChallengeSQL},
	} {
		stmt, err := p.db.PrepareContext(ctx, p.query)
		if err != nil {
			return nil, fmt.Errorf("ephemeral: prepare: %w", err)
		}
		*p.stmt = stmt
	}
	return s, nil
}

// now is the instant that ends of records are compared with.
func (s *Store) now() int64 { return s.options.Now().UnixNano() }
