package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	ops       []string
	backends  []string
	slices    int           // of each server, per operation
	slice     time.Duration // length
	ceiling   int           // operations per slice at most
	workers   int
	fsync     bool
	env       []string // more environment for tongid
	profile   string
	keep      bool
	null      bool // the floor in tongid's place
	onlyPairs bool // answers that must not be told apart, and nothing else
	withPairs bool // these too
	pairTime  time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	names := make([]string, 0, len(operations()))
	for _, op := range operations() {
		names = append(names, op.key)
	}
	ops := flags.String("ops", "all", "operations, comma-separated: "+strings.Join(names, " "))
	backend := flags.String("backend", "both", "postgres, embedded or both")
	short := flags.Bool("short", false, "a look of about half a minute, too short for conclusions")
	flags.IntVar(&o.slices, "slices", 12, "slices of each server per operation")
	flags.DurationVar(&o.slice, "slice", time.Second, "length of a slice")
	flags.IntVar(&o.ceiling, "ceiling", 20000, "operations per slice at most")
	flags.IntVar(&o.workers, "workers", 8, "requests under way at once")
	flags.BoolVar(&o.fsync, "fsync", true, "Postgres waits for the disk at each commit, as in production")
	flags.StringVar(&o.profile, "profile", "", "folder for processor profiles of tongid, one per operation")
	flags.BoolVar(&o.null, "null", false, "the floor beside itself: how far ratios stray from 1.00 on this machine")
	flags.BoolVar(&o.onlyPairs, "pairs", false, "only answers that outsiders must not be able to tell apart by time")
	flags.DurationVar(&o.pairTime, "pair-time", 5*time.Second, "how long answers to one question are compared, at least")
	flags.BoolVar(&o.keep, "keep", false, "keep the temporary folder with the logs")
	flags.Func("env", "NAME=VALUE for tongid (may be given more than once)", func(v string) error {
		o.env = append(o.env, v)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *short {
		o.slices, o.slice, o.pairTime = 2, 300*time.Millisecond, time.Second
	}
	o.ops = names
	o.withPairs = (*ops == "all" && !o.null) || o.onlyPairs
	if o.onlyPairs {
		o.ops = nil
	}
	if *ops != "all" {
		o.ops = strings.Split(*ops, ",")
	}
	o.backends = []string{backendEmbedded, backendPostgres}
	if *backend != "both" {
		o.backends = []string{*backend}
	}
	return o, o.check()
}

func (o *options) check() error {
	for _, key := range o.ops {
		if _, ok := operationOf(key); !ok {
			return fmt.Errorf("unknown operation %q", key)
		}
	}
	for _, b := range o.backends {
		if b != backendEmbedded && b != backendPostgres {
			return fmt.Errorf("unknown backend %q", b)
		}
	}
	if o.slices < 1 || o.workers < 1 || o.workers > 64 || o.slice <= 0 || o.slice > time.Minute {
		return errors.New("slices, slice and workers (at most 64) must be sensible")
	}
	return nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := newFolder()
	if err != nil {
		return err
	}
	b := &bench{options: o, dir: dir, out: stdout, progress: stderr}
	defer func() {
		b.processes.stopAll()
		if o.keep {
			fmt.Fprintln(stderr, "bench: kept", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := b.build(ctx); err != nil {
		return err
	}
	if len(o.ops) > 0 {
		b.header()
	}
	for _, backend := range o.backends {
		if len(o.ops) == 0 {
			break
		}
		if err := b.backend(ctx, backend); err != nil {
			return fmt.Errorf("%s: %w", backend, err)
		}
	}
	return b.allPairs(ctx)
}

// allPairs compares answers on every backend, although they may differ on one.
func (b *bench) allPairs(ctx context.Context) (err error) {
	if !b.withPairs {
		return nil
	}
	for _, backend := range b.backends {
		failure := b.pairs(ctx, backend)
		if failure != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", backend, failure))
		}
		if failure != nil && !errors.Is(failure, errTold) {
			break
		}
	}
	return err
}

// newFolder makes the temporary folder of a run. PostgreSQL, as another user,
// must pass through it, so root's own TMPDIR will not do.
func newFolder() (string, error) {
	parent := ""
	if os.Geteuid() == 0 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "tongid-bench.")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711) //nolint:gosec // see above
}

// bench is one run.
type bench struct {
	options
	dir           string
	out, progress io.Writer
	processes     processes
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "bench: "+format+"\n", args...)
}

// build compiles both servers as they are delivered: static, without the race
// detector.
func (b *bench) build(ctx context.Context) error {
	b.say("building tongid and the floor")
	servers := map[string]string{"floor": "./deploy/bench/floor", "tongid": "./cmd/tongid"}
	if b.null {
		delete(servers, "tongid")
	}
	for name, pkg := range servers {
		cmd := command(ctx, "go", "build", "-trimpath", "-tags=timetzdata", "-ldflags=-s -w", "-o", filepath.Join(b.dir, name), pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return nil
}
