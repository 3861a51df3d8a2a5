package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
)

const (
	racing = 100 // at once
	rounds = 3   // a race that is lost one time in three is found
)

// raceTests are the single-use cases of design §5: exactly one of 100 wins, at
// every latency of the store.
func raceTests() []aliveTest {
	var tests []aliveTest
	for _, latency := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		tests = append(tests,
			aliveTest{"code is taken once at " + latencyName(latency), func(t *testing.T, r aliveRun) {
				raceTakeCode(t, r, latency)
			}},
			aliveTest{"challenge is taken once at " + latencyName(latency), func(t *testing.T, r aliveRun) {
				raceTakeChallenge(t, r, latency)
			}},
			aliveTest{"interaction is moved once at " + latencyName(latency), func(t *testing.T, r aliveRun) {
				raceMove(t, r, latency)
			}},
			aliveTest{"case is moved once at " + latencyName(latency), func(t *testing.T, r aliveRun) {
				raceMoveCase(t, r, latency)
			}},
			aliveTest{"session is ended once at " + latencyName(latency), func(t *testing.T, r aliveRun) {
				raceEndSession(t, r, latency)
			}},
		)
	}
	return tests
}

func raceTakeCode(t *testing.T, r aliveRun, latency time.Duration) {
	t.Helper()
	slow := SlowAlive(r.Store, latency)
	for range rounds {
		code := r.code()
		ok(t, "put", slow.PutCode(t.Context(), code))
		wantOneWinner(t, accounts.ErrNotFound, func(int) error {
			got, err := slow.TakeCode(t.Context(), code.ID)
			if err == nil && got.Nonce != code.Nonce {
				t.Errorf("the winner got another code: %+v", got)
			}
			return err
		})
	}
}

func raceTakeChallenge(t *testing.T, r aliveRun, latency time.Duration) {
	t.Helper()
	slow := SlowAlive(r.Store, latency)
	for range rounds {
		challenge := r.challenge("captcha")
		ok(t, "put", slow.PutChallenge(t.Context(), challenge))
		wantOneWinner(t, accounts.ErrNotFound, func(int) error {
			_, err := slow.TakeChallenge(t.Context(), "captcha", challenge.ID)
			return err
		})
	}
}

// raceMove has every racer read, decide and move; all that read the same
// version write the same bytes, as two submits of one form do.
func raceMove(t *testing.T, r aliveRun, latency time.Duration) {
	t.Helper()
	slow := SlowAlive(r.Store, latency)
	for range rounds {
		i := r.interaction()
		ok(t, "put", slow.PutInteraction(t.Context(), i))
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			mine := *i
			mine.State = interaction.Ready
			return slow.MoveInteraction(t.Context(), &mine)
		})
		got, err := slow.Interaction(t.Context(), i.ID)
		ok(t, "read", err)
		if got.Version != 1 || got.State != interaction.Ready {
			t.Errorf("version %d state %s after the race, want 1 ready", got.Version, got.State)
		}
	}
}

func raceEndSession(t *testing.T, r aliveRun, latency time.Duration) {
	t.Helper()
	slow := SlowAlive(r.Store, latency)
	for range rounds {
		key, in := r.session("s")
		ok(t, "put", slow.PutSession(t.Context(), key, in, r.in(time.Hour)))
		wantOneWinner(t, accounts.ErrNotFound, func(int) error {
			return slow.EndSession(t.Context(), "s", in.ID)
		})
	}
}

// wantOneWinner races f and fails the test unless one call succeeded and all
// others were answered with loss.
func wantOneWinner(t *testing.T, loss error, f func(i int) error) {
	t.Helper()
	got := racers(t, racing, f)
	want := map[error]int{nil: 1, loss: racing - 1}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" { //nolint:errorlint // keys of the map
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
