package keys_test

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
)

// shelf is a store of keys with a clock of its own.
type shelf struct {
	t   *testing.T
	db  *database.DB
	now time.Time
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s.db, err = database.Open(t.Context(), database.Config{
		Path: sqlite.Memory, Box: box, Now: func() time.Time { return s.now }, Timeout: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	if _, err := s.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shelf) ring() *keys.Ring {
	s.t.Helper()
	r, err := keys.NewRing(s.t.Context(), s.db, keys.Options{
		Now: func() time.Time { return s.now }, RotateEvery: 90 * 24 * time.Hour, KeepRetired: 12 * time.Hour,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// count counts the keys of an algorithm in a state.
func count(r *keys.Ring, alg string, state keys.State) int {
	n := 0
	for _, rec := range r.Records() {
		if rec.Algorithm == alg && rec.State == state {
			n++
		}
	}
	return n
}

func published(t *testing.T, r *keys.Ring) []string {
	t.Helper()
	body, _ := r.JWKS()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 0, len(set.Keys))
	for _, k := range set.Keys {
		if !k.IsPublic() || k.Use != "sig" || k.Algorithm == "" {
			t.Errorf("published key %s: public %v, use %q, alg %q", k.KeyID, k.IsPublic(), k.Use, k.Algorithm)
		}
		ids = append(ids, k.KeyID)
	}
	return ids
}

func sign(t *testing.T, r *keys.Ring, alg string) string {
	t.Helper()
	token, err := r.Sign(alg, keys.TypeIDToken, []byte(`{"sub":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestReplicasThatStartAtOnceAgreeOnTheKeys(t *testing.T) {
	s := newShelf(t)
	rings := make([]*keys.Ring, 4)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() { rings[i] = s.ring() })
	}
	wg.Wait()
	for _, r := range rings {
		if err := r.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, alg := range keys.Algorithms() {
			if count(r, alg, keys.Current) != 1 {
				t.Errorf("%s has %d current keys", alg, count(r, alg, keys.Current))
			}
			if _, err := rings[0].Verify(sign(t, r, alg), keys.TypeIDToken); err != nil {
				t.Errorf("a replica's %s token does not verify at another", alg)
			}
		}
	}
}

// A key is published before it signs, and as long as what it signed may be used.
func TestLifeOfAKey(t *testing.T) {
	s := newShelf(t)
	r := s.ring()
	step := func(ahead time.Duration) {
		t.Helper()
		s.now = s.now.Add(ahead)
		if err := r.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	step(0)
	first := sign(t, r, "ES256")
	ahead := published(t, r)
	if len(ahead) != 2*len(keys.Algorithms()) {
		t.Fatalf("published %d keys, want current and next of each algorithm", len(ahead))
	}
	step(91 * 24 * time.Hour) // of age: rotates
	second := sign(t, r, "ES256")
	if second[:40] == first[:40] {
		t.Error("the key did not change with age")
	}
	if !slices.Contains(ahead, header(t, second).KeyID) {
		t.Error("the new key had not been published ahead")
	}
	if _, err := r.Verify(first, keys.TypeIDToken); err != nil {
		t.Error("a retired key does not verify")
	}
	step(11 * time.Hour)
	if !slices.Contains(published(t, r), header(t, first).KeyID) {
		t.Error("the retired key is not published any more")
	}
	step(2 * time.Hour)
	if slices.Contains(published(t, r), header(t, first).KeyID) {
		t.Error("the retired key is published for ever")
	}
	if _, err := r.Verify(first, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
		t.Errorf("a key that is gone verifies: %v", err)
	}
}

func header(t *testing.T, token string) jose.Header {
	t.Helper()
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	return signed.Signatures[0].Header
}

func TestRevokedKeyVerifiesNothing(t *testing.T) {
	s := newShelf(t)
	r, other := s.ring(), s.ring()
	if err := r.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := sign(t, r, "EdDSA")
	id := header(t, token).KeyID
	if err := r.Revoke(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, ring := range []*keys.Ring{r, other} {
		if _, err := ring.Verify(token, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
			t.Errorf("revoked key verifies: %v", err)
		}
		if slices.Contains(published(t, ring), id) {
			t.Error("revoked key is published")
		}
		if next := sign(t, ring, "EdDSA"); header(t, next).KeyID == id {
			t.Error("revoked key signs")
		}
	}
	if err := r.Revoke(t.Context(), "unknown"); !errors.Is(err, accounts.ErrNotFound) {
		t.Errorf("unknown key: %v", err)
	}
}

// A token is what its typ says and nothing else (RFC 8725 §3.11).
func TestVerifyMindsTheType(t *testing.T) {
	r := newShelf(t).ring()
	id := sign(t, r, "ES256")
	if _, err := r.Verify(id, keys.TypeAccessToken); !errors.Is(err, keys.ErrToken) {
		t.Error("an ID token passed as an access token")
	}
	stranger := newShelf(t).ring()
	for _, token := range []string{sign(t, stranger, "ES256"), id[:len(id)-4] + "AAAA", "", "a.b.c", "eyJhbGciOiJub25lIn0.e30."} {
		if _, err := r.Verify(token, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
			t.Errorf("%.30q verifies: %v", token, err)
		}
	}
}
