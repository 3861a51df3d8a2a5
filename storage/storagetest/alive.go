package storagetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// AliveBackend is one empty store under test.
type AliveBackend struct {
	Store AliveStore
	// Flush loses everything in the store, as an operator or an eviction would.
	Flush func(t *testing.T)
}

// OpenAlive opens an empty store that reads the given clock, for one test.
type OpenAlive func(t *testing.T, now func() time.Time) AliveBackend

// Alive is the suite of the stores of what is alive. Every test opens a store of
// its own, so that all may run at once on one server.
func Alive(t *testing.T, open OpenAlive) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []aliveTest
	}{
		{"code", codeTests()},
		{"session", sessionTests()},
		{"interaction", interactionTests()},
		{"case", caseTests()},
		{"challenge", challengeTests()},
		{"race", raceTests()},
		{"loss", lossTests()},
	} {
		for _, test := range group.tests {
			t.Run(group.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				clock := newAliveClock()
				test.run(t, aliveRun{AliveBackend: open(t, clock.Now), clock: clock})
			})
		}
	}
}

type aliveTest struct {
	name string
	run  func(t *testing.T, r aliveRun)
}

// aliveRun is what one test of the suite works with.
type aliveRun struct {
	AliveBackend
	clock *aliveClock
}

// aliveClock is a clock that goes on only when told. It runs ahead of the real
// one, as a simulated clock of a whole deployment may.
type aliveClock struct {
	mu  sync.Mutex
	now time.Time
}

func newAliveClock() *aliveClock {
	return &aliveClock{now: time.Now().Add(36 * time.Hour).UTC().Truncate(time.Second)}
}

func (c *aliveClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *aliveClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// in returns the instant d from now.
func (r aliveRun) in(d time.Duration) time.Time { return r.clock.Now().Add(d) }

func (r aliveRun) code() *grant.Code {
	return &grant.Code{
		ID: uuid.New(), ClientID: "hrss-hall", Principal: principal("subject-" + rand.Text()),
		SessionID: rand.Text(), RedirectURI: "https://portal.example/cb?x=1&y=%2F",
		Scopes: []string{"openid", "enterprise"}, Claims: []byte(`{"userinfo":{"name":null}}`),
		Nonce: "n-\u2028<&>\"", CodeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		AuthTime: r.clock.Now(), LOA: 2, AMR: []string{"pwd"}, IssuedAt: r.in(123456789), ExpiresAt: r.in(time.Minute),
	}
}

func (r aliveRun) session(subject string) (session.Key, *session.Session) {
	now := r.clock.Now()
	return session.Key(randomHash()), &session.Session{
		ID: rand.Text(), Principal: principal(subject), AuthTime: now, LOA: 3, AMR: []string{"pwd", "sms"},
		CreatedAt: now, SeenAt: now.Add(123456789), ExpiresAt: now.Add(12 * time.Hour),
		Address: "2001:db8::7", UserAgent: "Mozilla/5.0 (\u7edf)",
	}
}

func (r aliveRun) interaction() *interaction.Interaction {
	return &interaction.Interaction{
		ID: rand.Text(), State: interaction.Login, Browser: randomHash(), ClientID: "hrss-hall",
		Params: "client_id=hrss-hall&state=a%20b%00&x=\xff", CreatedAt: r.clock.Now(), ExpiresAt: r.in(15 * time.Minute),
		Scopes: []string{"openid"},
	}
}

func (r aliveRun) challenge(purpose string) *interaction.Challenge {
	return &interaction.Challenge{
		ID: rand.Text(), Purpose: purpose, Browser: randomHash(), Data: []byte{0, 1, 0xff, 'x'}, ExpiresAt: r.in(5 * time.Minute),
	}
}

func principal(subject string) accounts.Principal {
	return accounts.Principal{
		Type: accounts.TypeEnterprise, Subject: subject, Enterprise: accounts.EnterpriseID(subject),
		Epochs: accounts.Epochs{Account: 3, Enterprise: 1},
	}
}

func randomHash() (h [32]byte) {
	rand.Read(h[:]) // never fails
	return h
}

// wantErr fails the test unless err is want.
func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// ok fails the test at once if err is set.
func ok(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// racers calls f n times at once and returns how often each answer came: nil,
// and the sentinels by their text. Another error fails the test.
func racers(t *testing.T, n int, f func(i int) error) map[error]int {
	t.Helper()
	var (
		start = make(chan struct{})
		done  = make(chan error, n)
	)
	for i := range n {
		go func() {
			<-start
			done <- f(i)
		}()
	}
	close(start)
	answers := map[error]int{}
	for range n {
		err := <-done
		switch {
		case err == nil:
			answers[nil]++
		case errors.Is(err, accounts.ErrNotFound):
			answers[accounts.ErrNotFound]++
		case errors.Is(err, accounts.ErrConflict):
			answers[accounts.ErrConflict]++
		default:
			t.Errorf("a racer: %v", err)
		}
	}
	return answers
}

func latencyName(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
