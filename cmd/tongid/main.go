// Command tongid is the identity provider and the tools beside it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run())
}

func run() int {
	// The first SIGINT or SIGTERM asks to stop, the second one does it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	t := &terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ()}
	return t.execute(ctx, os.Args[1:])
}
