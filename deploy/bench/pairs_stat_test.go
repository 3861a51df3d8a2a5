package main

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// noise is what a loaded machine adds: a little always, much at times.
func noise(r *rand.Rand) time.Duration {
	d := time.Duration(r.ExpFloat64() * float64(time.Millisecond))
	if r.IntN(20) == 0 {
		d += time.Duration(r.IntN(200)) * time.Millisecond
	}
	return d
}

func TestDifferenceIsFoundAndOnlyWhereThereIsOne(t *testing.T) {
	const tries, rounds = 20, 300
	r := rand.New(rand.NewPCG(3, 4))
	for name, v := range map[string]struct {
		extra     time.Duration
		low, high int // of 20 tries, how many find one
	}{
		"none":   {0, 0, 4},
		"1 ms":   {time.Millisecond, 19, tries},
		"-1 ms":  {-time.Millisecond, 19, tries},
		"0.4 ms": {400 * time.Microsecond, 10, tries},
	} {
		usual, quick := 0, 0
		for range tries {
			a, b := make([]time.Duration, rounds), make([]time.Duration, rounds)
			for i := range rounds {
				slow := time.Duration(i) * time.Millisecond / 200 // the machine gets slower
				a[i], b[i] = 5*time.Millisecond+slow+noise(r)+v.extra, 5*time.Millisecond+slow+noise(r)
			}
			d, q := compare(a, b)
			if d.found() {
				usual++
			}
			if q.found() {
				quick++
			}
		}
		for kind, found := range map[string]int{"usual": usual, "quick": quick} {
			if found < v.low || found > v.high {
				t.Errorf("%s: a difference was found in %d of %d tries (%s), want %d to %d", name, found, tries, kind, v.low, v.high)
			}
		}
	}
}

func TestNothingIsNoDifference(t *testing.T) {
	usual, quick := compare(nil, []time.Duration{time.Second})
	if none := (difference{}); usual != none || quick != none || none.found() {
		t.Errorf("compare of no rounds = %v, %v", usual, quick)
	}
}

func TestCallsAreComparedWithoutWhatComesByChance(t *testing.T) {
	calls := func(more map[string]float64, statements, commands float64) *trips {
		all := trips{byCall: map[string]float64{"sql find enterprise": 1, "redis interaction": 1}, statements: statements, commands: commands}
		maps.Copy(all.byCall, more)
		return &all
	}
	base := calls(nil, 1, 1)
	for name, v := range map[string]struct {
		other *trips
		same  bool
	}{
		"the same":                     {calls(nil, 1, 1), true},
		"a sweep meanwhile":            {calls(map[string]float64{"sql sweep": 0.1}, 1.1, 1.05), true},
		"what a simulator keeps":       {calls(map[string]float64{"redis put_challenge": 2}, 1, 3), true},
		"another statement":            {calls(map[string]float64{"sql post message": 1}, 1, 1), false},
		"one less":                     {calls(map[string]float64{"sql find enterprise": 0}, 1, 1), false},
		"a statement by Postgres only": {calls(nil, 2, 1), false},
		"a call to what is alive":      {calls(map[string]float64{"redis session": 1}, 1, 1), false},
	} {
		if sameCalls(base, v.other) != v.same || sameCalls(v.other, base) != v.same {
			t.Errorf("%s: sameCalls is not %v", name, v.same)
		}
	}
}
