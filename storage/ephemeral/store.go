// Package ephemeral keeps what is alive – codes, browser sessions, interactions,
// challenges – in an SQLite file of its own: the embedded counterpart of
// storage/redis, and with a database in memory the store of tests. Nothing in
// the file must be remembered: losing it signs people out and lets nobody in.
//
// Every step is one statement. Every record has an absolute end, compared with
// Options.Now when it is read; Sweep only gives the space back.
package ephemeral

import (
	"time"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/sqlite"
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
	// Timeout bounds every call; 0 means 800 ms.
	Timeout time.Duration
}

// Store keeps records in one SQLite database. Close it when done.
type Store struct {
	options Options
	db      *sqlite.DB
}

// now is the instant that ends of records are compared with.
func (s *Store) now() int64 { return s.options.Now().UnixNano() }
