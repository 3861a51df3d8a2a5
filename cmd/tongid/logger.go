package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/tongid/tongid/cmd/tongid/config"
)

// newLogger writes JSON, one line each, or text where a person reads along. flush
// is called when all is said.
func newLogger(w io.Writer, c *config.Config) (log *slog.Logger, flush func() error) {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" || c.LogFormat == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options)), func() error { return nil }
	}
	buffer := newLogBuffer(w)
	return slog.New(newLineHandler(buffer, options)), buffer.flush
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
