// Command portal is a sample relying portal: a hall of public services that lets enterprises,
// their agents and persons sign in through an OpenID Connect provider and shows what it was
// told about them. It is written as an outside integrator would write it, on coreos/go-oidc
// and x/oauth2, and shares no code with the provider.
//
// The same binary plays two halls. Run it twice to see single sign-on:
//
//	portal                    the human-resources hall, client hrss-hall,    http://localhost:8090
//	portal --theme medical    the medical-insurance hall, client medical-hall, http://localhost:8092
//
// Where the specifications it follows are found in the code: the authorization request (RFC 6749
// §4.1.1, RFC 7636) in login.go, the answer (RFC 9207, OpenID Connect Core §3.1.2.5) in
// callback.go, token checks (Core §3.1.3.7, §12.2) in idtoken.go, refresh (RFC 6749 §6) in
// refresh.go, revocation (RFC 7009) in revoke.go, logout (OpenID Connect RP-Initiated Logout
// 1.0) in logout.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, os.Stderr)
	stop()
	os.Exit(code)
}

// run reads the configuration, serves until ctx ends and returns the process's exit code:
// 0 after a clean stop, 1 after a failure, 2 when the configuration is at fault.
func run(ctx context.Context, args []string, lookup func(string) (string, bool), stderr io.Writer) int {
	cfg, err := readConfig(args, lookup, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		// Nothing can be done about a standard error that does not take the message.
		_, _ = fmt.Fprintln(stderr, err)
		return 2
	}
	log := slog.New(slog.NewTextHandler(stderr, nil)).With("client_id", cfg.ClientID)
	if err := serve(ctx, cfg, log); err != nil {
		log.ErrorContext(ctx, "portal stopped", "error", err)
		return 1
	}
	return 0
}

// serve listens and answers until ctx ends, then lets requests in flight finish.
func serve(ctx context.Context, cfg config, log *slog.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = baseURLOf(cfg.Listen, listener.Addr())
	}
	hall, err := newHall(deps{Config: cfg, Log: log, Now: time.Now, HTTP: newHTTPClient()})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	srv := newServer(hall.routes(), log)

	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(listener) }()
	log.InfoContext(ctx, "portal listening", "base_url", cfg.BaseURL, "issuer", cfg.Issuer, "theme", cfg.Theme)

	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(stopCtx); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// The server's limits. net/http sets none by itself.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	// writeTimeout leaves room for the calls to the provider that a callback makes.
	writeTimeout   = 30 * time.Second
	idleTimeout    = 90 * time.Second
	stopTimeout    = 10 * time.Second
	maxHeaderBytes = 32 << 10
)

// newServer wraps handler in a server with every timeout and limit set.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
