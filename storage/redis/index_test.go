package redis

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/session"
)

// put makes a session of "subject" that was signed in at now.
func put(t *testing.T, s *Store, now time.Time) (session.Key, *session.Session) {
	t.Helper()
	p := newSample(now)
	id := uuid.New()
	key := session.Key(append(id[:], id[:]...))
	if err := s.PutSession(t.Context(), key, p.session, now.Add(30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	return key, p.session
}

func wantSessions(t *testing.T, s *Store, want int) {
	t.Helper()
	list, err := s.Sessions(t.Context(), "subject")
	if err != nil || len(list) != want {
		t.Errorf("%d sessions listed, %v, want %d", len(list), err, want)
	}
}

func wantEntries(t *testing.T, s *Store, want int64) {
	t.Helper()
	if n, err := s.client.HLen(t.Context(), s.indexKey("subject")).Result(); err != nil || n != want {
		t.Errorf("the index has %d entries, %v, want %d", n, err, want)
	}
}

func TestEntryWhoseSessionIsOnTheWayIsKept(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := openTest(t, singleVariable, Options{Now: func() time.Time { return now }})
	key, in := put(t, s, now)
	// As between the two writes of PutSession, in the eyes of another replica.
	if err := s.client.Del(t.Context(), s.sessionKey(key)).Err(); err != nil {
		t.Fatal(err)
	}
	wantSessions(t, s, 0)
	wantEntries(t, s, 1)
	if err := s.EndSession(t.Context(), "subject", in.ID); !errors.Is(err, accounts.ErrNotFound) {
		t.Errorf("end: %v", err)
	}
	wantEntries(t, s, 1)
	now = now.Add(settling + time.Second)
	wantSessions(t, s, 0)
	wantEntries(t, s, 0)
}

func TestTouchListsASessionWhoseEntryWasLost(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := openTest(t, singleVariable, Options{Now: func() time.Time { return now }})
	key, in := put(t, s, now)
	if err := s.client.Del(t.Context(), s.indexKey("subject")).Err(); err != nil {
		t.Fatal(err)
	}
	wantSessions(t, s, 0)
	now = now.Add(time.Minute)
	if err := s.TouchSession(t.Context(), key, now, now.Add(30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantSessions(t, s, 1)
	if err := s.EndSession(t.Context(), "subject", in.ID); err != nil {
		t.Error(err)
	}
	wantSessions(t, s, 0)
}

func TestIndexDoesNotGrowWithoutBound(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := openTest(t, singleVariable, Options{Now: func() time.Time { return now }})
	for range 200 {
		put(t, s, now)
		now = now.Add(time.Hour) // twelve are alive in the eyes of the index, one in truth
	}
	n, err := s.client.HLen(t.Context(), s.indexKey("subject")).Result()
	if err != nil || n > 64 {
		t.Errorf("the index has %d entries, %v", n, err)
	}
	wantSessions(t, s, 0)
}

func TestIndexLivesAsLongAsItsLastSession(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := openTest(t, singleVariable, Options{Now: func() time.Time { return now }})
	put(t, s, now)
	short := newSample(now).session
	short.ExpiresAt = now.Add(time.Minute)
	if err := s.PutSession(t.Context(), session.Key{1}, short, short.ExpiresAt); err != nil {
		t.Fatal(err)
	}
	if ttl := s.client.PTTL(t.Context(), s.indexKey("subject")).Val(); ttl < 11*time.Hour {
		t.Errorf("a short session cut the index to %s", ttl)
	}
	wantSessions(t, s, 2)
}

func TestSubjectsOfAnyForm(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{singleVariable, clusterVariable} {
		s := openTest(t, variable, Options{})
		for i, subject := range []string{"", "a b", "}{", "{}", "\x00", "统", "*", fmt.Sprintf("%070d", 1)} {
			in := newSample(time.Now()).session
			in.Principal.Subject = subject
			if err := s.PutSession(t.Context(), session.Key{byte(i)}, in, in.ExpiresAt); err != nil {
				t.Errorf("%q: put: %v", subject, err)
			}
			if list, err := s.Sessions(t.Context(), subject); err != nil || len(list) != 1 {
				t.Errorf("%q: %d listed, %v", subject, len(list), err)
			}
			if err := s.EndSession(t.Context(), subject, in.ID); err != nil {
				t.Errorf("%q: end: %v", subject, err)
			}
		}
	}
}
