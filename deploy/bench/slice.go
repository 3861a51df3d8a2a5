package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The gap after a slice: what the server and its stores still do for it is
// accounted to it.
const gap = 30 * time.Millisecond

// load is what a server did in one slice, or in all of them.
type load struct {
	count     int
	failed    int
	failure   error // the first
	latencies []time.Duration
	used      usage
	wall      time.Duration
}

func (l *load) add(more load) {
	l.count += more.count
	l.failed += more.failed
	l.latencies = append(l.latencies, more.latencies...)
	l.used = l.used.plus(more.used)
	l.wall += more.wall
	l.failure = cmp.Or(l.failure, more.failure)
}

// cost is the processor time of one operation.
func (l *load) cost() time.Duration {
	if l.count == 0 {
		return 0
	}
	return l.used.total() / time.Duration(l.count)
}

// percentile of the latencies, which are sorted first.
func (l *load) percentile(p float64) time.Duration {
	if len(l.latencies) == 0 {
		return 0
	}
	slices.Sort(l.latencies)
	return l.latencies[min(len(l.latencies)-1, int(p*float64(len(l.latencies))))]
}

// crew are the workers of one operation on one server, ready to work.
type crew struct {
	side    *side
	workers []func(ctx context.Context) error
}

// newCrew makes workers ready one after the other: a person does not sign in
// eight times at once.
func newCrew(ctx context.Context, s *side, op operation, size int) (*crew, error) {
	c := &crew{side: s}
	for n := range size {
		work, err := op.ready(ctx, newBrowser(s, n+1))
		if err != nil {
			return nil, fmt.Errorf("%s on %s: %w", op.key, s.name, err)
		}
		c.workers = append(c.workers, work)
	}
	return c, nil
}

// slice works for d, or until ceiling operations are done.
func (c *crew) slice(ctx context.Context, d time.Duration, ceiling int) (load, error) {
	before, err := c.side.usage()
	if err != nil {
		return load{}, err
	}
	var (
		begun atomic.Int64
		wg    sync.WaitGroup
		done  = make([]load, len(c.workers))
		start = time.Now()
	)
	for n, work := range c.workers {
		wg.Go(func() {
			for time.Since(start) < d && begun.Add(1) <= int64(ceiling) && ctx.Err() == nil {
				done[n].one(ctx, work)
			}
		})
	}
	wg.Wait()
	var all load
	for _, l := range done {
		all.add(l)
	}
	all.wall = time.Since(start)
	settle(ctx, gap)
	after, err := c.side.usage()
	all.used = after.minus(before)
	return all, errors.Join(err, ctx.Err())
}

// one makes one operation. What failed is counted apart, and not in the cost.
func (l *load) one(ctx context.Context, work func(context.Context) error) {
	start := time.Now()
	if err := work(ctx); err != nil {
		l.failed++
		l.failure = cmp.Or(l.failure, err)
		return
	}
	l.count++
	l.latencies = append(l.latencies, time.Since(start))
}

// result is an operation's row.
type result struct {
	op            operation
	tongid, floor load
	ratios        []float64 // slice by slice
	trips         [2]trips  // tongid's, the floor's
	failure       error     // the operation could not be measured
}

// ratio is tongid's operations per processor second to the floor's.
func (r *result) ratio() float64 { return ratio(&r.tongid, &r.floor) }

func ratio(tongid, floor *load) float64 {
	if tongid.cost() == 0 {
		return 0
	}
	return float64(floor.cost()) / float64(tongid.cost())
}

// measure drives both servers in alternating slices, in the order A B B A, so
// that what changes slowly meets both alike.
func (b *bench) measure(ctx context.Context, p *pair, op operation) result {
	r := result{op: op}
	crews := [2]*crew{}
	for i, s := range []*side{p.tongid, p.floor} {
		if crews[i], r.failure = newCrew(ctx, s, op, b.workers); r.failure != nil {
			return r
		}
	}
	d := b.slice
	if op.slow {
		d *= 2
	}
	for _, c := range crews { // warm: connections, prepared statements, heap
		if _, r.failure = c.slice(ctx, min(d, 500*time.Millisecond), b.ceiling); r.failure != nil {
			return r
		}
	}
	for n := range b.slices {
		order := []int{0, 1}
		if n%2 == 1 {
			order = []int{1, 0}
		}
		var now [2]load
		for _, i := range order {
			if now[i], r.failure = crews[i].slice(ctx, d, b.ceiling); r.failure != nil {
				return r
			}
		}
		if x := ratio(&now[0], &now[1]); x > 0 {
			r.ratios = append(r.ratios, x)
		}
		r.tongid.add(now[0])
		r.floor.add(now[1])
	}
	for i, c := range crews {
		if r.trips[i], r.failure = b.count(ctx, c); r.failure != nil {
			return r
		}
	}
	return r
}
