package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// backend measures every operation on one backend.
func (b *bench) backend(ctx context.Context, backend string) error {
	p, err := b.pair(ctx, backend)
	if err != nil {
		return err
	}
	results := make([]result, 0, len(b.ops))
	for _, key := range b.ops {
		op, _ := operationOf(key)
		b.say("%s: %s", backend, op.title)
		r := b.measure(ctx, p, op)
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.failure == nil && b.profile != "" {
			r.failure = b.takeProfile(ctx, p, op)
		}
		results = append(results, r)
	}
	b.tables(p, results)
	b.memory(p)
	b.processes.stopAll()
	return nil
}

// takeProfile loads tongid alone and saves where its processor time goes.
func (b *bench) takeProfile(ctx context.Context, p *pair, op operation) error {
	const length = 10 * time.Second
	c, err := newCrew(ctx, p.tongid, op, b.workers)
	if err != nil {
		return err
	}
	loaded := make(chan error, 1)
	go func() {
		_, err := c.slice(ctx, length+time.Second, 1<<30)
		loaded <- err
	}()
	content, err := get(ctx, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", p.tongid.metrics, length/time.Second))
	if err := <-loaded; err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return os.WriteFile(filepath.Join(b.profile, p.backend+"-"+op.key+".pprof"), []byte(content), 0o600)
}
