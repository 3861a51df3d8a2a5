package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/storage/redis"
)

func (t *terminal) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve portals and people", Args: cobra.NoArgs,
		Long: "Serves portals and people. Without a Postgres URL everything is kept in the data folder, and the schema is\n" +
			"brought up to date at the start.",
	}
	addSettings(cmd.Flags(), config.Server)
	show := cmd.Flags().Bool("print-config", false, "print the effective configuration, secrets redacted, and stop")
	cmd.RunE = begun(func(cmd *cobra.Command, _ []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		if *show {
			return t.printConfig(c)
		}
		return t.serve(cmd.Context(), c)
	})
	return cmd
}

// steadyHeap lets about 200 MiB of garbage gather before it is collected, unless
// the operator set GOGC or GOMEMLIMIT, and returns what must be kept for that:
// memory that is never touched, and so takes none, beside which what is in use
// hardly counts. Every hash of a password takes 19 MiB for an instant. In
// proportion to what is in use the heap would swell and shrink with those, and
// memory that was given back to the system and is fetched again costs as much as
// a tenth of the hash (docs/performance.md).
func steadyHeap(env []string) []byte {
	const size, percent = 512 << 20, 40
	for _, v := range env {
		if name, _, _ := strings.Cut(v, "="); name == "GOGC" || name == "GOMEMLIMIT" {
			return nil
		}
	}
	debug.SetGCPercent(percent)
	return make([]byte, size)
}

// serve builds the server and runs it until ctx ends.
func (t *terminal) serve(ctx context.Context, c *config.Config) error {
	signal.Ignore(syscall.SIGHUP) // nothing is read again while running
	log, flush := newLogger(t.err, c)
	defer flush() //nolint:errcheck // nobody is left to tell
	ballast := steadyHeap(t.env)
	defer runtime.KeepAlive(ballast)
	s := &server{config: c, log: log, clock: &clock{}}
	if len(c.Unknown) > 0 {
		s.log.WarnContext(ctx, "environment variables that mean nothing here", "names", c.Unknown)
	}
	if !c.Embedded() {
		redis.RouteLog(s.log) // its client library writes lines of its own otherwise
	}
	err := s.build(ctx)
	if err == nil {
		err = s.run(ctx)
	}
	if closeErr := s.close(); err == nil {
		err = closeErr
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // asked to stop while starting
	}
	return err
}

// stopWithin bounds a stop: the contract says 15 s, drain included.
const stopWithin = 12 * time.Second

// run serves until ctx ends, then stops gracefully: not ready at once, still
// serving for the drain, in-flight requests finished.
func (s *server) run(ctx context.Context) error {
	if err := s.listen(ctx); err != nil {
		return err
	}
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	s.work(working)
	failed := make(chan error, 2)
	s.start(failed)
	s.log.InfoContext(ctx, "serving", "address", s.mainListener.Addr().String(), "ops_address", s.opsAddress(),
		"issuer", s.config.Issuer, "stores", s.storeNames(), "simulators", s.config.Simulators, "version", version())
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.health.drain()
	if err == nil {
		s.log.InfoContext(working, "stopping", "drain", s.config.Drain.String())
		time.Sleep(s.config.Drain)
	}
	bounded, cancel := context.WithTimeout(working, stopWithin-s.config.Drain)
	defer cancel()
	err = errors.Join(err, s.shutdown(bounded))
	stopWork()
	err = errors.Join(err, s.outside.close()) // when nobody calls the simulators any more
	s.workers.Wait()
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	s.log.InfoContext(ctx, "stopped")
	return nil
}
