package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// patience is how long a server may take to start or to stop.
const patience = 20 * time.Second

// process is a server that the bench started.
type process struct {
	name  string
	pid   int
	log   string
	end   syscall.Signal
	ended chan struct{}
	err   error // of its end, once ended is closed
}

// processes are all that were started, to be stopped in reverse order.
type processes struct {
	mu  sync.Mutex
	all []*process
}

// spec says how to start a server.
type spec struct {
	name string
	args []string
	env  []string // beside the bench's own
	dir  string   // working directory, and where the log goes
	log  string
	end  syscall.Signal // that makes it stop
	as   *syscall.Credential
}

// command is exec.CommandContext; what is run is fixed by this program.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, name, args...) //nolint:gosec // see above
}

// start starts a server. It outlives ctx: stop ends it. Should the bench be
// killed outright, the kernel ends it too.
func (p *processes) start(ctx context.Context, s spec) (*process, error) {
	cmd := command(context.WithoutCancel(ctx), s.args[0], s.args[1:]...)
	cmd.Env, cmd.Dir = append(os.Environ(), s.env...), s.dir
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the server has its own
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: s.end, Credential: s.as}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	proc := &process{name: s.name, pid: cmd.Process.Pid, log: s.log, end: s.end, ended: make(chan struct{})}
	go func() {
		proc.err = cmd.Wait()
		close(proc.ended)
	}()
	p.mu.Lock()
	p.all = append(p.all, proc)
	p.mu.Unlock()
	return proc, nil
}

// stop ends a server and waits for it.
func (p *process) stop() {
	for _, signal := range []syscall.Signal{p.end, syscall.SIGKILL} {
		_ = syscall.Kill(p.pid, signal) // it may have ended by itself
		select {
		case <-p.ended:
			return
		case <-time.After(patience):
		}
	}
}

func (p *processes) stopAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.all) - 1; i >= 0; i-- {
		p.all[i].stop()
	}
	p.all = nil
}

// until calls ready until it returns nil, the server has ended or patience is
// over.
func (p *process) until(ctx context.Context, ready func(ctx context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := ready(bounded)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %w\n%s", p.name, p.err, tail(p.log))
		case <-bounded.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", p.name, errors.Join(err, ctx.Err()), tail(p.log))
		case <-time.After(time.Millisecond):
		}
	}
}

// tail is the end of a log.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-2000):])
}

// freePort asks the kernel for a port. Another process may take it before the
// server does; then the server does not start, and the run says so.
func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // nobody connected
	return l.Addr().(*net.TCPAddr).Port, nil
}

func freeAddress(ctx context.Context) (string, error) {
	port, err := freePort(ctx)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), err
}

// unprivileged is whom PostgreSQL runs as when the bench runs as root, which
// PostgreSQL refuses to be.
func unprivileged() (as *syscall.Credential, err error) {
	if os.Geteuid() != 0 {
		return as, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(errUID, errGID)
	}
	return nil, errors.New("no user for PostgreSQL: neither postgres nor nobody")
}

// folder makes a folder in the run's own, for the user as.
func (b *bench) folder(as *syscall.Credential, parts ...string) (string, error) {
	path := filepath.Join(append([]string{b.dir}, parts...)...)
	if err := os.MkdirAll(path, 0o711); err != nil { //nolint:gosec // as the run's own folder
		return "", err
	}
	if as == nil {
		return path, nil
	}
	return path, errors.Join(os.Chmod(path, 0o700), os.Chown(path, int(as.Uid), int(as.Gid))) //nolint:gosec // it is a folder
}
