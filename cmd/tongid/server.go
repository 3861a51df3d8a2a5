package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/passhash"
	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/templates"
)

// server is one process of the provider.
type server struct {
	config  *config.Config
	log     *slog.Logger
	clock   *clock
	metrics *metrics
	health  *health

	db       *database.DB
	alive    aliveStore
	box      *seal.Box
	ring     *keys.Ring
	registry *client.Registry
	hasher   *passhash.Hasher
	outside  outside
	// templates are every page and sentence.
	templates *templates.Renderer
	mailer    *accounts.Mailer
	provider  *provider.Provider
	handler   http.Handler

	mainListener, opsListener net.Listener
	mainServer, opsServer     *http.Server
	workers                   sync.WaitGroup
}

// build makes everything that a running server is made of. What it opened, close
// closes, whether it succeeds or not.
func (s *server) build(ctx context.Context) error {
	s.metrics = newMetrics()
	var err error
	s.db, s.box, err = openDatabase(ctx, s.config, s.clock.Now, s.metrics.observe("database"))
	if err != nil {
		return err
	}
	s.metrics.watchPool(s.db)
	if err := s.patiently(ctx, s.bringSchema); err != nil {
		return err
	}
	if err := s.patiently(ctx, s.load); err != nil {
		return err
	}
	s.hasher = newHasher(s.config.Passwords)
	if s.config.Demo {
		if err := s.patiently(ctx, s.seedDemo); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if s.templates, err = templates.New(s.config.Brand); err != nil {
		return err
	}
	if err := s.openOutside(ctx); err != nil {
		return err
	}
	s.mailer = &accounts.Mailer{
		Store: s.db, Gateway: s.outside.messages, Log: s.log, Now: s.clock.Now, Observe: s.metrics.message,
	}
	deps := s.deps()
	if s.config.Demo {
		if deps.Config.Demo, err = demoAccounts(); err != nil {
			return err
		}
	}
	s.provider, err = provider.New(deps) //nolint:contextcheck // requests bring their own
	s.handler = s.provider
	// Starting took some tens of megabytes (templates, the demo's hashes) that an
	// idle server never needs again.
	debug.FreeOSMemory()
	return err
}

// load opens the other store, and reads what a server holds in memory.
func (s *server) load(ctx context.Context) (err error) {
	if s.alive == nil {
		if s.alive, err = openAlive(ctx, s.config, s.clock.Now, s.metrics.observe("ephemeral")); err != nil {
			return err
		}
		s.health = newHealth(time.Now, map[string]pinger{"database": s.db, "ephemeral": s.alive})
	}
	if s.ring, err = openRing(ctx, s.config, s.db, s.clock.Now); err != nil {
		return err
	}
	s.registry, err = client.NewRegistry(ctx, s.db)
	return err
}

func newHasher(p config.Passwords) *passhash.Hasher {
	memory, passes := uint32(p.MemoryKiB), uint32(p.Passes) //nolint:gosec // bounded by the configuration's table
	return passhash.New(passhash.Params{Memory: memory, Time: passes, Threads: 1, Concurrency: p.Concurrency})
}

// startPatience is how long a starting server waits for stores that are not
// there yet, or too slow for a statement's time limit.
const startPatience = 20 * time.Second

// patiently takes a step of the start again while a store is unavailable. Every
// step may be taken twice.
func (s *server) patiently(ctx context.Context, step func(context.Context) error) error {
	deadline := time.Now().Add(startPatience)
	for warned := false; ; warned = true {
		err := step(ctx)
		if !errors.Is(err, accounts.ErrUnavailable) || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		if !warned {
			s.log.WarnContext(ctx, "waiting for a store", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// bringSchema brings an embedded schema up to date, or a Postgres one when asked
// to, and refuses an older one otherwise.
func (s *server) bringSchema(ctx context.Context) error {
	if !s.config.Embedded() && !s.config.Migrate {
		return s.db.CheckSchema(ctx)
	}
	done, err := s.db.Migrate(ctx)
	for _, m := range done {
		s.log.InfoContext(ctx, "migrated", "step", m.Name)
	}
	return err
}

// deps is what the provider is built from.
func (s *server) deps() provider.Deps {
	c := s.config
	deps := provider.Deps{
		Config: provider.Config{
			Issuer: c.Issuer, Lifetimes: c.Lifetimes, TrustedProxies: c.TrustedProxies, Simulators: c.Simulators,
			Captcha: c.Captcha, Limits: c.Limits, EgressAllow: c.EgressAllow, Brand: c.Brand, Secrets: secretsOf(s.box),
			Wizards: c.Wizards,
		},
		Stores: provider.Stores{
			Enterprises: s.db, Changes: s.db, Persons: s.db, Ledger: s.db, Outbox: s.db, Proofs: s.db, Mandates: s.db, Questions: s.db, Events: s.db, Activities: s.db, Letters: s.db, Endings: s.db, Portals: s.db, Standings: s.db, Attempts: s.db, Grants: s.db, Tokens: s.db, Consents: s.db,
			Codes: s.alive, Sessions: s.alive, Interactions: s.alive, Challenges: s.alive,
		},
		Clients: s.registry, Keys: s.ring, Hasher: s.hasher, Log: s.log, Metrics: s.metrics.registry, Now: s.clock.Now,
		Told: s.metrics.event,
	}
	deps.Gateways = provider.Gateways{Messages: s.outside.messages, Face: s.outside.face, Register: s.outside.register}
	deps.Templates = s.templates
	deps.Box = wizardBox(s.box)
	if c.Simulators {
		deps.MoveClock, deps.World = s.clock.Move, s.outside.simulator
		deps.Delivered = s.deliver
	}
	return deps
}

func secretsOf(box *seal.Box) provider.Secrets {
	return provider.Secrets{
		Token: [32]byte(box.Key("token", 32)), CSRF: [32]byte(box.Key("csrf", 32)),
		Device: [32]byte(box.Key("device", 32)), Lockout: [32]byte(box.Key("lockout", 32)),
		Wizard: [32]byte(box.Key("wizard", 32)), Letter: [32]byte(box.Key("letter", 32)),
	}
}

// wizardBox seals what wizards keep for half an hour. It has a key of its own,
// which is not in the ring: what lives so shortly need not be sealed anew.
func wizardBox(box *seal.Box) *seal.Box {
	own, err := seal.New(box.Key("wizard data", seal.MasterKeySize))
	if err != nil {
		panic(err) // the length is the one it wants
	}
	return own
}

func (s *server) close() error {
	errs := []error{s.outside.close()}
	if s.alive != nil {
		errs = append(errs, s.alive.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}

func (s *server) storeNames() string {
	if s.config.Embedded() {
		return "sqlite in " + s.config.Data
	}
	return "postgres and redis"
}
