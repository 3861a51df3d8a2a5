package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"runtime/debug"
	"slices"
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

// collectLessOften lets garbage grow to three times what is in use before it is
// collected, unless the operator set GOGC: little is in use, and collecting cost a
// fifteenth of the processor time under load (docs/performance.md).
func collectLessOften(env []string) {
	const percent = 300
	if !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		debug.SetGCPercent(percent)
	}
}

// serve builds the server and runs it until ctx ends.
func (t *terminal) serve(ctx context.Context, c *config.Config) error {
	signal.Ignore(syscall.SIGHUP) // nothing is read again while running
	log, flush := newLogger(t.err, c)
	defer flush() //nolint:errcheck // nobody is left to tell
	collectLessOften(t.env)
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
