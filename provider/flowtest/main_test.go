package flowtest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// lab is what all tests share: the binaries, the servers that several tests may
// use at once, the browser.
var lab = &laboratory{shared: map[string]*sharedSite{}}

type laboratory struct {
	dir   string
	build func() error // once

	mu     sync.Mutex
	shared map[string]*sharedSite
	ports  map[int]bool
	redis  *redisServer
	chrome *chrome
	tab    sync.Mutex // one at a time, or each is slower than all in a row
}

func TestMain(m *testing.M) {
	flag.Parse()
	// Most of what tests do here is waiting for processes.
	if err := flag.Set("test.parallel", "5"); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tongid-flow-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	lab.dir = dir
	lab.build = sync.OnceValue(buildBinaries)
	code := m.Run()
	if err := lab.close(); err != nil {
		fmt.Fprintln(os.Stderr, "--- FAIL: at the end\n"+err.Error())
		return max(code, 1)
	}
	return code
}

// raceVariable, if set, has the servers built with the race detector, as the tests
// are: one in which it saw a race does not end well. It takes half as long again.
const raceVariable = "TONGID_TEST_RACE"

// buildBinaries makes what `make build` makes.
func buildBinaries() error {
	args := []string{"build", "-o", lab.dir + "/"}
	if os.Getenv(raceVariable) != "" {
		args = append(args, "-race", "-gcflags=modernc.org/sqlite/lib=-race=false") // as deploy/dev/test
	}
	cmd := exec.Command("go", append(args, "./cmd/tongid", "./cmd/portal")...)
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// binary is the path of a program of ours.
func (l *laboratory) binary(name string) (string, error) {
	return filepath.Join(l.dir, name), l.build()
}

// close ends what tests shared and reports what was wrong with it.
func (l *laboratory) close() error {
	var errs []error
	for _, s := range l.shared {
		if s.site != nil {
			errs = append(errs, s.site.close())
		}
	}
	if l.chrome != nil {
		l.chrome.close()
	}
	if l.redis != nil {
		errs = append(errs, l.redis.stop())
	}
	return errors.Join(errs...)
}

// port finds a free port below those from which outgoing connections take theirs.
// Each is given out once.
func (l *laboratory) port(host string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ports == nil {
		l.ports = map[int]bool{}
	}
	for range 1000 {
		n := 22000 + rand.IntN(10000)
		if l.ports[n] {
			continue
		}
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n)))
		if err != nil {
			continue
		}
		l.ports[n] = true
		return n, listener.Close()
	}
	return 0, errors.New("no free port")
}

func (l *laboratory) address(host string) (string, error) {
	n, err := l.port(host)
	return net.JoinHostPort(host, strconv.Itoa(n)), err
}

// commandWithin is how soon a command, an end, a change is seen by every replica:
// a second (contract), and what a busy machine adds.
const commandWithin = 1500 * time.Millisecond

func minutesOf(n int) time.Duration { return time.Duration(n) * time.Minute }

// variable returns what make test sets; without it there is nothing to test on.
func variable(name string) (string, error) {
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("%s is not set: run `make test`, which starts the servers", name)
	}
	return value, nil
}

// sharedSite is a site without limits that any number of tests use at once. Each
// test brings browsers and clients of its own.
type sharedSite struct {
	once sync.Once
	site *site
	err  error
}

// site returns the shared site on that backend, started with the first call.
func (l *laboratory) site(t testing.TB, b backend) *site {
	t.Helper()
	l.mu.Lock()
	s, ok := l.shared[b.name]
	if !ok {
		s = &sharedSite{}
		l.shared[b.name] = s
	}
	l.mu.Unlock()
	s.once.Do(func() {
		s.site, s.err = newSite(b, setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s", "TONGID_POSTGRES_TIMEOUT=5s"}, portals: true})
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.site
}

// onEach runs a test on the shared site of every backend.
func onEach(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			test(t, lab.site(t, b))
		})
	}
}

// onTwo runs a test that goes through many pages on the shared sites of one process
// and of two replicas.
func onTwo(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	for _, name := range []string{onSQLite, onRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, lab.site(t, backendNamed(name)))
		})
	}
}

// onOwn runs a test on sites of its own, on some backends, and stops them after it.
func onOwn(t *testing.T, names []string, with setup, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Parallel()
	for _, b := range backends() {
		if !slices.Contains(names, b.name) {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			test(t, ownSite(t, b, with))
		})
	}
}

func ownSite(t testing.TB, b backend, with setup) *site {
	t.Helper()
	s, err := newSite(b, with)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
