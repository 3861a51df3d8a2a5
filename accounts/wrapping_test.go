package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/tongid/tongid/accounts/passhash"
)

const foreignText = "$sm3$s=$EDHWH5U0Ksdv4On9AGK4QRt0Dq5vSqIsj6eHDgInIsU" // of right

// hashShelf keeps foreign hashes as a store does.
type hashShelf struct {
	mu      sync.Mutex
	hashes  []ForeignHash // by id
	wrapped map[EnterpriseID]int
}

func newShelf(texts map[EnterpriseID]string) *hashShelf {
	s := &hashShelf{wrapped: map[EnterpriseID]int{}}
	for id, text := range texts {
		s.hashes = append(s.hashes, ForeignHash{ID: id, Text: text})
	}
	slices.SortFunc(s.hashes, func(a, b ForeignHash) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

func (s *hashShelf) CountForeignHashes(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.hashes)), nil
}

func (s *hashShelf) ForeignHashes(_ context.Context, after EnterpriseID, n int) ([]ForeignHash, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := slices.IndexFunc(s.hashes, func(h ForeignHash) bool { return h.ID > after })
	if from < 0 {
		return nil, nil
	}
	return slices.Clone(s.hashes[from:min(from+n, len(s.hashes))]), nil
}

func (s *hashShelf) SettleForeignHash(_ context.Context, id EnterpriseID, wrapped string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(wrapped, "$argon2id-wrapped$") {
		return fmt.Errorf("%s is not wrapped", wrapped)
	}
	s.hashes = slices.DeleteFunc(s.hashes, func(h ForeignHash) bool { return h.ID == id })
	s.wrapped[id]++
	return nil
}

func cheap() *passhash.Hasher {
	return passhash.New(passhash.Params{Memory: 8, Time: 1, Threads: 1, Concurrency: 4})
}

// Whatever ids there are and however many work, every hash is wrapped once, and
// those that no longer can be read stay and are counted.
func TestEveryHashIsWrappedOnce(t *testing.T) {
	hasher := cheap()
	rapid.Check(t, func(rt *rapid.T) {
		texts := map[EnterpriseID]string{}
		unusable := int64(0)
		for range rapid.IntRange(0, 200).Draw(rt, "hashes") {
			id := EnterpriseID(fmt.Sprintf("%016x-%d", rand.Uint64(), len(texts)))
			texts[id] = foreignText
			if rapid.IntRange(0, 9).Draw(rt, "unusable") == 0 {
				texts[id] = ""
				unusable++
			}
		}
		store := newShelf(texts)
		var done atomic.Int64
		w := HashWrapping{Store: store, Wrapper: hasher, Workers: rapid.IntRange(0, 4).Draw(rt, "workers"), Done: func() { done.Add(1) }}
		got, err := w.Run(t.Context())
		if err != nil || got != unusable || int64(len(store.hashes)) != unusable || done.Load() != int64(len(texts))-unusable {
			rt.Fatalf("%d unusable, %v, want %d; %d are left, %d were done", got, err, unusable, len(store.hashes), done.Load())
		}
		for id, n := range store.wrapped {
			if n != 1 {
				rt.Errorf("%s was wrapped %d times", id, n)
			}
		}
	})
}

// stubborn cannot wrap any more after a while.
type stubborn struct {
	*passhash.Hasher
	left atomic.Int64
	err  error
}

func (s *stubborn) Wrap(ctx context.Context, f passhash.Foreign) (string, error) {
	if s.left.Add(-1) < 0 {
		return "", s.err
	}
	return s.Hasher.Wrap(ctx, f)
}

func TestWrappingGoesOnWhereItStopped(t *testing.T) {
	texts := map[EnterpriseID]string{}
	for i := range 150 {
		texts[EnterpriseID(fmt.Sprintf("%016x", uint64(i)<<56))] = foreignText
	}
	store := newShelf(texts)
	for _, c := range []struct{ err, want error }{{passhash.ErrBusy, ErrBusy}, {context.Canceled, context.Canceled}} {
		wrapper := &stubborn{Hasher: cheap(), err: c.err}
		wrapper.left.Store(20)
		w := HashWrapping{Store: store, Wrapper: wrapper, Workers: 2, Done: func() {}}
		if _, err := w.Run(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("stopped: %v, want %v", err, c.want)
		}
	}
	if n := len(store.wrapped); n != 40 {
		t.Errorf("%d were wrapped before it stopped", n)
	}
	w := HashWrapping{Store: store, Wrapper: cheap(), Workers: 2, Done: func() {}}
	if _, err := w.Run(t.Context()); err != nil || len(store.wrapped) != 150 || len(store.hashes) != 0 {
		t.Errorf("%d were wrapped, %d are left, %v", len(store.wrapped), len(store.hashes), err)
	}
}

func TestWrappingRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newShelf(map[EnterpriseID]string{"a": foreignText, "b": foreignText, "c": foreignText})
		w := HashWrapping{Store: store, Wrapper: cheap(), Workers: 1, Rest: time.Second, Done: func() {}}
		start := time.Now()
		if _, err := w.Run(t.Context()); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("took %v, %v", time.Since(start), err)
		}
		store = newShelf(map[EnterpriseID]string{"a": foreignText, "b": foreignText})
		w.Store, w.Rest = store, time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || len(store.hashes) != 1 {
			t.Errorf("stopped while it rested: %v, %d are left", err, len(store.hashes))
		}
	})
}

// An imported account's right password is answered with its state, and from then
// on kept as any other; before it was wrapped there is no password at all.
func TestSignInWithAnImportedPassword(t *testing.T) {
	f, err := passhash.ParseForeign(foreignText)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, func(e *Enterprise) { e.Status, e.PasswordHash = StatusPendingActivation, "" })
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right}); code(t, err) != CodeCredentials {
		t.Errorf("not yet wrapped: %v", err)
	}
	if d.firm.PasswordHash, err = d.hasher.Wrap(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: "wrong"}); code(t, err) != CodeCredentials {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right}); code(t, err) != CodePendingActivation {
		t.Errorf("the right password: %v", err)
	}
	if !strings.HasPrefix(d.firm.PasswordHash, "$argon2id$") {
		t.Errorf("it is still kept as %s", d.firm.PasswordHash)
	}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right}); code(t, err) != CodePendingActivation {
		t.Errorf("the right password again: %v", err)
	}
}
