package redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/storagetest"
)

// recovery is how long a store may need to see that its server is back: the
// client library probes once a second.
const recovery = 5 * time.Second

func mustOpen(t *testing.T, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, Options{})
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

func TestNobodyThereIsUnavailable(t *testing.T) {
	t.Parallel()
	hanging := hangingListener(t)
	closed := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	for name, address := range map[string]string{
		"single, closed port":      "redis://" + closed,
		"single, never answers":    "redis://" + hanging,
		"single, unknown name":     "redis://redis.invalid:6379",
		"single, TLS never begins": "rediss://" + hanging,
		"cluster, closed port":     "redis+cluster://" + closed + "," + closed,
		"cluster, never answers":   "redis+cluster://" + hanging + "," + hanging + "," + hanging,
		"sentinel, closed port":    "redis+sentinel://" + closed + "/m",
		"sentinel, never answers":  "redis+sentinel://" + hanging + "," + hanging + "/m",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			s := mustOpen(t, address)
			if d := time.Since(start); d > time.Second {
				t.Errorf("opening took %s", d)
			}
			storagetest.Unavailable(t, s)
			start = time.Now()
			if err := s.Ping(t.Context()); !errors.Is(err, accounts.ErrUnavailable) {
				t.Errorf("ping: %v", err)
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("ping took %s", d)
			}
		})
	}
}

func TestMasterThatNoSentinelKnowsIsUnavailable(t *testing.T) {
	t.Parallel()
	master := startServer(t)
	watcher := startSentinel(t, master)
	// The client library says "redis: nil" within that error, which must not be
	// read as a key that is not there.
	storagetest.Unavailable(t, mustOpen(t, "redis+sentinel://"+watcher.address()+"/other"))
}

