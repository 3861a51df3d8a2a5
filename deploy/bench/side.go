package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The backends.
const (
	backendEmbedded = "embedded"
	backendPostgres = "postgres"
)

// side is one server under load.
type side struct {
	name    string
	base    string // http://127.0.0.1:port
	metrics string // where it counts its round trips, empty: it does not
	server  *process
	stores  *stores // nil: embedded
	spec    spec    // to start it again

	firstToken time.Duration // from exec, on stores that hold the demo data
	firstEver  time.Duration // from exec, on empty stores
	idle       float64       // MiB, before any load
}

// pair is tongid and the floor on one backend.
type pair struct {
	backend       string
	tongid, floor *side
}

func (b *bench) pair(ctx context.Context, backend string) (*pair, error) {
	p := &pair{backend: backend}
	var err error
	if p.floor, err = b.startFloor(ctx, "floor", backend); err != nil {
		return nil, err
	}
	if b.null {
		p.tongid, err = b.startFloor(ctx, "null", backend)
		return p, err
	}
	p.tongid, err = b.startTongid(ctx, "tongid", backend)
	return p, err
}

func (b *bench) startFloor(ctx context.Context, name, backend string) (*side, error) {
	s := &side{name: name}
	owner := name + "-" + backend
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{filepath.Join(b.dir, "floor"), "-listen", address}
	if backend == backendPostgres {
		if s.stores, err = b.startStores(ctx, owner); err != nil {
			return nil, err
		}
		args = append(args, "-postgres", s.stores.postgresURL, "-redis", s.stores.redisURL)
	} else {
		data, err := b.folder(nil, owner+"-data")
		if err != nil {
			return nil, err
		}
		args = append(args, "-data", data)
	}
	s.base = "http://" + address
	s.spec = spec{name: owner, args: args, dir: b.dir, log: filepath.Join(b.dir, owner+".log"), end: syscall.SIGTERM}
	return s, b.startSide(ctx, s)
}

// startTongid starts the server with the settings that it comes with. Limits
// and captcha are on: the load signs in as browsers do that have signed in
// before, each under an address of its own, named as a trusted proxy would. more
// is environment besides.
func (b *bench) startTongid(ctx context.Context, name, backend string, more ...string) (*side, error) {
	s := &side{name: name}
	owner := name + "-" + backend
	data, err := b.folder(nil, owner+"-data")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	ops, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails, crypto/rand
	env := append([]string{"TONGID_DATA=" + data, "TONGID_TRUSTED_PROXIES=127.0.0.1/32"}, more...)
	args := []string{filepath.Join(b.dir, "tongid"), "serve", "--demo", "--listen", address, "--ops-listen", ops, "--issuer", "http://" + address}
	if backend == backendPostgres {
		if s.stores, err = b.startStores(ctx, owner); err != nil {
			return nil, err
		}
		args = append(args, "--migrate")
		env = append(env, "TONGID_POSTGRES_URL="+s.stores.postgresURL, "TONGID_REDIS_URL="+s.stores.redisURL,
			"TONGID_MASTER_KEY="+base64.StdEncoding.EncodeToString(key))
	}
	if b.profile != "" {
		env = append(env, "TONGID_PPROF=true")
	}
	s.base, s.metrics = "http://"+address, "http://"+ops
	s.spec = spec{name: owner, args: args, env: append(env, b.env...), dir: b.dir, log: filepath.Join(b.dir, owner+".log"), end: syscall.SIGTERM}
	return s, b.startSide(ctx, s)
}

// startSide starts a server twice, first on empty stores, and notes how long it
// took from exec to the first token each time; then how much memory it has when
// nothing has been asked of it.
func (b *bench) startSide(ctx context.Context, s *side) error {
	b.say("starting %s", s.spec.name)
	for _, took := range []*time.Duration{&s.firstEver, &s.firstToken} {
		if s.server != nil {
			s.server.stop()
		}
		start := time.Now()
		var err error
		if s.server, err = b.processes.start(ctx, s.spec); err != nil {
			return err
		}
		worker := newBrowser(s, 0)
		err = s.server.until(ctx, func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return clientCredentials(ctx, worker)
		})
		*took = time.Since(start)
		if err != nil {
			return err
		}
	}
	settle(ctx, 2*time.Second)
	s.idle, _ = memory(s.server.pid)
	return nil
}

// settle waits: for a server's own work to end, or for a measurement of peace.
func settle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// get reads a page of the operations listener.
func get(ctx context.Context, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var b strings.Builder
	if _, err := readAll(&b, response.Body); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", address, response.Status)
	}
	return b.String(), nil
}
