package redis

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a redis-server of a test's own, which it may stop.
type server struct {
	port    int
	args    []string
	command *exec.Cmd
}

// startServer starts a redis-server that keeps nothing.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	port := freePort(t)
	s := &server{port: port, args: append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", t.TempDir(),
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning",
	}, args...)}
	s.start(t)
	t.Cleanup(func() { s.stop(t) })
	return s
}

// startSentinel starts a Sentinel that watches master under the name "m".
func startSentinel(t *testing.T, master *server) *server {
	t.Helper()
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	lines := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor m 127.0.0.1 %d 1\n"+
		"sentinel down-after-milliseconds m 300\nsentinel failover-timeout m 1000\n", port, t.TempDir(), master.port)
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &server{port: port, args: []string{file, "--sentinel"}}
	s.start(t)
	t.Cleanup(func() { s.stop(t) })
	return s
}

// startCluster starts a cluster of three masters.
func startCluster(t *testing.T) []*server {
	t.Helper()
	var nodes []*server
	for i := range 3 {
		bus := freePort(t) // by default the port + 10000, which may be above all ports
		node := startServer(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus), "--cluster-node-timeout", "500")
		node.do(t, "CLUSTER", "ADDSLOTSRANGE", i*16384/3, (i+1)*16384/3-1)
		if i > 0 {
			node.do(t, "CLUSTER", "SET-CONFIG-EPOCH", i)
			nodes[0].do(t, "CLUSTER", "MEET", "127.0.0.1", node.port, bus)
		}
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		eventually(t, "the cluster is formed", func(context.Context) bool {
			info := node.do(t, "CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return nodes
}

func (s *server) address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

func (s *server) url() string { return "redis://" + s.address() }

// start starts the server and waits until it answers.
func (s *server) start(t *testing.T) {
	t.Helper()
	binary := os.Getenv("TONGID_TEST_REDIS_SERVER")
	if binary == "" {
		binary = "redis-server"
	}
	s.command = exec.CommandContext(context.WithoutCancel(t.Context()), binary, s.args...)
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.command.Start(); err != nil {
		t.Fatalf("redis-server: %v: run `make test`, which installs it", err)
	}
	c := redis.NewClient(&redis.Options{Addr: s.address(), DialerRetries: 1, PipelinePoolSize: -1})
	defer c.Close()
	eventually(t, "redis-server answers", func(ctx context.Context) bool {
		err := c.Ping(ctx).Err()
		return err == nil || redis.HasErrorPrefix(err, "NOAUTH")
	})
}

// stop kills the server, as a crash would.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.command == nil {
		return
	}
	if err := s.command.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = s.command.Wait() // "signal: killed"
	s.command = nil
}

// signal stops the process in its tracks, or lets it go on.
func (s *server) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// do runs one command on the server.
func (s *server) do(t *testing.T, args ...any) string {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.address(), PipelinePoolSize: -1})
	defer c.Close()
	out, err := c.Do(t.Context(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return fmt.Sprint(out)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// hangingListener accepts connections and never answers.
func hangingListener(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var held []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			held = append(held, c)
		}
		for _, c := range held {
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// eventually waits for what another process will do in its own time.
func eventually(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !is(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("not within 20 s: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
