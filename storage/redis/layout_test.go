package redis

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// sample is one record of each kind, all of whose secrets hold "secret".
type sample struct {
	code        *grant.Code
	key         session.Key
	session     *session.Session
	interaction *interaction.Interaction
	challenge   *interaction.Challenge
}

func newSample(now time.Time) sample {
	key := session.Key(append([]byte("not a hash, so it would be seen "), make([]byte, 0)...))
	return sample{
		code: &grant.Code{ID: uuid.New(), ClientID: "c", ExpiresAt: now.Add(time.Minute)},
		key:  key,
		session: &session.Session{
			ID: "sid-" + uuid.NewString(), Principal: accounts.Principal{Subject: "subject"},
			SeenAt: now, CreatedAt: now, ExpiresAt: now.Add(12 * time.Hour),
		},
		interaction: &interaction.Interaction{ID: "secret-interaction", ExpiresAt: now.Add(15 * time.Minute)},
		challenge:   &interaction.Challenge{ID: "secret-challenge", Purpose: "captcha", ExpiresAt: now.Add(time.Minute)},
	}
}

func (p sample) put(t *testing.T, s *Store) {
	t.Helper()
	err := errors.Join(
		s.PutCode(t.Context(), p.code), s.PutSession(t.Context(), p.key, p.session, p.session.SeenAt.Add(30*time.Minute)),
		s.PutInteraction(t.Context(), p.interaction), s.PutChallenge(t.Context(), p.challenge),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// trips counts what goes over the wire.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmd)
	}
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmds)
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{singleVariable, clusterVariable} {
		s := openTest(t, variable, Options{})
		p, ctx := newSample(time.Now()), t.Context()
		p.put(t, s) // the scripts are loaded now
		if err := errors.Join(s.TouchSession(ctx, p.key, time.Now(), time.Now().Add(time.Hour)), s.MoveInteraction(ctx, p.interaction)); err != nil {
			t.Fatal(err)
		}
		count := &trips{}
		s.client.AddHook(count)
		for _, step := range []struct {
			name string
			want int64
			call func() error
		}{
			{"PutCode", 1, func() error { return s.PutCode(ctx, p.code) }},
			{"TakeCode", 1, func() error { _, err := s.TakeCode(ctx, p.code.ID); return err }},
			{"PutSession", 1, func() error { return s.PutSession(ctx, p.key, p.session, p.session.ExpiresAt) }},
			{"Session", 1, func() error { _, err := s.Session(ctx, p.key); return err }},
			{"TouchSession", 2, func() error { return s.TouchSession(ctx, p.key, p.session.SeenAt, p.session.ExpiresAt) }},
			{"Sessions", 2, func() error { _, err := s.Sessions(ctx, "subject"); return err }},
			{"EndSession", 3, func() error { return s.EndSession(ctx, "subject", p.session.ID) }},
			{"DeleteSession of none", 1, func() error { return s.DeleteSession(ctx, p.key) }},
			{"PutSession again", 1, func() error { return s.PutSession(ctx, p.key, p.session, p.session.ExpiresAt) }},
			{"DeleteSession", 2, func() error { return s.DeleteSession(ctx, p.key) }},
			{"PutInteraction", 1, func() error { return s.PutInteraction(ctx, p.interaction) }},
			{"Interaction", 1, func() error { _, err := s.Interaction(ctx, p.interaction.ID); return err }},
			{"MoveInteraction", 1, func() error { return s.MoveInteraction(ctx, p.interaction) }},
			{"PutChallenge", 1, func() error { return s.PutChallenge(ctx, p.challenge) }},
			{"Challenge", 1, func() error { _, err := s.Challenge(ctx, "captcha", p.challenge.ID); return err }},
			{"TakeChallenge", 1, func() error { _, err := s.TakeChallenge(ctx, "captcha", p.challenge.ID); return err }},
		} {
			count.n.Store(0)
			if err := step.call(); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
			if got := count.n.Load(); got != step.want {
				t.Errorf("%s: %s made %d round trips, want %d", variable, step.name, got, step.want)
			}
		}
	}
}

