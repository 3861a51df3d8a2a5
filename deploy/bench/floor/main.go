package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	postgresURL := flag.String("postgres", "", "Postgres URL; goes with -redis")
	redisURL := flag.String("redis", "", "Redis URL; goes with -postgres")
	data := flag.String("data", "", "folder of the SQLite files, without Postgres and Redis")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	sql, err := openSQL(ctx, *postgresURL, *data)
	if err != nil {
		return err
	}
	defer sql.close()
	if err := sql.create(ctx); err != nil {
		return err
	}
	var living alive
	if *redisURL != "" {
		living, err = openRedis(*redisURL)
	} else {
		living, err = openSQLiteAlive(ctx, *data)
	}
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	s, err := newServer("http://"+listener.Addr().String(), sql, living)
	if err != nil {
		return err
	}
	return serve(ctx, listener, s)
}

func serve(ctx context.Context, listener net.Listener, s *server) error {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	s.mount(e)
	h := &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := h.Shutdown(last); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
