package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// A session's value is its end in milliseconds (15 digits), its absolute end in
// milliseconds (15 digits), SeenAt in nanoseconds (19 digits), its record. So a
// touch changes the head only.
const sessionHead = 15 + 15 + 19

// touchScript moves a living session's end and SeenAt, and returns its value.
//
//	KEYS[1] the session
//	ARGV    now, end, SeenAt, slack
var touchScript = redis.NewScript(`
local value = redis.call('GET', KEYS[1])
if not value or tonumber(string.sub(value, 1, 15)) <= tonumber(ARGV[1]) then
	return false
end
local absolute = string.sub(value, 16, 30)
local till = ARGV[2]
if tonumber(absolute) < tonumber(till) then
	till = absolute
end
redis.call('SETRANGE', KEYS[1], 0, till .. absolute .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.max(0, tonumber(till) - tonumber(ARGV[1])) + ARGV[4])
return value
`)

// PutSession keeps a session until the given end, at most its absolute one.
//
// The subject's index is another key, on a cluster in another slot, so there are
// two writes, sent at once and in this order where there is one server: index,
// session. A crash between the two leaves either an index entry without a
// session, which listings drop, or a session without an entry, which is nobody's:
// its secret is given to the browser only after both writes were answered. So
// whatever can be used is listed, and whatever is listed can be ended.
func (s *Store) PutSession(ctx context.Context, k session.Key, in *session.Session, until time.Time) error {
	return s.call(ctx, "put_session", func(ctx context.Context) error {
		value, end := sessionValue(in, until)
		pipe := s.client.Pipeline()
		indexed := s.addToIndex(ctx, pipe.EvalSha, indexScript.Hash(), k, in)
		pipe.Set(ctx, s.sessionKey(k), value, s.ttl(end))
		_, err := pipe.Exec(ctx)
		if redis.HasErrorPrefix(indexed.Err(), "NOSCRIPT") {
			if err := s.addToIndex(ctx, s.client.Eval, indexSource, k, in).Err(); err != nil {
				return err
			}
			err = s.client.Set(ctx, s.sessionKey(k), value, s.ttl(end)).Err()
		}
		return err
	})
}

// Session reads a session.
func (s *Store) Session(ctx context.Context, k session.Key) (*session.Session, error) {
	var found *session.Session
	err := s.call(ctx, "session", func(ctx context.Context) error {
		value, err := s.client.Get(ctx, s.sessionKey(k)).Result()
		if err != nil {
			return err
		}
		found, err = s.parseSession(value)
		return err
	})
	return found, err
}

// TouchSession moves SeenAt and the record's end. A session that is gone stays
// gone, which is no error.
//
// It also writes the index entry again: an eviction or a failover may have lost
// that one alone, and the session would be missing from lists until its end.
func (s *Store) TouchSession(ctx context.Context, k session.Key, seen, until time.Time) error {
	return s.call(ctx, "touch_session", func(ctx context.Context) error {
		value, err := touchScript.Run(ctx, s.client, []string{s.sessionKey(k)},
			s.options.Now().UnixMilli(), appendFixed(nil, until.UnixMilli(), 15), appendFixed(nil, seen.UnixNano(), 19),
			slack.Milliseconds()).Text()
		if err == redis.Nil { //nolint:errorlint // as in mapped
			return nil
		}
		if err != nil {
			return err
		}
		in, err := s.parseSession(value)
		if err != nil {
			return err
		}
		indexed := s.addToIndex(ctx, s.client.EvalSha, indexScript.Hash(), k, in)
		if redis.HasErrorPrefix(indexed.Err(), "NOSCRIPT") {
			indexed = s.addToIndex(ctx, s.client.Eval, indexSource, k, in)
		}
		return indexed.Err()
	})
}

// DeleteSession ends a session; one that is gone is no error. Its index entry
// goes after it: in the other order a crash would leave a session that lives and
// is not listed.
func (s *Store) DeleteSession(ctx context.Context, k session.Key) error {
	return s.call(ctx, "delete_session", func(ctx context.Context) error {
		value, err := s.client.GetDel(ctx, s.sessionKey(k)).Result()
		if err == redis.Nil { //nolint:errorlint // as in mapped
			return nil
		}
		if err != nil {
			return err
		}
		gone, err := decodeSession(value)
		if err != nil {
			return err
		}
		return s.client.HDel(ctx, s.indexKey(gone.Principal.Subject), gone.ID).Err()
	})
}

func sessionValue(in *session.Session, until time.Time) (value []byte, end time.Time) {
	body := record.Session(in)
	end = until
	if in.ExpiresAt.Before(end) {
		end = in.ExpiresAt
	}
	value = make([]byte, 0, sessionHead+len(body))
	value = appendFixed(value, end.UnixMilli(), 15)
	value = appendFixed(value, in.ExpiresAt.UnixMilli(), 15)
	value = appendFixed(value, in.SeenAt.UnixNano(), 19)
	return append(value, body...), end
}

// parseSession decodes a session that is not past its end.
func (s *Store) parseSession(value string) (*session.Session, error) {
	found, err := decodeSession(value)
	if err != nil {
		return nil, err
	}
	end, err := strconv.ParseInt(value[:15], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if end <= s.options.Now().UnixMilli() {
		return nil, redis.Nil
	}
	return found, nil
}

func decodeSession(value string) (*session.Session, error) {
	if len(value) < sessionHead {
		return nil, fmt.Errorf("%w: session of %d bytes", errDamaged, len(value))
	}
	found, err := record.ParseSession(value[sessionHead:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	seen, err := strconv.ParseInt(value[30:sessionHead], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	found.SeenAt = time.Unix(0, seen).UTC()
	return found, nil
}
