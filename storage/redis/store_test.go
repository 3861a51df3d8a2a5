package redis

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tongid/tongid/storage/storagetest"
)

func TestMain(m *testing.M) {
	RouteLog(slog.New(slog.DiscardHandler))
	// The client library's probe of a server that is away sees that its client
	// was closed up to a second later, then ends.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// The three forms of Redis that the suites run on, by the variable that says
// where one is.
const (
	singleVariable   = "TONGID_TEST_REDIS_URL"
	clusterVariable  = "TONGID_TEST_REDIS_CLUSTER_URL"
	sentinelVariable = "TONGID_TEST_REDIS_SENTINEL_URL"
)

func TestSingle(t *testing.T)   { storagetest.Alive(t, openAlive(singleVariable)) }
func TestCluster(t *testing.T)  { storagetest.Alive(t, openAlive(clusterVariable)) }
func TestSentinel(t *testing.T) { storagetest.Alive(t, openAlive(sentinelVariable)) }

func openAlive(variable string) storagetest.OpenAlive {
	return func(t *testing.T, now func() time.Time) storagetest.AliveBackend {
		t.Helper()
		s := openTest(t, variable, Options{Now: now})
		return storagetest.AliveBackend{Store: s, Flush: func(t *testing.T) {
			t.Helper()
			flush(t, s)
		}}
	}
}

// openTest opens the server that variable names, in a space of keys that is the
// test's own.
func openTest(t testing.TB, variable string, o Options) *Store {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Fatalf("%s is not set: run `make test`, which starts the servers", variable)
	}
	o.Prefix = "test:" + rand.Text() + ":"
	s, err := Open(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// flush deletes all keys of a test.
func flush(t testing.TB, s *Store) {
	t.Helper()
	for _, key := range keysOf(t, s) {
		if err := s.client.Del(t.Context(), key).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// keysOf returns all keys of a test, of a cluster those of all masters.
func keysOf(t testing.TB, s *Store) []string {
	t.Helper()
	var all []string
	scan := func(ctx context.Context, c redis.Cmdable) error {
		keys := c.Scan(ctx, 0, s.options.Prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			if !strings.HasSuffix(keys.Val(), ":ping") {
				all = append(all, keys.Val())
			}
		}
		return keys.Err()
	}
	var err error
	if c, ok := s.client.(*redis.ClusterClient); ok {
		one := make(chan struct{}, 1)
		err = c.ForEachMaster(t.Context(), func(ctx context.Context, master *redis.Client) error {
			one <- struct{}{}
			defer func() { <-one }()
			return scan(ctx, master)
		})
	} else {
		err = scan(t.Context(), s.client)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
