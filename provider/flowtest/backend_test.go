package flowtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver
)

// backend is what a site keeps its data in, and on how many replicas it runs.
type backend struct {
	name     string
	replicas int
	open     func(*stores) error
}

// Names of the backends.
const (
	onSQLite  = "sqlite"
	onRedis   = "postgres-redis"
	onCluster = "postgres-cluster"
)

func backends() []backend {
	return []backend{
		{onSQLite, 1, (*stores).embedded},
		{onRedis, 2, func(s *stores) error { return errors.Join(s.postgres(), s.redis()) }},
		{onCluster, 2, func(s *stores) error { return errors.Join(s.postgres(), s.cluster()) }},
	}
}

func backendNamed(name string) backend {
	for _, b := range backends() {
		if b.name == name {
			return b
		}
	}
	panic("no backend " + name)
}

// stores are what one site keeps its data in. env tells the server where they are.
type stores struct {
	dir      string
	ownRedis bool
	env      []string

	tunnel   *tunnel // in front of Postgres
	database string  // its name
	server   *redisServer
	number   int // of the Redis database
}

func (s *stores) embedded() error {
	s.env = append(s.env, "TONGID_DATA="+filepath.Join(s.dir, "data"))
	return nil
}

// postgres makes a database, reached through a tunnel that tests can break.
func (s *stores) postgres() error {
	address, err := variable("TONGID_TEST_POSTGRES_URL")
	if err != nil {
		return err
	}
	name := "tongid_flow_" + strings.ToLower(rand.Text())
	if err := postgresAdmin("CREATE DATABASE " + name); err != nil {
		return err
	}
	s.database = name
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("TONGID_TEST_POSTGRES_URL: %w", err)
	}
	if s.tunnel, err = newTunnel(u.Host); err != nil {
		return err
	}
	u.Host, u.Path = s.tunnel.address, "/"+name
	s.env = append(s.env, "TONGID_POSTGRES_URL="+u.String(), "TONGID_MIGRATE=true",
		"TONGID_MASTER_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	return nil
}

