package main

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// difference is how much longer one answer takes than another, in milliseconds,
// and the half width of its 95 % confidence interval.
type difference struct{ ms, margin float64 }

const (
	resamples  = 1000
	confidence = 1.96 // standard errors
	trimmed    = 10   // one in so many at either end
	fast       = 4    // one in so many
)

// compare looks at the rounds of two answers, which belong together by index, in
// two ways. usual is the mean of the middle four fifths of the rounds' differences:
// the two requests of a round follow each other at once, so that what changes
// slowly takes part in neither. quick is the difference of the lower quartiles,
// which a busy machine disturbs least. The margins are of the bootstrap.
func compare(a, b []time.Duration) (usual, quick difference) {
	n := len(a)
	if n == 0 || n != len(b) {
		return usual, quick
	}
	diffs := slices.Clone(a)
	for i, beside := range b {
		diffs[i] -= beside
	}
	d, first, second := inOrder(diffs), inOrder(a), inOrder(b)
	look := func(times []int) (float64, float64) {
		return d.middle(times), first.quartile(times) - second.quartile(times)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret; the same rounds give the same margin
	middles, quartiles := make([]float64, resamples), make([]float64, resamples)
	for i := range resamples {
		times := make([]int, n)
		for range n {
			times[r.IntN(n)]++
		}
		middles[i], quartiles[i] = look(times)
	}
	usual.ms, quick.ms = look(slices.Repeat([]int{1}, n))
	usual.margin, quick.margin = confidence*deviation(middles), confidence*deviation(quartiles)
	return usual, quick
}

// found reports whether the difference is not explained by chance.
func (d difference) found() bool { return math.Abs(d.ms) > d.margin }

// foundAgain reports whether other rounds say the same.
func (d difference) foundAgain(other difference) bool {
	return d.found() && other.found() && (d.ms > 0) == (other.ms > 0)
}

func (d difference) String() string { return fmt.Sprintf("%+.3f ± %.3f", d.ms, d.margin) }

// ordered are the values of rounds from the least on, in milliseconds.
type ordered []value

type value struct {
	ms    float64
	round int
}

func inOrder(values []time.Duration) ordered {
	o := make(ordered, len(values))
	for i, v := range values {
		o[i].ms, o[i].round = v.Seconds()*1000, i
	}
	slices.SortFunc(o, func(x, y value) int { return cmp.Compare(x.ms, y.ms) })
	return o
}

// middle is the mean without the tails, where round i counts times[i].
func (o ordered) middle(times []int) float64 {
	from, to := len(o)/trimmed, len(o)-len(o)/trimmed
	at, sum := 0, 0.0
	for _, v := range o {
		next := at + times[v.round]
		sum += float64(max(0, min(next, to)-max(at, from))) * v.ms
		at = next
	}
	return sum / float64(to-from)
}

// quartile is the lower one, where round i counts times[i].
func (o ordered) quartile(times []int) float64 {
	at := 0
	for _, v := range o {
		if at += times[v.round]; at > len(o)/fast {
			return v.ms
		}
	}
	return 0
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}

// deviation is the standard deviation.
func deviation(values []float64) float64 {
	m, sum := mean(values), 0.0
	for _, v := range values {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(max(1, len(values)-1)))
}
