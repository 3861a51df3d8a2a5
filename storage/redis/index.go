package redis

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/session"
)

// The index of a subject's sessions is a hash, sid → session key (43
// characters), absolute end in milliseconds (15 digits), when the entry was
// written in milliseconds (15 digits). It lives as long as the last of them.
const (
	entryKey  = 43
	entryEnd  = entryKey + 15
	entryFull = entryEnd + 15
)

// settling is how long an entry without a session is left alone: its session may
// be on the way. A call lasts less than a second; the rest is for clocks of
// replicas that differ.
const settling = time.Minute

// indexSource writes an entry and keeps the index for as long as it is needed.
// Now and then it drops the entries that are past their end, so that a subject
// who always signs in and never lists does not grow without bound.
//
//	KEYS[1] the index
//	ARGV    now, absolute end, sid, entry, slack
const indexSource = `
local now, till = tonumber(ARGV[1]), tonumber(ARGV[2])
if redis.call('HLEN', KEYS[1]) % 32 == 31 then
	local all = redis.call('HGETALL', KEYS[1])
	for i = 1, #all, 2 do
		if tonumber(string.sub(all[i + 1], 44, 58)) <= now then
			redis.call('HDEL', KEYS[1], all[i])
		end
	end
end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
local keep = math.max(0, till - now) + ARGV[5]
if redis.call('PTTL', KEYS[1]) < keep then
	redis.call('PEXPIRE', KEYS[1], keep)
end
return 1
`

var indexScript = redis.NewScript(indexSource)

type eval func(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd

// addToIndex runs the index script by one of Redis' two ways.
func (s *Store) addToIndex(ctx context.Context, run eval, script string, k session.Key, in *session.Session) *redis.Cmd {
	now, end := s.options.Now().UnixMilli(), in.ExpiresAt.UnixMilli()
	entry := make([]byte, 0, entryFull)
	entry = base64.RawURLEncoding.AppendEncode(entry, k[:])
	entry = appendFixed(entry, end, 15)
	entry = appendFixed(entry, now, 15)
	return run(ctx, script, []string{s.indexKey(in.Principal.Subject)}, now, end, in.ID, entry, slack.Milliseconds())
}

// Sessions lists the living sessions of one subject, the last seen first, and
// drops the entries of those that are gone.
func (s *Store) Sessions(ctx context.Context, subject string) ([]*session.Session, error) {
	var list []*session.Session
	err := s.call(ctx, "sessions", func(ctx context.Context) error {
		index := s.indexKey(subject)
		entries, err := s.client.HGetAll(ctx, index).Result()
		if err != nil || len(entries) == 0 {
			return err
		}
		found, stale, err := s.follow(ctx, subject, entries)
		if err != nil {
			return err
		}
		list = found
		if len(stale) > 0 {
			return s.client.HDel(ctx, index, stale...).Err()
		}
		return nil
	})
	return list, err
}

// follow reads the sessions that the entries of an index lead to, and returns
// the sids of entries that lead nowhere.
func (s *Store) follow(ctx context.Context, subject string, entries map[string]string) (list []*session.Session, stale []string, err error) {
	pipe := s.client.Pipeline()
	replies := make(map[string]*redis.StringCmd, len(entries))
	for sid, entry := range entries {
		key, _, err := s.parseEntry(entry)
		if err != nil {
			return nil, nil, err
		}
		replies[sid] = pipe.Get(ctx, key)
	}
	// Its error is that of one reply, each of which is looked at below.
	_, _ = pipe.Exec(ctx)
	for sid, reply := range replies {
		value, err := reply.Result()
		if err == nil {
			var found *session.Session
			if found, err = s.parseSession(value); err == nil && found.ID == sid && found.Principal.Subject == subject {
				list = append(list, found)
				continue
			}
		}
		if err != nil && err != redis.Nil { //nolint:errorlint // as in mapped
			return nil, nil, err
		}
		if _, written, _ := s.parseEntry(entries[sid]); written < s.options.Now().Add(-settling).UnixMilli() {
			stale = append(stale, sid)
		}
	}
	slices.SortFunc(list, func(a, b *session.Session) int {
		if order := b.SeenAt.Compare(a.SeenAt); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, stale, nil
}

// parseEntry returns the key that an entry leads to and when it was written.
func (s *Store) parseEntry(entry string) (key string, written int64, err error) {
	if len(entry) != entryFull {
		return "", 0, fmt.Errorf("%w: index entry of %d bytes", errDamaged, len(entry))
	}
	written, err = strconv.ParseInt(entry[entryEnd:], 10, 64)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return s.options.Prefix + sessionKind + ":{" + entry[:entryKey] + "}", written, nil
}

// EndSession deletes the subject's session with that sid: first the session, as
// in DeleteSession, then its entry.
func (s *Store) EndSession(ctx context.Context, subject, sid string) error {
	return s.call(ctx, "end_session", func(ctx context.Context) error {
		index := s.indexKey(subject)
		entry, err := s.client.HGet(ctx, index, sid).Result()
		if err != nil {
			return err
		}
		key, _, err := s.parseEntry(entry)
		if err != nil {
			return err
		}
		value, err := s.client.GetDel(ctx, key).Result()
		if err != nil {
			return err
		}
		ended, err := s.parseSession(value)
		if err != nil {
			return err
		}
		if ended.ID != sid || ended.Principal.Subject != subject {
			return accounts.ErrNotFound
		}
		return s.client.HDel(ctx, index, sid).Err()
	})
}