func TestEveryKeyHasAnEnd(t *testing.T) {
	t.Parallel()
	// The store's clock is far from the server's.
	for _, ahead := range []time.Duration{-1000 * time.Hour, 0, 1000 * time.Hour} {
		now := time.Now().Add(ahead)
		s := openTest(t, singleVariable, Options{Now: func() time.Time { return now }})
		p := newSample(now)
		p.put(t, s)
		if err := errors.Join(s.MoveInteraction(t.Context(), p.interaction),
			s.TouchSession(t.Context(), p.key, now, now.Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		want := map[string]time.Duration{
			s.codeKey(p.code.ID):                      time.Minute,
			s.sessionKey(p.key):                       time.Hour,
			s.indexKey("subject"):                     12 * time.Hour,
			s.interactionKey(p.interaction.ID):        15 * time.Minute,
			s.challengeKey("captcha", p.challenge.ID): time.Minute,
		}
		keys := keysOf(t, s)
		if len(keys) != len(want) {
			t.Errorf("keys %v, want %v", keys, want)
		}
		for _, key := range keys {
			ttl := s.client.PTTL(t.Context(), key).Val()
			if ttl > want[key]+slack || ttl < want[key]-slack {
				t.Errorf("%s is kept for %s, want %s", key, ttl, want[key])
			}
		}
	}
}

func TestSecretsAreNotInRedis(t *testing.T) {
	t.Parallel()
	s := openTest(t, singleVariable, Options{})
	newSample(time.Now()).put(t, s)
	for _, key := range keysOf(t, s) {
		value, _ := s.client.Get(t.Context(), key).Result()
		if strings.Contains(key+value, "secret") {
			t.Errorf("%s = %s", key, value)
		}
		if strings.Count(key, "{") != 1 || !strings.HasSuffix(key, "}") {
			t.Errorf("%s: its slot is not decided by its hash", key)
		}
	}
}

func TestScriptsAreLoadedAgainAfterAFlush(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := mustOpen(t, server.url())
	for range 3 {
		server.do(t, "SCRIPT", "FLUSH")
		p, ctx := newSample(time.Now()), t.Context()
		p.put(t, s)
		server.do(t, "SCRIPT", "FLUSH")
		if err := errors.Join(s.TouchSession(ctx, p.key, time.Now(), time.Now().Add(time.Hour)), s.MoveInteraction(ctx, p.interaction)); err != nil {
			t.Error(err)
		}
		list, err := s.Sessions(ctx, "subject")
		if err != nil || !slices.ContainsFunc(list, func(in *session.Session) bool { return in.ID == p.session.ID }) {
			t.Errorf("listed %v, %v", list, err)
		}
		server.do(t, "FLUSHALL")
	}
}

func TestMoveThatWasAnsweredIntoTheVoid(t *testing.T) {
	t.Parallel()
	s := openTest(t, singleVariable, Options{})
	p := newSample(time.Now())
	p.put(t, s)
	nonce := writeNonce()
	move := func(nonce string) string {
		t.Helper()
		value := interactionValue(p.interaction, 1, nonce)
		answer, err := moveScript.Run(t.Context(), s.client, []string{s.interactionKey(p.interaction.ID)},
			time.Now().UnixMilli(), appendFixed(nil, 0, 10), nonce, value, 60_000).Text()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	got := []string{move(nonce), move(nonce), move(writeNonce())}
	if diff := cmp.Diff([]string{"moved", "moved", "conflict"}, got); diff != "" {
		t.Errorf("a move, the same sent twice, a racer's (-want +got):\n%s", diff)
	}
}

func TestDamagedValuesAreFaults(t *testing.T) {
	t.Parallel()
	s := openTest(t, singleVariable, Options{})
	ctx := t.Context()
	for _, value := range []string{"x", strings.Repeat("0", 48), strings.Repeat("9", 80), strings.Repeat("x", 80), strings.Repeat("9", 49) + "\x03x"} {
		p := newSample(time.Now())
		p.put(t, s)
		for _, key := range keysOf(t, s) {
			if key != s.indexKey("subject") {
				s.client.Set(ctx, key, value, time.Minute)
			}
		}
		_, err := s.Session(ctx, p.key)
		wantFault(t, "Session of "+value, err)
		_, err = s.Sessions(ctx, "subject")
		wantFault(t, "Sessions of "+value, err)
		wantFault(t, "EndSession of "+value, s.EndSession(ctx, "subject", p.session.ID))
		_, err = s.Interaction(ctx, p.interaction.ID)
		wantFault(t, "Interaction of "+value, err)
		_, err = s.Challenge(ctx, "captcha", p.challenge.ID)
		wantFault(t, "Challenge of "+value, err)
		_, err = s.TakeChallenge(ctx, "captcha", p.challenge.ID)
		wantFault(t, "TakeChallenge of "+value, err)
		_, err = s.TakeCode(ctx, p.code.ID)
		wantFault(t, "TakeCode of "+value, err)
		flush(t, s)
	}
}

func TestKeyOfAnotherTypeIsAFault(t *testing.T) {
	t.Parallel()
	s := openTest(t, singleVariable, Options{})
	p := newSample(time.Now())
	for _, key := range []string{s.sessionKey(p.key), s.interactionKey(p.interaction.ID), s.codeKey(p.code.ID)} {
		s.client.LPush(t.Context(), key, "x")
		s.client.Expire(t.Context(), key, time.Minute)
	}
	_, err := s.Session(t.Context(), p.key)
	wantFault(t, "Session", err)
	wantFault(t, "TouchSession", s.TouchSession(t.Context(), p.key, time.Now(), time.Now()))
	wantFault(t, "MoveInteraction", s.MoveInteraction(t.Context(), p.interaction))
	_, err = s.TakeCode(t.Context(), p.code.ID)
	wantFault(t, "TakeCode", err)
}

func wantFault(t *testing.T, what string, err error) {
	t.Helper()
	for _, answer := range []error{nil, accounts.ErrNotFound, accounts.ErrConflict, accounts.ErrUnavailable} {
		if errors.Is(err, answer) {
			t.Errorf("%s: error %v, want a fault", what, err)
		}
	}
}

func TestCallsAreObserved(t *testing.T) {
	t.Parallel()
	var ops []string
	s := openTest(t, singleVariable, Options{Observe: func(op string, d time.Duration, err error) {
		if d <= 0 || d > time.Minute {
			t.Errorf("%s took %s", op, d)
		}
		if err != nil {
			op += " failed"
		}
		ops = append(ops, op)
	}})
	ops = nil
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	_, _ = s.Session(t.Context(), session.Key{})
	if diff := cmp.Diff([]string{"ping", "session failed"}, ops); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
