package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	fewestRounds = 60
	longestTimes = 4  // the time of a question, where rounds are slow
	slowRounds   = 20 // at least, however slow
	countedShots = 20
	calm         = 2 * time.Millisecond // after a request: what the server still does for it
)

// finding is what was found of one answer and the one beside it.
type finding struct {
	question, name, beside string
	rounds                 int
	first, second          timing // of the answer, of the one beside it
	usual, quick           difference
	again                  *[2]difference // of other rounds, where the first made suspicious
	calls, besideCalls     trips
}

// timing is how long an answer takes, in milliseconds.
type timing struct{ median, mean float64 }

func timingOf(took []time.Duration) timing {
	l, sum := load{latencies: append([]time.Duration(nil), took...)}, time.Duration(0)
	for _, d := range took {
		sum += d
	}
	return timing{
		median: l.percentile(0.5).Seconds() * 1000,
		mean:   sum.Seconds() * 1000 / float64(max(1, len(took))),
	}
}

// toldApart reports whether a difference was there twice, with the same sign: of
// twenty looked at, chance alone finds one once.
func (f *finding) toldApart() bool {
	return f.again != nil && (f.usual.foundAgain(f.again[0]) || f.quick.foundAgain(f.again[1]))
}

func (f *finding) suspicious() bool { return f.usual.found() || f.quick.found() }

// errTold says that answers differ in what they do.
var errTold = errors.New("answers that must be alike differ")

// pairs asks on one backend. Whether answers differ in time is reported; that
// they differ in what they do is an error.
func (b *bench) pairs(ctx context.Context, backend string) error {
	s, err := b.startTongid(ctx, "pairs", backend, "TONGID_LIMITS=off", "TONGID_CAPTCHA=off")
	if err != nil {
		return err
	}
	known, err := readFacts()
	if err != nil {
		return err
	}
	v := &visitor{browser: newBrowser(s, 1)}
	if err := v.prepare(ctx, &known); err != nil {
		return err
	}
	var (
		findings []finding
		faults   []error
	)
	for _, q := range known.questions() {
		b.say("%s: %s", backend, q.title)
		found, err := b.ask(ctx, v, &q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.title, err)
		}
		for i := range found {
			if !sameCalls(&found[i].calls, &found[i].besideCalls) {
				faults = append(faults, fmt.Errorf("%s, %s and %s: %w", q.title, found[i].name, found[i].beside, errTold))
			}
		}
		findings = append(findings, found...)
	}
	b.findings(s, backend, findings)
	b.processes.stopAll()
	return errors.Join(faults...)
}

// ask measures the answers to a question, and those again that seem to differ.
func (b *bench) ask(ctx context.Context, v *visitor, q *question) ([]finding, error) {
	v.forms = map[string]url.Values{}
	took, err := b.rounds(ctx, v, q)
	if err != nil {
		return nil, err
	}
	calls := make([]trips, len(q.answers))
	for i := range q.answers {
		if calls[i], err = b.countShots(ctx, v, q, &q.answers[i]); err != nil {
			return nil, err
		}
	}
	var again [][]time.Duration
	found := make([]finding, 0, len(q.answers))
	for i, a := range q.answers {
		if a.against == i {
			continue
		}
		f := finding{
			question: q.title, name: a.name, beside: q.answers[a.against].name, rounds: len(took[i]),
			first: timingOf(took[i]), second: timingOf(took[a.against]), calls: calls[i], besideCalls: calls[a.against],
		}
		f.usual, f.quick = compare(took[i], took[a.against])
		if f.suspicious() {
			if again == nil {
				b.say("once more: there may be a difference")
				if again, err = b.rounds(ctx, v, q); err != nil {
					return nil, err
				}
			}
			f.again = &[2]difference{}
			f.again[0], f.again[1] = compare(again[i], again[a.against])
		}
		found = append(found, f)
	}
	return found, nil
}

// rounds asks for every answer once in each round, one after the other, in an
// order that chance decides, and returns how long each took.
func (b *bench) rounds(ctx context.Context, v *visitor, q *question) ([][]time.Duration, error) {
	const warm = 5
	took := make([][]time.Duration, len(q.answers))
	start := time.Now()
	for n := 0; ; n++ {
		passed := time.Since(start)
		if n >= fewestRounds+warm && passed > b.pairTime || n >= slowRounds+warm && passed > longestTimes*b.pairTime {
			return took, nil
		}
		round, err := q.round(ctx, v)
		if err != nil {
			return nil, err
		}
		for i, d := range round {
			if n >= warm {
				took[i] = append(took[i], d)
			}
		}
	}
}

func (q *question) round(ctx context.Context, v *visitor) (took []time.Duration, err error) {
	shots := make([]shot, len(q.answers))
	for _, i := range inAnyOrder(len(shots)) {
		if shots[i], err = q.answers[i].ready(ctx, v); err != nil {
			return nil, fmt.Errorf("%s: %w", q.answers[i].name, err)
		}
	}
	took = make([]time.Duration, len(shots))
	for _, i := range inAnyOrder(len(shots)) {
		if err := v.drain(ctx); err != nil {
			return nil, err
		}
		settle(ctx, calm)
		if took[i], err = q.time(ctx, shots[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", q.answers[i].name, err)
		}
	}
	return took, nil
}

func inAnyOrder(n int) []int { return rand.Perm(n) } //nolint:gosec // no secret

// time makes a request and sees that it was answered as all should be.
func (q *question) time(ctx context.Context, ask shot) (time.Duration, error) {
	start := time.Now()
	answer, err := ask(ctx)
	took := time.Since(start)
	if err != nil {
		return 0, err
	}
	return took, answer.expect(q.title, q.status)
}

// countShots counts what reaches the stores for one answer, as count does, but
// for the request alone. What simulators keep is left out, where no captcha is
// the only thing kept beside interactions.
func (b *bench) countShots(ctx context.Context, v *visitor, q *question, a *answer) (trips, error) {
	shots := make([]shot, countedShots)
	for n := range shots {
		var err error
		if shots[n], err = a.ready(ctx, v); err != nil {
			return trips{}, err
		}
	}
	if err := v.drain(ctx); err != nil {
		return trips{}, err
	}
	settle(ctx, gap)
	// All at once: one after the other they would take as many beats, and what goes
	// on beside them would count with them.
	return v.side.counting(ctx, countedShots, func() error {
		var group errgroup.Group
		for _, ask := range shots {
			group.Go(func() error {
				_, err := q.time(ctx, ask)
				return err
			})
		}
		return group.Wait()
	})
}

// simulated reports whether a call to a store is made by simulators only: while
// captchas are off nobody else keeps challenges.
func simulated(call string) bool { return strings.Contains(call, "challenge") }

// sameCalls reports whether two answers make the same calls. What goes on beside
// requests comes by chance, less than once in two. Of Redis only tongid's own
// count is looked at: its commands are simulators' too.
func sameCalls(a, b *trips) bool {
	for _, pair := range [][2]*trips{{a, b}, {b, a}} {
		for call, n := range pair[0].byCall {
			if !simulated(call) && math.Round(n) != math.Round(pair[1].byCall[call]) {
				return false
			}
		}
	}
	return math.Round(a.statements) == math.Round(b.statements)
}
