// Package redis keeps what is alive – codes, browser sessions, interactions,
// challenges – in Redis: one server, a Sentinel group or a Cluster. Nothing in
// it must be remembered: a flush, an eviction or a failover signs people out and
// lets nobody in. No key, no code, no session.
//
// Every step touches one key, so that all three forms of Redis run the same
// commands. Every key has an absolute end, which Redis acts on for space only:
// each record carries its own, which is compared with Options.Now when it is
// read. Keys are hashes of the secrets that find them.
//
// Redis 6.2 or newer, or Valkey.
package redis

import (
	"time"

	"github.com/redis/go-redis/v9"

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

// Options of a store. The zero value is a store for production.
type Options struct {
	// Now is the clock that ends of records are compared with; nil: the real one.
	Now func() time.Time
	// Observe, if set, is told of every call: its name, how long it took on the
	// real clock, and its error.
	Observe func(op string, d time.Duration, err error)
	// Prefix goes before every key; empty: "tongid:".
	Prefix string
	// PoolSize is how many connections are held to each server at most; 0: ten
	// per processor.
	PoolSize int
}

// Store keeps records in Redis.
type Store struct {
	options Options
	client  redis.UniversalClient
}
