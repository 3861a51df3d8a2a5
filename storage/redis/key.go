package redis

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// The kinds of key. What stands in braces decides the slot (Redis Cluster
// specification, "Hash tags"): all of the hash, so that records spread evenly.
// The digit changes when values become unreadable for the version before: then
// each version has its own, and nobody reads what it cannot.
const (
	codeKind        = "c1"
	sessionKind     = "s1"
	indexKind       = "u1" // the sessions of one subject
	interactionKind = "i1"
	challengeKind   = "h1"
)

func (s *Store) key(kind string, hash []byte) string {
	return s.options.Prefix + kind + ":{" + base64.RawURLEncoding.EncodeToString(hash) + "}"
}

// codeKey holds the family id itself: it is no secret, a code is worth something
// only with its MAC.
func (s *Store) codeKey(id grant.ID) string { return s.key(codeKind, id[:]) }

func (s *Store) sessionKey(k session.Key) string { return s.key(sessionKind, k[:]) }

// indexKey hashes the subject for its length and its characters, not to hide it.
func (s *Store) indexKey(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return s.key(indexKind, sum[:16])
}

func (s *Store) interactionKey(id string) string {
	k := record.InteractionKey(id)
	return s.key(interactionKind, k[:])
}

func (s *Store) challengeKey(purpose, id string) string {
	k := record.ChallengeKey(purpose, id)
	return s.key(challengeKind, k[:])
}

// slack is how long Redis keeps what is past its end. Redis is there to give the
// space back; that something ended is for the store's clock to say, which a
// server's that runs fast must not forestall.
const slack = 10 * time.Second

// ttl is how long Redis keeps what ends then. It is counted from the store's
// clock, which need not be that of the server.
func (s *Store) ttl(end time.Time) time.Duration {
	return max(end.Sub(s.options.Now()), 0) + slack
}

// appendFixed appends n in the given number of digits, so that a script finds a
// value's fields by their place.
func appendFixed(b []byte, n int64, width int) []byte {
	digits := strconv.AppendInt(make([]byte, 0, 20), max(n, 0), 10)
	for range width - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}
