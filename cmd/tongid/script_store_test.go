package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/rogpeppe/go-internal/testscript"
)

// field takes something out of what the last command printed.
func field(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("no %s in:\n%s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], found[1])
}

func certificateFiles(ts *testscript.TestScript, _ bool, _ []string) {
	_, _, err := makeCertificate(ts.MkAbs("."), 1, time.Now())
	ts.Check(err)
}

func handshake(ts *testscript.TestScript, _ bool, args []string) {
	version := map[string]uint16{"1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[args[2]]
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version}}
	conn, err := dialer.DialContext(context.Background(), "tcp", args[1])
	if err == nil {
		_ = conn.Close()
	}
	if ok := args[0] == "yes"; ok != (err == nil) {
		ts.Fatalf("TLS %s: %v, want it to come about: %s", args[2], err, args[0])
	}
}

// postgres makes an empty database for the script and sets TONGID_POSTGRES_URL.
func postgres(ts *testscript.TestScript, _ bool, _ []string) {
	const variable = "TONGID_TEST_POSTGRES_URL"
	address := os.Getenv(variable)
	if address == "" {
		ts.Fatalf("%s is not set: run `make test`, which starts the servers", variable)
	}
	db, err := sql.Open("pgx", address)
	ts.Check(err)
	ts.Defer(func() { _ = db.Close() })
	name := "tongid_script_" + strings.ToLower(rand.Text())
	_, err = db.ExecContext(context.Background(), "CREATE DATABASE "+name)
	ts.Check(err)
	ts.Defer(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			ts.Logf("drop %s: %v", name, err)
		}
	})
	u, err := url.Parse(address)
	ts.Check(err)
	u.Path = "/" + name
	ts.Setenv("TONGID_POSTGRES_URL", u.String())
}

// redisURL sets TONGID_REDIS_URL to the single server of the tests.
func redisURL(ts *testscript.TestScript, _ bool, _ []string) {
	const variable = "TONGID_TEST_REDIS_URL"
	if os.Getenv(variable) == "" {
		ts.Fatalf("%s is not set: run `make test`, which starts the servers", variable)
	}
	ts.Setenv("TONGID_REDIS_URL", os.Getenv(variable))
}

// proxy stands between the server and one of its stores.
type proxy struct {
	address, target string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	done     sync.WaitGroup
}

func newProxy(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(ts.Getenv(args[1]))
	ts.Check(err)
	p := &proxy{address: "127.0.0.1:0", target: u.Host}
	ts.Check(p.mend())
	u.Host = p.address
	ts.Setenv(args[1], u.String())
	worldOf(ts).proxies[args[0]] = p
}

func cut(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).proxies[args[0]].cut() }

func mend(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(worldOf(ts).proxies[args[0]].mend())
}

// mend listens, at the same address as before.
func (p *proxy) mend() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.address)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.address, p.conns = l, l.Addr().String(), map[net.Conn]bool{}
	p.done.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			p.done.Go(func() { p.carry(from) })
		}
	})
	return nil
}

func (p *proxy) carry(from net.Conn) {
	to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	if p.conns == nil { // cut meanwhile
		p.mu.Unlock()
		_, _ = from.Close(), to.Close()
		return
	}
	p.conns[from], p.conns[to] = true, true
	p.mu.Unlock()
	p.done.Go(func() { _, _ = io.Copy(to, from); _ = to.Close() })
	_, _ = io.Copy(from, to)
	_ = from.Close()
}

// cut refuses connections and breaks those that are.
func (p *proxy) cut() {
	p.mu.Lock()
	if p.conns != nil {
		_ = p.listener.Close()
	}
	for c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	p.done.Wait()
}
