package storagetest

import (
	"context"
	"sync"
	"testing"

	"github.com/tongid/tongid/provider/keys"
)

// Keyring makes rings of signing keys for tests. The first ring makes its keys;
// the others are given the same, since RSA keys take their time.
type Keyring struct {
	mu   sync.Mutex
	made []keys.Record
}

// Ring returns a ring on a store that has no keys yet.
func (k *Keyring) Ring(t testing.TB, store keys.Store, o keys.Options) *keys.Ring {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made != nil {
		_, revision, err := store.Keys(t.Context())
		if err == nil {
			err = store.ChangeKeys(t.Context(), revision, k.made)
		}
		if err != nil {
			t.Fatalf("seed keys: %v", err)
		}
	}
	ring, err := keys.NewRing(context.WithoutCancel(t.Context()), store, o)
	if err != nil {
		t.Fatalf("make keys: %v", err)
	}
	if k.made == nil {
		k.made = ring.Records()
	}
	return ring
}