func TestStoppedServerIsUnavailableUntilItIsBack(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := mustOpen(t, server.url())
	storagetest.Available(t, s, recovery)
	code := &grant.Code{ID: uuid.New(), ExpiresAt: time.Now().Add(time.Minute)}
	if err := s.PutCode(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	server.stop(t)
	storagetest.Unavailable(t, s)
	server.start(t)
	storagetest.Available(t, s, recovery)
	// It kept nothing, as Redis may: the code is gone, not free to take.
	if _, err := s.TakeCode(t.Context(), code.ID); !errors.Is(err, accounts.ErrNotFound) {
		t.Errorf("take after a restart: %v", err)
	}
}

func TestHangingServerIsUnavailableUntilItGoesOn(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := mustOpen(t, server.url())
	storagetest.Available(t, s, recovery)
	server.signal(t, syscall.SIGSTOP)
	storagetest.Unavailable(t, s)
	server.signal(t, syscall.SIGCONT)
	storagetest.Available(t, s, recovery)
}

func TestRestartBetweenTwoCallsIsNotNoticed(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := mustOpen(t, server.url())
	for range 3 {
		code := &grant.Code{ID: uuid.New(), ExpiresAt: time.Now().Add(time.Minute)}
		if err := s.PutCode(t.Context(), code); err != nil {
			t.Error(err)
		}
		server.stop(t)
		server.start(t)
	}
}

func TestServerThatCannotWriteIsUnavailable(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, s *server){
		"a replica": func(t *testing.T, s *server) {
			t.Helper()
			s.do(t, "REPLICAOF", "127.0.0.1", freePort(t))
			s.do(t, "CONFIG", "SET", "replica-serve-stale-data", "no")
		},
		"full": func(t *testing.T, s *server) {
			t.Helper()
			s.do(t, "CONFIG", "SET", "maxmemory", "1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startServer(t)
			s := mustOpen(t, server.url())
			spoil(t, server)
			for range 2 {
				if err := s.Ping(t.Context()); !errors.Is(err, accounts.ErrUnavailable) {
					t.Errorf("ping: %v", err)
				}
				code := &grant.Code{ID: uuid.New(), ExpiresAt: time.Now().Add(time.Minute)}
				if err := s.PutCode(t.Context(), code); !errors.Is(err, accounts.ErrUnavailable) {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
}

func TestCallerWhoGivesUpIsNotAnOutage(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, "redis://"+hangingListener(t))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := s.TakeCode(ctx, uuid.New())
	if !errors.Is(err, context.Canceled) || errors.Is(err, accounts.ErrUnavailable) {
		t.Errorf("given up: %v", err)
	}
	// A caller whose time ran out was let down by the store.
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.TakeCode(ctx, uuid.New()); !errors.Is(err, accounts.ErrUnavailable) {
		t.Errorf("out of time: %v", err)
	}
}

func TestFailoverIsFollowed(t *testing.T) {
	t.Parallel()
	master := startServer(t)
	replica := startServer(t, "--replicaof", "127.0.0.1 "+fmt.Sprint(master.port))
	watcher := startSentinel(t, master)
	eventually(t, "the Sentinel knows the replica", func(context.Context) bool {
		return strings.Contains(watcher.do(t, "SENTINEL", "REPLICAS", "m"), fmt.Sprint(replica.port))
	})
	eventually(t, "the replica is in step", func(context.Context) bool {
		return strings.Contains(replica.do(t, "INFO", "replication"), "master_link_status:up")
	})
	// One Sentinel of the list never answers, as one in a cut-off room would.
	s := mustOpen(t, "redis+sentinel://"+hangingListener(t)+","+watcher.address()+"/m/0")
	storagetest.Available(t, s, recovery)
	master.stop(t)
	storagetest.Available(t, s, 15*time.Second)
	if role := replica.do(t, "ROLE"); !strings.Contains(role, "master") {
		t.Errorf("the replica's role is %s", role)
	}
}

func TestClusterWithoutOneMaster(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t)
	s := mustOpen(t, "redis+cluster://"+nodes[0].address()+","+nodes[1].address()+","+nodes[2].address())
	storagetest.Available(t, s, recovery)
	nodes[2].stop(t)
	for range 50 {
		start := time.Now()
		err := s.PutCode(t.Context(), &grant.Code{ID: uuid.New(), ExpiresAt: time.Now().Add(time.Minute)})
		if err != nil && !errors.Is(err, accounts.ErrUnavailable) {
			t.Errorf("put: %v", err)
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("put took %s", d)
		}
	}
	if err := s.Ping(t.Context()); !errors.Is(err, accounts.ErrUnavailable) {
		t.Errorf("ping: %v", err)
	}
	nodes[2].start(t)
	storagetest.Available(t, s, 15*time.Second)
}

func TestOpenRefusesWhatWillNotGetBetter(t *testing.T) {
	t.Parallel()
	plain, locked := startServer(t), startServer(t, "--requirepass", "correct")
	member, _, _ := strings.Cut(strings.TrimPrefix(os.Getenv(clusterVariable), "redis+cluster://"), ",")
	for name, address := range map[string]string{
		"no password":                        locked.url(),
		"wrong password":                     "redis://:wrong@" + locked.address(),
		"cluster that is none":               "redis+cluster://" + plain.address(),
		"single server that is in a cluster": "redis://" + member,
		"Sentinel that is none":              "redis+sentinel://" + plain.address() + "/m",
		"an address that is none":            "redis://h1,h2",
	} {
		s, err := Open(t.Context(), address, Options{Prefix: "test:" + uuid.NewString()})
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
			continue
		}
		t.Logf("%s: %v", name, err)
		if strings.Contains(err.Error(), "wrong@") {
			t.Errorf("%s: the error gives the password away: %v", name, err)
		}
	}
	storagetest.Available(t, mustOpen(t, "redis://:correct@"+locked.address()+"/3"), recovery)
	storagetest.Available(t, mustOpen(t, "redis://default:correct@"+locked.address()), recovery)
}
