package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// trips are the calls to stores of one operation.
type trips struct {
	calls      map[string]float64 // by store, as tongid counts them
	byCall     map[string]float64 // "store op" → per operation
	statements float64            // as Postgres counts them
	commands   float64            // as Redis sees them, those of scripts apart
	failure    error
}

// countedOperations is how many operations are counted, one at a time.
const countedOperations = 40

// count makes some operations, not measured, and looks at what reaches the
// stores.
func (b *bench) count(ctx context.Context, c *crew) (trips, error) {
	var failure error
	t, err := c.side.counting(ctx, countedOperations, func() error {
		for n := range countedOperations {
			failure = cmp.Or(failure, c.workers[n%len(c.workers)](ctx))
		}
		return nil
	})
	t.failure = failure
	return t, err
}

// counting is what reaches the stores of one of n operations that do makes. What
// the server does by itself is left out by name.
func (s *side) counting(ctx context.Context, n int, do func() error) (trips, error) {
	t := trips{calls: map[string]float64{}, byCall: map[string]float64{}}
	before, err := s.storeCalls(ctx)
	if err != nil {
		return t, err
	}
	stopSQL, err := s.watchSQL(ctx)
	if err != nil {
		return t, err
	}
	stopRedis, err := s.watchRedis(ctx)
	if err != nil {
		return t, err
	}
	failure := do()
	settle(ctx, gap)
	after, err := s.storeCalls(ctx)
	commands := stopRedis()
	statements, errSQL := stopSQL(ctx)
	if err := errors.Join(failure, err, errSQL); err != nil {
		return t, err
	}
	t.statements, t.commands = float64(statements)/float64(n), float64(commands)/float64(n)
	for call, calls := range after {
		perOperation := (calls - before[call]) / float64(n)
		store, op, _ := strings.Cut(call, " ")
		if perOperation < 0.05 || background(op) {
			continue
		}
		t.byCall[call] = perOperation
		t.calls[store] += perOperation
	}
	return t, nil
}

// background names what the server does by itself: it asks twice a second whether
// keys and clients have changed, sends what stands in the outbox and asks what became
// of it (of Postgres' statements, all that begin with UPDATE outbox).
func background(op string) bool {
	if strings.HasPrefix(op, "claim ") {
		return true
	}
	return op == "message sent" || op == "end message" || strings.Contains(op, "revision") || strings.Contains(op, "ping")
}

// describe lists the calls: "redis session 1.0, sql read standing 1.0".
func (t *trips) describe() string {
	var parts []string
	for _, call := range slices.Sorted(maps.Keys(t.byCall)) {
		parts = append(parts, call+" "+strconv.FormatFloat(t.byCall[call], 'f', 1, 64))
	}
	return strings.Join(parts, ", ")
}

// storeCalls reads tongid_store_seconds_count{op="…",store="…"} of the metrics,
// keyed "store op".
func (s *side) storeCalls(ctx context.Context) (map[string]float64, error) {
	if s.metrics == "" {
		return map[string]float64{}, nil
	}
	text, err := get(ctx, s.metrics+"/metrics")
	if err != nil {
		return nil, err
	}
	calls := map[string]float64{}
	for line := range strings.SplitSeq(text, "\n") {
		rest, ok := strings.CutPrefix(line, "tongid_store_seconds_count{")
		if !ok {
			continue
		}
		labels, value, _ := strings.Cut(rest, "} ")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %s: %w", line, err)
		}
		calls[label(labels, "store")+" "+label(labels, "op")] = n
	}
	return calls, nil
}

func label(labels, name string) string {
	_, rest, _ := strings.Cut(labels, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// watchSQL has Postgres count statements until the returned function is called.
func (s *side) watchSQL(ctx context.Context) (func(context.Context) (int, error), error) {
	none := func(context.Context) (int, error) { return 0, nil }
	if s.stores == nil || !s.stores.statistics {
		return none, nil
	}
	conn, err := pgx.Connect(ctx, s.stores.postgresURL)
	if err != nil {
		return none, err
	}
	if err := trackStatements(ctx, conn, "top"); err != nil {
		return none, err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_stat_statements_reset()"); err != nil {
		return none, err
	}
	return func(ctx context.Context) (n int, err error) {
		defer func() { err = errors.Join(err, trackStatements(ctx, conn, "none"), conn.Close(ctx)) }()
		const ours = `SELECT COALESCE(SUM(calls), 0) FROM pg_stat_statements
			WHERE query NOT LIKE '%revisions%' AND query NOT LIKE 'UPDATE outbox%' AND query NOT LIKE '%pg_stat_statements%' AND query <> 'SELECT $1'`
		return n, conn.QueryRow(ctx, ours).Scan(&n)
	}, nil
}

// watchRedis counts the commands that clients send until the returned function
// is called. MONITOR marks those that a script makes.
func (s *side) watchRedis(ctx context.Context) (func() int, error) {
	if s.stores == nil {
		return func() int { return 0 }, nil
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", s.stores.redisAddress)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, largestReply)
	lines.Scan() // +OK: from here on
	var (
		wg    sync.WaitGroup
		count int
	)
	wg.Go(func() {
		for lines.Scan() {
			line := lines.Text()
			if !strings.Contains(line, " lua] ") && !strings.Contains(line, `ping"`) && !strings.Contains(line, `"hello"`) &&
				!strings.Contains(line, `"client"`) {
				count++
			}
		}
	})
	return func() int {
		_ = conn.Close()
		wg.Wait()
		return count
	}, nil
}
