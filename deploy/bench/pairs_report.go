package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// findings prints what was found on one backend.
func (b *bench) findings(s *side, backend string, all []finding) {
	title := "Embedded: SQLite"
	if backend == backendPostgres {
		title = "Postgres + Redis"
	}
	b.print("\n## Answers that must not be told apart: %s\n", title)
	b.print("%s · %d processors (%s) · %s · single requests, in turn, in an order that chance decides\n",
		time.Now().Format(time.DateOnly), runtime.NumCPU(), processor(), runtime.Version())
	b.print("Difference: the mean of the middle four fifths of the rounds' own; fast: of the lower quartiles; both in ms,")
	b.print("with the half of the 95 %% confidence interval. Told apart is what was found twice, in other rounds.\n")
	rows := [][]string{{
		"question", "answer", "beside", "rounds", "median ms", "mean", "median beside", "mean", "SQL", "alive",
		"difference", "fast", "told apart",
	}}
	question := ""
	for i := range all {
		f := &all[i]
		row := f.row(s)
		if f.question == question {
			row[0] = ""
		}
		question = f.question
		rows = append(rows, row)
	}
	b.print("%s", align(rows))
	for i := range all {
		f := &all[i]
		if !sameCalls(&f.calls, &f.besideCalls) {
			b.print("- FAIL: %s: %s and %s differ in their calls: %s; and: %s", f.question, f.name, f.beside,
				orNone(f.calls.describe()), orNone(f.besideCalls.describe()))
		}
	}
}

func (f *finding) row(s *side) []string {
	ms := func(v float64) string { return fmt.Sprintf("%.2f", v) }
	return []string{
		f.question, f.name, f.beside, strconv.Itoa(f.rounds),
		ms(f.first.median), ms(f.first.mean), ms(f.second.median), ms(f.second.mean),
		alike(f.calls.database(s), f.besideCalls.database(s)), alike(f.calls.living(), f.besideCalls.living()),
		f.usual.String(), f.quick.String(), f.verdict(),
	}
}

// verdict says whether the answers can be told apart.
func (f *finding) verdict() string {
	switch {
	case f.toldApart():
		return fmt.Sprintf("YES (again %s, %s)", f.again[0], f.again[1])
	case f.again != nil:
		return fmt.Sprintf("no (again %s, %s)", f.again[0], f.again[1])
	default:
		return "no"
	}
}

// alike is one number where both round to it.
func alike(a, b float64) string {
	if fmt.Sprintf("%.0f", a) == fmt.Sprintf("%.0f", b) {
		return fmt.Sprintf("%.0f", a)
	}
	return fmt.Sprintf("%.1f ≠ %.1f", a, b)
}

// database is how many statements reach it.
func (t *trips) database(s *side) float64 {
	if s.stores != nil && s.stores.statistics {
		return t.statements
	}
	var n float64
	for store, calls := range t.calls {
		if !aliveNames(store) {
			n += calls
		}
	}
	return n
}

// living is how many calls reach what keeps interactions, simulators' apart.
func (t *trips) living() float64 {
	var n float64
	for call, calls := range t.byCall {
		if store, _, _ := strings.Cut(call, " "); aliveNames(store) && !simulated(call) {
			n += calls
		}
	}
	return n
}
