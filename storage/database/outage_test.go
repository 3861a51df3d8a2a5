package database_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/storagetest"
)

// wire stands between a client and a Postgres server, and can be cut.
type wire struct {
	target, address string

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	frozen   bool // bytes are taken and go nowhere
	wg       sync.WaitGroup
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	w := &wire{target: target, address: "127.0.0.1:0"}
	w.connect(t)
	t.Cleanup(w.cut)
	return w
}

func (w *wire) connect(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	w.listener, w.address, w.frozen = listener, listener.Addr().String(), false
	w.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.wg.Go(func() { w.carry(conn) })
		}
	})
}

func (w *wire) carry(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.target)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.conns = append(w.conns, client, server)
	w.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_, _ = io.Copy(heldBack{way[0], w}, way[1])
			_, _ = client.Close(), server.Close()
		})
	}
	both.Wait()
}

type heldBack struct {
	net.Conn
	w *wire
}

func (h heldBack) Write(p []byte) (int, error) {
	h.w.mu.Lock()
	frozen := h.w.frozen
	h.w.mu.Unlock()
	if frozen {
		return len(p), nil
	}
	return h.Conn.Write(p)
}

// cut ends all connections and refuses new ones.
func (w *wire) cut() {
	w.mu.Lock()
	_ = w.listener.Close()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
	w.mu.Unlock()
	w.wg.Wait()
}

// freeze keeps all connections, and no byte passes.
func (w *wire) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frozen = true
}

// snap ends the connections there are; new ones are made.
func (w *wire) snap() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

// wired opens a database through a wire. timeout is that of a call; zero: the usual one.
func wired(t *testing.T, timeout time.Duration) (*database.DB, *wire) {
	t.Helper()
	u, err := url.Parse(storagetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.address
	return open(t, database.Config{PostgresURL: u.String(), Timeout: timeout}), w
}

// calls are one call of every kind.
func calls(ctx context.Context, db *database.DB) map[string]func() error {
	now := time.Now()
	g := &grant.Grant{ID: grant.NewID(accounts.TypeEnterprise), Principal: accounts.Principal{Type: accounts.TypeEnterprise, Enterprise: "e"}, ExpiresAt: now}
	return map[string]func() error{
		"ping":     func() error { return db.Ping(ctx) },
		"check":    func() error { return second2(db.Check(ctx, grant.NewID(accounts.TypeEnterprise))) },
		"standing": func() error { return second(db.Standing(ctx, g.Principal)) },
		"create":   func() error { return db.Create(ctx, g) },
		"rotate":   func() error { return second2(db.Rotate(ctx, grant.Rotation{Presented: 1})) },
		"revoke":   func() error { return db.Revoke(ctx, g.ID, "client", now) },
		"end":      func() error { return db.EndSession(ctx, "session", now) },
		"spend":    func() error { return db.Spend(ctx, rand.Text(), now.Add(time.Hour)) },
		"spent":    func() error { return second(db.Spent(ctx, "id")) },
		"try": func() error {
			return second(db.Try(ctx, []accounts.Attempt{{Key: rand.Text()}}, now))
		},
		"clients": func() error { return second2(db.Clients(ctx)) },
		"keys":    func() error { return db.ChangeKeys(ctx, 0, nil) },
		"schema":  func() error { return db.CheckSchema(ctx) },
		"in tx": func() error {
			return db.InTx(ctx, func(tx *database.DB) error { return tx.Ping(ctx) })
		},
	}
}

func second2[T, U any](_ T, _ U, err error) error { return err }

// wantUnavailable makes every call at once, as a server does, and fails the
// test unless all say in time that the store is away.
func wantUnavailable(t *testing.T, db *database.DB) {
	t.Helper()
	var wg sync.WaitGroup
	for op, call := range calls(t.Context(), db) {
		for range 4 {
			wg.Go(func() {
				took, err := storagetest.Quickest(call)
				if took > time.Second {
					t.Errorf("%s took %v", op, took)
				}
				if !errors.Is(err, accounts.ErrUnavailable) {
					t.Errorf("%s: %v, want unavailable", op, err)
				}
			})
		}
	}
	wg.Wait()
}

func wantAvailable(t *testing.T, db *database.DB) {
	t.Helper()
	for op, call := range calls(t.Context(), db) {
		if err := call(); errors.Is(err, accounts.ErrUnavailable) {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestPostgresAway(t *testing.T) {
	db, w := wired(t, 0)
	wantAvailable(t, db)
	for range 2 {
		w.cut()
		wantUnavailable(t, db)
		w.connect(t)
		wantAvailable(t, db)
	}
}

func TestPostgresSilent(t *testing.T) {
	db, w := wired(t, 0)
	wantAvailable(t, db)
	w.freeze()
	wantUnavailable(t, db)
	w.cut()
	w.connect(t)
	wantAvailable(t, db)
}

func TestPostgresNotThereAtStart(t *testing.T) {
	db, w := wired(t, 0)
	w.cut()
	wantUnavailable(t, db)
	w.connect(t)
	wantAvailable(t, db)
}

// A server that restarts breaks every connection in the pool; who reads does
// not notice.
func TestReadsSurviveBrokenConnections(t *testing.T) {
	db, w := wired(t, 10*time.Second) // twenty connections at once, on a busy machine
	for range 5 {
		var wg sync.WaitGroup
		for range 20 { // fill the pool
			wg.Go(func() {
				if err := db.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.snap()
		for range 5 {
			if _, err := db.Spent(t.Context(), "id"); err != nil {
				t.Errorf("after the connections broke: %v", err)
			}
		}
	}
}

func TestATransactionThatLosesItsConnectionIsUnavailable(t *testing.T) {
	db, w := wired(t, 0)
	id := rand.Text()
	err := db.InTx(t.Context(), func(tx *database.DB) error {
		if err := tx.Spend(t.Context(), id, time.Now().Add(time.Hour)); err != nil {
			return err
		}
		w.cut()
		return nil
	})
	if !errors.Is(err, accounts.ErrUnavailable) {
		t.Errorf("commit: %v", err)
	}
	w.connect(t)
	if spent, err := db.Spent(t.Context(), id); err != nil || spent {
		t.Errorf("afterwards: spent %v, %v", spent, err)
	}
}
