package flowtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program under test. Its standard error is kept by lines.
type process struct {
	name string
	cmd  *exec.Cmd
	log  *logbook
	done chan struct{}
	err  error // how it ended, once done is closed
}

// startProcess starts a program with exactly that environment.
func startProcess(name, path string, env []string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(path, args...), log: &logbook{}, done: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}, env...)
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	// Nothing outlives the tests, however they end.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends a signal; a process that is gone takes none.
func (p *process) signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// stopWithin is what the contract allows a stop.
const stopWithin = 15 * time.Second

// stop asks the process to end, and reports whether it did so well and in time.
func (p *process) stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-time.After(stopWithin):
		_ = p.signal(syscall.SIGKILL)
		<-p.done
		return fmt.Errorf("%s did not stop within %s", p.name, stopWithin)
	}
	if p.err != nil {
		return fmt.Errorf("%s ended with %w:\n%s", p.name, p.err, p.log.last())
	}
	return nil
}

// logbook keeps what a process wrote.
type logbook struct {
	mu    sync.Mutex
	lines []string
	rest  []byte
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(b), nil
		}
		l.lines = append(l.lines, string(line))
		l.rest = rest
	}
}

// all returns the whole lines so far.
func (l *logbook) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

// last is what to read of a process that did not end well: the first race, or else
// how it ended.
func (l *logbook) last() string {
	lines := l.all()
	if i := slices.IndexFunc(lines, func(s string) bool { return strings.Contains(s, "DATA RACE") }); i >= 0 {
		return strings.Join(lines[i:min(i+60, len(lines))], "\n")
	}
	return l.tail(10)
}

func (l *logbook) tail(n int) string {
	lines := l.all()
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// waitUntil asks again and again until ok, and fails the test when it does not come
// about in time.
func waitUntil(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	if !comesTrue(within, ok) {
		t.Fatalf("not within %s: %s", within, what)
	}
}

func comesTrue(within time.Duration, ok func() bool) bool {
	end := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok() {
			return true
		}
		select {
		case <-end:
			return ok()
		case <-tick.C:
		}
	}
}