// postgresAdmin runs one statement as the superuser. Waiting for a template
// another package copies from, or for the disk, may take a while.
func postgresAdmin(query string) error {
	address, err := variable("TONGID_TEST_POSTGRES_URL")
	if err != nil {
		return err
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	_, err = c.Exec(ctx, query)
	return errors.Join(err, c.Close(ctx))
}

// redis takes a database of the server that these tests started, or a server of its own.
func (s *stores) redis() error {
	var err error
	if s.ownRedis {
		s.server, err = newRedisServer()
	} else {
		s.server, s.number, err = lab.redisDatabase()
	}
	if err != nil {
		return err
	}
	s.env = append(s.env, fmt.Sprintf("TONGID_REDIS_URL=redis://%s/%d", s.server.address, s.number))
	return nil
}

// cluster is shared with other packages' tests: keys are random, nobody flushes it.
func (s *stores) cluster() error {
	address, err := variable("TONGID_TEST_REDIS_CLUSTER_URL")
	if err != nil {
		return err
	}
	s.env = append(s.env, "TONGID_REDIS_URL="+address)
	return nil
}

func (s *stores) close() error {
	var errs []error
	if s.tunnel != nil {
		s.tunnel.close()
	}
	if s.database != "" {
		errs = append(errs, postgresAdmin("DROP DATABASE "+s.database+" WITH (FORCE)"))
	}
	if s.ownRedis && s.server != nil {
		errs = append(errs, s.server.stop())
	}
	return errors.Join(errs...)
}

// redisServer is a redis-server of these tests.
type redisServer struct {
	address string
	path    string
	dir     string
	process *process
	next    atomic.Int32
}

func (l *laboratory) redisDatabase() (*redisServer, int, error) {
	l.mu.Lock()
	r := l.redis
	l.mu.Unlock()
	if r == nil {
		started, err := newRedisServer()
		if err != nil {
			return nil, 0, err
		}
		l.mu.Lock()
		if l.redis == nil {
			l.redis = started
		}
		r = l.redis
		l.mu.Unlock()
		if r != started { // another test was faster
			if err := started.stop(); err != nil {
				return nil, 0, err
			}
		}
	}
	return r, int(r.next.Add(1)), nil
}

func newRedisServer() (*redisServer, error) {
	path, err := variable("TONGID_TEST_REDIS_SERVER")
	if err != nil {
		return nil, err
	}
	r := &redisServer{path: path}
	if r.address, err = lab.address("127.0.0.1"); err != nil {
		return nil, err
	}
	if r.dir, err = os.MkdirTemp(lab.dir, "redis-"); err != nil {
		return nil, err
	}
	return r, r.start()
}

func (r *redisServer) start() error {
	host, port, err := net.SplitHostPort(r.address)
	if err != nil {
		return err
	}
	r.process, err = startProcess("redis-server", r.path, nil, "--bind", host, "--port", port, "--dir", r.dir,
		"--save", "", "--appendonly", "no", "--databases", "256")
	if err != nil {
		return err
	}
	if !comesTrue(startWithin, func() bool { return r.process.ended() || r.do("PING") == nil }) || r.process.ended() {
		return fmt.Errorf("redis-server does not answer:\n%s", r.process.log.tail(5))
	}
	return nil
}

// do sends one command without arguments and reads one line.
func (r *redisServer) do(command string) error {
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte(command + "\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 64)
	n, err := c.Read(answer)
	if err == nil && answer[0] == '-' {
		err = fmt.Errorf("%s: %s", command, answer[:n])
	}
	return err
}

func (r *redisServer) stop() error { return r.process.stop() }

// tunnel passes bytes on to a server, until it is told not to: then the server is
// as silent as behind a cut cable.
type tunnel struct {
	address, target string
	listener        net.Listener

	mu     sync.Mutex
	open   chan struct{} // closed while bytes pass
	ends   chan struct{}
	active sync.WaitGroup
}

func newTunnel(target string) (*tunnel, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	tu := &tunnel{
		address: listener.Addr().String(), target: target, listener: listener,
		open: make(chan struct{}), ends: make(chan struct{}),
	}
	close(tu.open)
	tu.active.Go(tu.accept)
	return tu, nil
}

func (tu *tunnel) accept() {
	for {
		near, err := tu.listener.Accept()
		if err != nil {
			return
		}
		tu.active.Go(func() { tu.connect(near) })
	}
}

func (tu *tunnel) connect(near net.Conn) {
	defer near.Close()
	if !tu.pass() {
		return
	}
	far, err := net.Dial("tcp", tu.target)
	if err != nil {
		return
	}
	defer far.Close()
	var pipes sync.WaitGroup
	pipes.Go(func() { tu.pipe(far, near) })
	pipes.Go(func() { tu.pipe(near, far) })
	done := make(chan struct{})
	go func() { pipes.Wait(); close(done) }()
	select {
	case <-done:
	case <-tu.ends:
	}
}

func (tu *tunnel) pipe(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !tu.pass() {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// pass waits until bytes may pass; false when the tunnel is closed.
func (tu *tunnel) pass() bool {
	tu.mu.Lock()
	open := tu.open
	tu.mu.Unlock()
	select {
	case <-open:
		return true
	case <-tu.ends:
		return false
	}
}

func (tu *tunnel) freeze() {
	tu.mu.Lock()
	defer tu.mu.Unlock()
	tu.open = make(chan struct{})
}

func (tu *tunnel) thaw() {
	tu.mu.Lock()
	defer tu.mu.Unlock()
	close(tu.open)
}

func (tu *tunnel) close() {
	close(tu.ends)
	tu.listener.Close()
	tu.active.Wait()
}

// exec runs a statement on the site's database, for what no door of the server
// does yet.
func (s *stores) exec(query string) error {
	if s.database == "" {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "data", "tongid.db")+"?_pragma=busy_timeout(5000)")
		if err != nil {
			return err
		}
		_, err = db.Exec(query)
		return errors.Join(err, db.Close())
	}
	address, err := variable("TONGID_TEST_POSTGRES_URL")
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	u.Path = "/" + s.database
	ctx := context.Background()
	c, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, query)
	return errors.Join(err, c.Close(ctx))
}
