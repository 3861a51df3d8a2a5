package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// alive keeps what may be lost. Each method is one round trip.
type alive interface {
	put(ctx context.Context, key string, value []byte, life time.Duration) error
	get(ctx context.Context, key string) ([]byte, error)
	take(ctx context.Context, key string) ([]byte, error)
}

var errGone = errors.New("gone")

type redisAlive struct{ client *redis.Client }

func openRedis(address string) (alive, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, err
	}
	o.Protocol, o.DisableIdentity, o.ContextTimeoutEnabled = 2, true, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redisAlive{redis.NewClient(o)}, nil
}

func (a redisAlive) put(ctx context.Context, key string, value []byte, life time.Duration) error {
	return a.client.Set(ctx, key, value, life).Err()
}

func (a redisAlive) get(ctx context.Context, key string) ([]byte, error) {
	return found(a.client.Get(ctx, key).Bytes())
}

func (a redisAlive) take(ctx context.Context, key string) ([]byte, error) {
	return found(a.client.GetDel(ctx, key).Bytes())
}

func found(value []byte, err error) ([]byte, error) {
	if errors.Is(err, redis.Nil) || errors.Is(err, sql.ErrNoRows) {
		return nil, errGone
	}
	return value, err
}

// sqliteAlive is the same on a SQLite file that does not wait for the disk.
type sqliteAlive struct{ putStmt, getStmt, takeStmt *sql.Stmt }

func openSQLiteAlive(ctx context.Context, folder string) (alive, error) {
	write, read, err := openSQLite(ctx, filepath.Join(folder, "alive.db"), "NORMAL")
	if err != nil {
		return nil, err
	}
	_, err = write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS alive (key TEXT NOT NULL PRIMARY KEY, expires INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID`)
	if err != nil {
		return nil, err
	}
	p := preparer{ctx: ctx}
	a := sqliteAlive{
		putStmt: p.prepare(write, `INSERT INTO alive (key, expires, value) VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET expires = excluded.expires, value = excluded.value`),
		getStmt:  p.prepare(read, `SELECT value FROM alive WHERE key = $1 AND expires > $2`),
		takeStmt: p.prepare(write, `DELETE FROM alive WHERE key = $1 AND expires > $2 RETURNING value`),
	}
	return a, p.err
}

// A context that may end makes the driver watch it from a goroutine for every
// statement; a statement on a local file needs none.

func (a sqliteAlive) put(ctx context.Context, key string, value []byte, life time.Duration) error {
	_, err := a.putStmt.ExecContext(context.WithoutCancel(ctx), key, time.Now().Add(life).UnixMilli(), value)
	return err
}

func (a sqliteAlive) get(ctx context.Context, key string) (value []byte, err error) {
	err = a.getStmt.QueryRowContext(context.WithoutCancel(ctx), key, time.Now().UnixMilli()).Scan(&value)
	return found(value, err)
}

func (a sqliteAlive) take(ctx context.Context, key string) (value []byte, err error) {
	err = a.takeStmt.QueryRowContext(context.WithoutCancel(ctx), key, time.Now().UnixMilli()).Scan(&value)
	return found(value, err)
}
