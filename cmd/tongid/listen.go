package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// newHTTPServer sets the limits that net/http leaves open.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken handshakes, clients that left
	}
}

// listen takes both addresses, before anything is said to be served.
func (s *server) listen(ctx context.Context) error {
	var lc net.ListenConfig
	var err error
	if s.mainListener, err = lc.Listen(ctx, "tcp", s.config.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.mainServer = newHTTPServer(s.health.mount(s.handler), s.log)
	if s.config.TLS() {
		cert, err := newCertificate(s.config.TLSCert, s.config.TLSKey, time.Now)
		if err != nil {
			return err
		}
		s.mainServer.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: cert.get}
	}
	if s.config.OpsListen == "" {
		return nil
	}
	if s.opsListener, err = lc.Listen(ctx, "tcp", s.config.OpsListen); err != nil {
		return errors.Join(fmt.Errorf("ops-listen: %w", err), s.mainListener.Close())
	}
	s.opsServer = newHTTPServer(opsHandler(s.metrics, s.config.Pprof), s.log)
	if s.config.Pprof {
		s.opsServer.WriteTimeout = 2 * time.Minute // a profile takes its time
	}
	return nil
}

// start serves on both listeners; an error that ends one goes to failed.
func (s *server) start(failed chan<- error) {
	serve := func(name string, f func() error) {
		s.workers.Go(func() {
			if err := f(); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	serve("listen", func() error {
		if s.config.TLS() {
			return s.mainServer.ServeTLS(s.mainListener, "", "")
		}
		return s.mainServer.Serve(s.mainListener)
	})
	if s.opsServer != nil {
		serve("ops-listen", func() error { return s.opsServer.Serve(s.opsListener) })
	}
}

// shutdown lets requests finish. When ctx ends first, they are cut off, which is
// no failure of the stop: it was promised within its time.
func (s *server) shutdown(ctx context.Context) error {
	servers := []*http.Server{s.mainServer}
	if s.opsServer != nil {
		servers = append(servers, s.opsServer)
	}
	var errs []error
	for _, h := range servers {
		err := h.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			s.log.WarnContext(ctx, "requests cut off")
			err = h.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *server) opsAddress() string {
	if s.opsListener == nil {
		return "off"
	}
	return s.opsListener.Addr().String()
}
