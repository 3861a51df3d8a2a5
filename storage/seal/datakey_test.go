package seal_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/tongid/tongid/storage/seal"
)

func newDataKey(t *testing.T, box *seal.Box, version byte, now time.Time) seal.DataKey {
	t.Helper()
	k, err := box.NewDataKey(version, now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDataKeys(t *testing.T) {
	here, there, aad := newBox(t, 1), newBox(t, 1), []byte("place")
	first := here.Seal(aad, []byte("value"))
	ring := []seal.DataKey{{Version: 1, State: seal.Active}, newDataKey(t, here, 2, time.Now())}
	if err := here.Load(ring, 2); err != nil {
		t.Fatal(err)
	}
	second := here.Seal(aad, []byte("value"))
	if first[0] != 1 || second[0] != 2 || here.Current() != 2 {
		t.Errorf("sealed under %d and %d, current %d", first[0], second[0], here.Current())
	}
	if _, err := there.Open(aad, second); !errors.Is(err, seal.ErrUnknownKey) || !errors.Is(err, seal.ErrOpen) {
		t.Errorf("a key that was not taught: %v", err)
	}
	if err := there.Load(ring, 1); err != nil {
		t.Fatal(err)
	}
	for _, box := range []*seal.Box{here, there} {
		for _, sealed := range [][]byte{first, second} {
			if got, err := box.Open(aad, sealed); err != nil || string(got) != "value" {
				t.Errorf("version %d: %q, %v", sealed[0], got, err)
			}
		}
	}
	// The first byte is not to be exchanged for another key's.
	forged := bytes.Clone(second)
	forged[0] = 1
	if _, err := here.Open(aad, forged); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("under another version: %v", err)
	}

	ring[0].State = seal.Retired
	if err := here.Load(ring, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Open(aad, first); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("under a retired key: %v", err)
	}
	if !bytes.Equal(here.Index("phone", aad), there.Index("phone", aad)) || !bytes.Equal(here.Key("token", 32), newBox(t, 1).Key("token", 32)) {
		t.Error("index or derived keys went with the data keys")
	}
}

func TestDataKeysAreRandomAndWrapped(t *testing.T) {
	box := newBox(t, 1)
	a, b := newDataKey(t, box, 2, time.Now()), newDataKey(t, box, 2, time.Now())
	if bytes.Equal(a.Wrapped, b.Wrapped) || len(a.Wrapped) != 1+24+32+16 {
		t.Errorf("wrapped as %x and %x", a.Wrapped, b.Wrapped)
	}
	aad := []byte("place")
	if err := box.Load([]seal.DataKey{a}, 2); err != nil {
		t.Fatal(err)
	}
	sealed := box.Seal(aad, nil)
	if err := box.Load([]seal.DataKey{b}, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Open(aad, sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("one key opens what another sealed: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	box := newBox(t, 1)
	k := newDataKey(t, box, 2, time.Now())
	moved, cut := k, k
	moved.Version, cut.Wrapped = 3, k.Wrapped[:20]
	for name, load := range map[string]func() error{
		"another master key":     func() error { return newBox(t, 2).Load([]seal.DataKey{k}, 2) },
		"another version":        func() error { return box.Load([]seal.DataKey{moved}, 3) },
		"half of it":             func() error { return box.Load([]seal.DataKey{cut}, 2) },
		"nothing":                func() error { return box.Load(nil, 0) },
		"a current that is none": func() error { return box.Load([]seal.DataKey{k}, 1) },
		"a retired current":      func() error { return box.Load([]seal.DataKey{{Version: 1, State: seal.Retired}}, 1) },
	} {
		if load() == nil {
			t.Errorf("%s was loaded", name)
		}
	}
	if box.Current() != 1 {
		t.Errorf("a refused load changed the current key to %d", box.Current())
	}
}

func TestCurrentOf(t *testing.T) {
	now := time.Now()
	key := func(version byte, age time.Duration) seal.DataKey {
		return seal.DataKey{Version: version, State: seal.Active, CreatedAt: now.Add(-age)}
	}
	retired := key(1, time.Hour)
	retired.State = seal.Retired
	for name, c := range map[string]struct {
		keys []seal.DataKey
		want byte
	}{
		"none":                           {nil, 0},
		"the first alone":                {[]seal.DataKey{{Version: 1, State: seal.Active}}, 1},
		"a new one, not yet settled":     {[]seal.DataKey{key(1, time.Hour), key(2, time.Second)}, 1},
		"a new one that has settled":     {[]seal.DataKey{key(1, time.Hour), key(2, seal.SettleTime)}, 2},
		"in any order":                   {[]seal.DataKey{key(3, time.Minute), key(1, time.Hour), key(2, time.Hour)}, 3},
		"made by a clock that runs fast": {[]seal.DataKey{key(1, time.Hour), key(2, -time.Minute)}, 1},
		"none has settled":               {[]seal.DataKey{retired, key(2, 0), key(3, 0)}, 2},
		"all retired":                    {[]seal.DataKey{retired}, 0},
	} {
		if got := seal.CurrentOf(c.keys, now); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
