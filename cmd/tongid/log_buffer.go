package main

import (
	"io"
	"sync"
	"time"
)

// logBuffer gathers log lines and writes many at once: a system call for every
// request's line costs more than making it. Lines wait at most logDelay.
type logBuffer struct {
	mu      sync.Mutex
	to      io.Writer
	waiting []byte
	timer   *time.Timer
}

const (
	logDelay = 100 * time.Millisecond
	logBatch = 32 << 10 // bytes
)

func newLogBuffer(to io.Writer) *logBuffer {
	b := &logBuffer{to: to, waiting: make([]byte, 0, logBatch+4<<10)}
	b.timer = time.AfterFunc(time.Hour, func() { b.flush() }) //nolint:errcheck,gosec // where else would it be said
	b.timer.Stop()
	return b
}

// Write takes one line.
func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.timer.Reset(logDelay)
	}
	b.waiting = append(b.waiting, line...)
	if len(b.waiting) < logBatch {
		return len(line), nil
	}
	return len(line), b.writeOut()
}

// flush writes what waits.
func (b *logBuffer) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.writeOut()
}

func (b *logBuffer) writeOut() error {
	b.timer.Stop()
	if len(b.waiting) == 0 {
		return nil
	}
	_, err := b.to.Write(b.waiting)
	b.waiting = b.waiting[:0]
	return err
}
