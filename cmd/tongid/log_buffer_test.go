package main

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sink counts writes.
type sink struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	writes int
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	return s.buf.Write(p)
}

func (s *sink) seen() (lines, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.buf.String(), "\n"), s.writes
}

func bufferedLogger(w io.Writer) (*slog.Logger, *logBuffer) {
	b := newLogBuffer(w)
	return slog.New(newLineHandler(b, nil)).With("a", 1), b
}

func TestLogLinesWaitALittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		log, _ := bufferedLogger(out)
		for range 10 {
			log.InfoContext(t.Context(), "request")
		}
		if lines, _ := out.seen(); lines != 0 {
			t.Errorf("%d lines did not wait", lines)
		}
		time.Sleep(logDelay + time.Millisecond)
		if lines, writes := out.seen(); lines != 10 || writes != 1 {
			t.Errorf("%d lines in %d writes, want 10 in 1", lines, writes)
		}
	})
}

func TestFaultsDoNotWait(t *testing.T) {
	out := &sink{}
	log, buffer := bufferedLogger(out)
	log.InfoContext(t.Context(), "request")
	log.ErrorContext(t.Context(), "fault")
	if lines, writes := out.seen(); lines != 2 || writes != 1 {
		t.Errorf("%d lines in %d writes, want both at once", lines, writes)
	}
	log.InfoContext(t.Context(), "request")
	if err := buffer.flush(); err != nil {
		t.Fatal(err)
	}
	if lines, _ := out.seen(); lines != 3 {
		t.Errorf("%d lines after the end, want 3", lines)
	}
}

func TestManyLogLinesDoNotWait(t *testing.T) {
	out := &sink{}
	log, buffer := bufferedLogger(out)
	for range 2000 {
		log.InfoContext(t.Context(), "request")
	}
	if lines, writes := out.seen(); lines < 1000 || writes > 20 {
		t.Errorf("%d lines in %d writes", lines, writes)
	}
	if err := buffer.flush(); err != nil {
		t.Fatal(err)
	}
	if lines, _ := out.seen(); lines != 2000 {
		t.Errorf("%d lines, want all 2000", lines)
	}
}
