package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

func (b *bench) print(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// header says what was run, and where.
func (b *bench) header() {
	b.print("# tongid beside the floor")
	b.print("")
	b.print("%s · %d processors (%s) · %s · %d slices of %s for each server and operation · %d workers · fsync %s",
		time.Now().Format(time.DateOnly), runtime.NumCPU(), processor(), runtime.Version(), b.slices, b.slice, b.workers, onOff(b.fsync))
	if len(b.env) > 0 {
		b.print("tongid with %s", strings.Join(b.env, " "))
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// processor is the model that the system names.
func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// tables prints the rows of one backend: what they cost, then what they do and
// how long they take.
func (b *bench) tables(p *pair, results []result) {
	title, counted := "Embedded: SQLite", []string{"SQL", "alive", "", ""}
	if p.backend == backendPostgres {
		title, counted = "Postgres + Redis", []string{"SQL", "Redis", "floor SQL", "Redis"}
	}
	b.print("\n## %s\n", title)
	cost := [][]string{{"operation", "ratio", "middle half", "goal", "", "CPU-ms", "server", "stores", "floor CPU-ms", "server", "stores"}}
	walk := [][]string{append(append([]string{"operation"}, counted...), "p50 ms", "p95", "p99", "floor p50", "p95", "p99", "errors")}
	for _, r := range results {
		if r.failure != nil {
			cost = append(cost, []string{r.op.title, "not measured"})
			continue
		}
		cost, walk = append(cost, r.cost()), append(walk, r.walk(p))
	}
	b.print("%s\n%s", align(cost), align(walk))
	for _, r := range results {
		for _, failure := range []error{r.failure, r.tongid.failure, r.floor.failure, r.trips[0].failure} {
			if failure != nil {
				b.print("- %s: %v", r.op.title, failure)
			}
		}
	}
	b.print("Calls to stores of one operation, as tongid counts them:\n")
	for _, r := range results {
		if r.failure == nil {
			b.print("- %s: %s", r.op.title, orNone(r.trips[0].describe()))
		}
	}
}

// cost is the row of processor times.
func (r *result) cost() []string {
	goal, mark := "", ""
	if r.op.goal > 0 {
		goal, mark = fmt.Sprintf("%.1f", r.op.goal), "pass"
		if r.ratio() < r.op.goal {
			mark = "FAIL"
		}
	}
	low, high := middle(r.ratios)
	row := []string{r.op.title, fmt.Sprintf("%.2f", r.ratio()), fmt.Sprintf("%.2f–%.2f", low, high), goal, mark}
	for _, l := range []*load{&r.tongid, &r.floor} {
		n := time.Duration(max(1, l.count))
		row = append(row, millis(l.cost()), millis(l.used.server/n), millis(l.used.stores/n))
	}
	return row
}

// walk is the row of calls to stores and of latencies.
func (r *result) walk(p *pair) []string {
	row := []string{r.op.title, r.trips[0].sql(p), r.trips[0].redis(p), "", ""}
	if p.backend == backendPostgres {
		row[3], row[4] = r.trips[1].sql(p), r.trips[1].redis(p)
	}
	for _, l := range []*load{&r.tongid, &r.floor} {
		for _, at := range []float64{0.50, 0.95, 0.99} {
			row = append(row, fmt.Sprintf("%.2f", l.percentile(at).Seconds()*1000))
		}
	}
	return append(row, fmt.Sprintf("%d of %d", r.tongid.failed+r.floor.failed, r.tongid.count+r.floor.count))
}

// sql is how many statements reach the database: what Postgres counts, or,
// embedded, what tongid does.
func (t *trips) sql(p *pair) string {
	if p.tongid.stores != nil && p.tongid.stores.statistics {
		return fmt.Sprintf("%.1f", t.statements)
	}
	var n float64
	for store, calls := range t.calls {
		if !aliveNames(store) {
			n += calls
		}
	}
	return fmt.Sprintf("%.1f", n)
}

// redis is how many commands reach Redis, or, embedded, how many calls its
// stand-in.
func (t *trips) redis(p *pair) string {
	if p.tongid.stores != nil {
		return fmt.Sprintf("%.1f", t.commands)
	}
	var n float64
	for store, calls := range t.calls {
		if aliveNames(store) {
			n += calls
		}
	}
	return fmt.Sprintf("%.1f", n)
}

// aliveNames tells the stores of what is alive from those of what must be
// remembered.
func aliveNames(store string) bool {
	return slices.Contains([]string{"redis", "ephemeral", "alive"}, store)
}

// middle is the middle half of the values.
func middle(values []float64) (low, high float64) {
	if len(values) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/4], sorted[(len(sorted)*3)/4]
}

// millis is a processor time, with three figures that mean something.
func millis(d time.Duration) string {
	ms := d.Seconds() * 1000
	switch {
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	case ms >= 1:
		return fmt.Sprintf("%.2f", ms)
	default:
		return fmt.Sprintf("%.3f", ms)
	}
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// memory prints what the servers take, and how fast they are there.
func (b *bench) memory(p *pair) {
	rows := [][]string{{"server", "idle MiB", "peak MiB", "exec to first token, empty stores", "later"}}
	for _, s := range []*side{p.tongid, p.floor} {
		_, peak := memory(s.server.pid)
		rows = append(rows, []string{
			s.name, fmt.Sprintf("%.0f", s.idle), fmt.Sprintf("%.0f", peak),
			fmt.Sprintf("%.0f ms", s.firstEver.Seconds()*1000), fmt.Sprintf("%.0f ms", s.firstToken.Seconds()*1000),
		})
	}
	b.print("\n%s", align(rows))
	b.print("Goals: idle under 60 MiB%s, first token within 1 s%s.",
		verdict(p.tongid.idle < 60), verdict(max(p.tongid.firstToken, p.tongid.firstEver) < time.Second))
}

func verdict(pass bool) string {
	if pass {
		return " (pass)"
	}
	return " (FAIL)"
}

// align makes a Markdown table that is also read well as text.
func align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
		if i > 0 && width > 0 {
			rule[i] = rule[i][1:] + ":"
		}
	}
	var b strings.Builder
	for _, row := range slices.Insert(slices.Clone(rows), 1, rule) {
		b.WriteString(line(row, widths))
	}
	return b.String()
}

// line is one row: the first column flush left, the others right.
func line(row []string, widths []int) string {
	var b strings.Builder
	for i, width := range widths {
		cell := ""
		if i < len(row) {
			cell = row[i]
		}
		padding := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
		if i == 0 {
			b.WriteString("| " + cell + padding)
		} else {
			b.WriteString(" | " + padding + cell)
		}
	}
	return b.String() + " |\n"
}
