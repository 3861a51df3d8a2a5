package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// stores are the servers that one server under load keeps its records in.
type stores struct {
	postgres, redis       *process
	postgresURL, redisURL string
	redisAddress          string
	statistics            bool // pg_stat_statements is there
}

// startStores starts PostgreSQL and Redis for one server, configured as
// deploy/compose.yaml does: data checksums, commits that wait for the disk, an
// append-only file that is synced once a second.
func (b *bench) startStores(ctx context.Context, owner string) (*stores, error) {
	s := &stores{}
	if err := b.startPostgres(ctx, owner, s); err != nil {
		return nil, err
	}
	return s, b.startRedis(ctx, owner, s)
}

func (b *bench) startPostgres(ctx context.Context, owner string, s *stores) error {
	bin, err := postgresBin()
	if err != nil {
		return err
	}
	as, err := unprivileged()
	if err != nil {
		return err
	}
	data, err := b.folder(as, owner+"-postgres")
	if err != nil {
		return err
	}
	sockets, err := b.folder(as, owner+"-socket")
	if err != nil {
		return err
	}
	initdb := command(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "tongid", "-A", "trust", "-E", "UTF8",
		"--locale=C.UTF-8", "--data-checksums", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = "/", &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	args := []string{
		filepath.Join(bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", sockets,
		"-c", "timezone=UTC", "-c", "fsync=" + strconv.FormatBool(b.fsync),
	}
	// It counts statements; while it is told to track none, which is but for
	// the count, it costs next to nothing.
	library, _ := filepath.Glob(filepath.Join(bin, "../lib/pg_stat_statements.so"))
	if s.statistics = len(library) > 0; s.statistics {
		args = append(args, "-c", "shared_preload_libraries=pg_stat_statements")
	}
	s.postgres, err = b.processes.start(ctx, spec{
		name: "postgres of " + owner, args: args, dir: "/", log: filepath.Join(b.dir, owner+"-postgres.log"),
		end: syscall.SIGINT, as: as, // SIGINT: a fast shutdown
	})
	if err != nil {
		return err
	}
	s.postgresURL = fmt.Sprintf("postgres://tongid@127.0.0.1:%d/postgres?sslmode=disable", port)
	return s.postgres.until(ctx, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, s.postgresURL)
		if err != nil {
			return err
		}
		defer conn.Close(ctx) //nolint:errcheck // nothing was written
		if !s.statistics {
			return nil
		}
		if _, err = conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
			return err
		}
		return trackStatements(ctx, conn, "none")
	})
}

// trackStatements says which statements PostgreSQL counts.
func trackStatements(ctx context.Context, conn *pgx.Conn, which string) error {
	_, err := conn.Exec(ctx, "ALTER SYSTEM SET pg_stat_statements.track = "+which)
	if err == nil {
		_, err = conn.Exec(ctx, "SELECT pg_reload_conf()")
	}
	settle(ctx, 100*time.Millisecond) // the postmaster tells its children by a signal
	return err
}

// postgresBin is the folder of the newest PostgreSQL server programs; Debian
// keeps them off PATH.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: deploy/dev/services ensure")
	}
	return filepath.Dir(path), nil
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

func (b *bench) startRedis(ctx context.Context, owner string, s *stores) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	data, err := b.folder(nil, owner+"-redis")
	if err != nil {
		return err
	}
	s.redisAddress = "127.0.0.1:" + strconv.Itoa(port)
	s.redisURL = "redis://" + s.redisAddress + "/0"
	s.redis, err = b.processes.start(ctx, spec{
		name: "redis of " + owner,
		args: []string{
			"redis-server", "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", data,
			"--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
		},
		dir: data, log: filepath.Join(b.dir, owner+"-redis.log"), end: syscall.SIGTERM,
	})
	if err != nil {
		return err
	}
	client := redis.NewClient(&redis.Options{Addr: s.redisAddress})
	defer client.Close() //nolint:errcheck // nothing was written
	return s.redis.until(ctx, func(ctx context.Context) error { return client.Ping(ctx).Err() })
}
