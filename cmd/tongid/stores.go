package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/ephemeral"
	"github.com/tongid/tongid/storage/redis"
	"github.com/tongid/tongid/storage/seal"
)

// Files of the embedded stores, in the data folder.
const (
	masterKeyFile = "master.key"
	databaseFile  = "tongid.db"
	aliveFile     = "ephemeral.db"
)

// observer hears of every call to a store.
type observer func(op string, d time.Duration, err error)

// aliveStore keeps what is alive, in Redis or beside the embedded database.
type aliveStore interface {
	grant.CodeStore
	session.Store
	interaction.Store
	interaction.ChallengeStore
	Ping(ctx context.Context) error
	Close() error
}

// openBox returns the master key's box. Embedded, without a key in the
// configuration, the key stands in the data folder and is made with it.
func openBox(c *config.Config) (*seal.Box, error) {
	if c.MasterKey != "" {
		key, err := seal.ParseMasterKey(c.MasterKey.Reveal())
		if err != nil {
			return nil, err
		}
		return seal.New(key)
	}
	path := filepath.Join(c.Data, masterKeyFile)
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if exists(filepath.Join(c.Data, databaseFile)) && !exists(path) {
		// A new key could open nothing of what is there.
		return nil, fmt.Errorf("%s is gone, and without it %s cannot be read: put it back", path, filepath.Join(c.Data, databaseFile))
	}
	key, _, err := seal.EnsureMasterKey(path)
	if err != nil {
		return nil, err
	}
	return seal.New(key)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// openDatabase opens what must be remembered. It connects nothing yet and leaves
// the schema alone.
func openDatabase(ctx context.Context, c *config.Config, now func() time.Time, observe observer) (*database.DB, *seal.Box, error) {
	box, err := openBox(c)
	if err != nil {
		return nil, nil, err
	}
	options := database.Config{Box: box, Now: now, Timeout: c.Postgres.Timeout, Observe: observe}
	if c.Embedded() {
		options.Path = filepath.Join(c.Data, databaseFile)
	} else {
		options.PostgresURL, options.MaxConns = c.PostgresURL.Reveal(), c.Postgres.Pool
	}
	db, err := database.Open(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	return db, box, nil
}

// openAlive opens what is alive. With an error there is no store: not one whose
// pointer is nil, which would look like one.
func openAlive(ctx context.Context, c *config.Config, now func() time.Time, observe observer) (aliveStore, error) {
	if c.Embedded() {
		s, err := ephemeral.Open(ctx, filepath.Join(c.Data, aliveFile), ephemeral.Options{Now: now, Observe: observe})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := redis.Open(ctx, c.RedisURL.Reveal(), redis.Options{Now: now, Observe: observe, PoolSize: c.Redis.Pool})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// commandPatience is how long a command waits for the database at the least. Beside
// a busy server it may take its turn; no portal waits for it.
const commandPatience = 10 * time.Second

// withDatabase runs a command against the database, beside a server or before
// there is one: a new embedded database gets its schema, an older one is
// refused.
func (t *terminal) withDatabase(ctx context.Context, c *config.Config, do func(db *database.DB) error) error {
	isNew := c.Embedded() && !exists(filepath.Join(c.Data, databaseFile))
	patient := *c
	patient.Postgres.Timeout = max(c.Postgres.Timeout, commandPatience)
	db, _, err := openDatabase(ctx, &patient, time.Now, nil)
	if err != nil {
		return err
	}
	if isNew {
		_, err = db.Migrate(ctx)
	} else {
		err = db.CheckSchema(ctx)
	}
	if err == nil {
		err = do(db)
	}
	return errors.Join(err, db.Close())
}
