package database

import (
	"slices"
	"strings"
)

// A statement about many rows is made of tuples. Its texts are few, because
// chunks has few sizes: each is prepared once.

// chunk is how many of n rows the next statement takes. SQLite looks arguments up
// by name, one after the other: with 256 rows of 20 a row cost five times as much.
func chunk(n int) int {
	for _, size := range []int{32, 8, 2} {
		if n >= size {
			return size
		}
	}
	return 1
}

// chunks calls do for all rows, chunk by chunk, with their values in one list.
func chunks(rows [][]any, do func(n int, flat []any) error) error {
	for len(rows) > 0 {
		n := chunk(len(rows))
		if err := do(n, slices.Concat(rows[:n]...)); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// byFirst sorts rows by their first value, a text: all who change several rows
// lock them in one order.
func byFirst(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
}

// tuples returns "($1, …), …" for n rows of width values.
func tuples(n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + placeholders(1+i*width, width) + ")")
	}
	return b.String()
}
