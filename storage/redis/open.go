package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tongid/tongid/accounts"
)

// The time limits. Whatever is wrong, a call is over after patience, and a
// server that is away costs each caller no more than a dial.
const (
	patience     = 750 * time.Millisecond
	dialTimeout  = 300 * time.Millisecond
	readTimeout  = 600 * time.Millisecond
	poolTimeout  = 500 * time.Millisecond
	retries      = 1 // a connection that the server closed meanwhile, a failover
	retryBackoff = 20 * time.Millisecond
	bufferSize   = 4096 // a record is one or two KiB at most; there are many connections
)

// Open opens the Redis at address (see TONGID_REDIS_URL in the contract for its
// forms). A server that is away is no error: calls say accounts.ErrUnavailable
// until it is there. What would never get better is one: an address that is
// none, a wrong password, a cluster addressed as a single server.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	t, err := parseURL(address)
	if err != nil {
		return nil, fmt.Errorf("redis: address: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	if o.Prefix == "" {
		o.Prefix = "tongid:"
	}
	s := &Store{options: o, client: t.client(o.PoolSize)}
	if err := s.fit(ctx, t.form); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// fit looks once for what would never get better.
func (s *Store) fit(ctx context.Context, f form) error {
	err := s.Ping(ctx)
	switch {
	case refused(err):
		return err
	case f == single && redis.HasErrorPrefix(err, "MOVED"):
		return fmt.Errorf("%w: %w", errElsewhere, err)
	case errors.Is(err, accounts.ErrUnavailable):
		return nil
	case err != nil:
		return err
	}
	return s.call(ctx, "open", func(ctx context.Context) error {
		if f == single {
			// Who may not ask finds out with the first key that is elsewhere.
			if info, err := s.client.Info(ctx, "cluster").Result(); err == nil && strings.Contains(info, "cluster_enabled:1") {
				return errElsewhere
			}
		}
		err := s.client.GetDel(ctx, s.options.Prefix+"ping").Err() // since Redis 6.2
		if err == redis.Nil {                                      //nolint:errorlint // as in mapped
			return nil
		}
		return err
	})
}

func (t *target) client(poolSize int) redis.UniversalClient {
	switch t.form {
	case cluster:
		return redis.NewClusterClient(t.clusterOptions(poolSize))
	case sentinel:
		return redis.NewFailoverClient(t.failoverOptions(poolSize))
	case single:
	}
	return redis.NewClient(t.singleOptions(poolSize))
}

func (t *target) tlsConfig() *tls.Config {
	if !t.tls {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12} // the name to verify is the dialled host's
}

func (t *target) singleOptions(poolSize int) *redis.Options {
	return &redis.Options{
		Addr: t.hosts[0], Username: t.username, Password: t.password, DB: t.database, TLSConfig: t.tlsConfig(),
		ClientName: "tongid", DisableIdentity: true, Protocol: 2,
		DialTimeout: dialTimeout, DialerRetries: 1, ReadTimeout: readTimeout, WriteTimeout: readTimeout,
		ContextTimeoutEnabled: true, MaxRetries: retries, MinRetryBackoff: retryBackoff, MaxRetryBackoff: retryBackoff,
		PoolSize: poolSize, PoolTimeout: poolTimeout, PipelinePoolSize: -1,
		ReadBufferSize: bufferSize, WriteBufferSize: bufferSize,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

func (t *target) failoverOptions(poolSize int) *redis.FailoverOptions {
	return &redis.FailoverOptions{
		MasterName: t.master, SentinelAddrs: t.hosts,
		SentinelUsername: t.sentinelUsername, SentinelPassword: t.sentinelPassword,
		Username: t.username, Password: t.password, DB: t.database, TLSConfig: t.tlsConfig(),
		ClientName: "tongid", DisableIdentity: true, Protocol: 2,
		DialTimeout: dialTimeout, DialerRetries: 1, ReadTimeout: readTimeout, WriteTimeout: readTimeout,
		ContextTimeoutEnabled: true, MaxRetries: retries, MinRetryBackoff: retryBackoff, MaxRetryBackoff: retryBackoff,
		PoolSize: poolSize, PoolTimeout: poolTimeout, PipelinePoolSize: -1,
		ReadBufferSize: bufferSize, WriteBufferSize: bufferSize,
	}
}

func (t *target) clusterOptions(poolSize int) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs: t.hosts, Username: t.username, Password: t.password, TLSConfig: t.tlsConfig(),
		ClientName: "tongid", DisableIdentity: true, Protocol: 2,
		DialTimeout: dialTimeout, DialerRetries: 1, ReadTimeout: readTimeout, WriteTimeout: readTimeout,
		ContextTimeoutEnabled: true, MaxRedirects: 3, MinRetryBackoff: retryBackoff, MaxRetryBackoff: retryBackoff,
		PoolSize: poolSize, PoolTimeout: poolTimeout, PipelinePoolSize: -1,
		ReadBufferSize: bufferSize, WriteBufferSize: bufferSize,
		// Every command of ours names its one key. Routing by policy would fetch
		// the table of all commands first.
		DisableRoutingPolicies:   true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// Ping writes a key, and in a cluster asks every master: a server that answers
// and cannot write is of no use.
func (s *Store) Ping(ctx context.Context) error {
	return s.call(ctx, "ping", func(ctx context.Context) error {
		if c, ok := s.client.(*redis.ClusterClient); ok {
			err := c.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
				return master.Ping(ctx).Err()
			})
			if err != nil {
				return err
			}
		}
		return s.client.Set(ctx, s.options.Prefix+"ping", "", 10*time.Second).Err()
	})
}

// Close closes all connections.
func (s *Store) Close() error {
	if err := s.client.Close(); err != nil {
		return fmt.Errorf("redis: close: %w", err)
	}
	return nil
}
