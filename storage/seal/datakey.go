package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrUnknownKey says that a value is sealed under a data key that the box was
// not taught: one that another process made since, or one that was retired.
var ErrUnknownKey = errors.New("no data key")

// derivedVersion is the first data key. It is derived from the master key, and
// so needs no record to open what is sealed under it; every later one is random
// and kept wrapped.
const derivedVersion = 1

// MaxVersion is the last version that the first byte of a sealed value can name.
const MaxVersion = 255

// SettleTime is how long a new data key only opens before it also seals. Every
// process reads the keys twice a second, so by then all know it. One that does
// not, because it was away, reads them when it meets the first value under it.
const SettleTime = 5 * time.Second

// State says what a data key is good for.
type State string

// States of a data key.
const (
	Active  State = "active"  // opens, and the newest one seals
	Retired State = "retired" // nothing is sealed under it any more; its bytes are gone
)

// DataKey is a data key as it is kept.
type DataKey struct {
	Version   byte
	Wrapped   []byte // sealed under a key derived from the master key; empty for the first and for retired ones
	State     State
	CreatedAt time.Time
}

// keyset is what a box knows at one instant.
type keyset struct {
	aeads   map[byte]cipher.AEAD
	current byte
}

// NewDataKey makes a random data key.
func (b *Box) NewDataKey(version byte, now time.Time) (DataKey, error) {
	wrap, err := b.wrapper()
	if err != nil {
		return DataKey{}, err
	}
	key := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(key) // never fails, by its contract
	return DataKey{Version: version, Wrapped: sealUnder(wrap, 0, wrapPlace(version), key), State: Active, CreatedAt: now}, nil
}

// Load replaces the data keys that the box knows, and says which one seals.
func (b *Box) Load(keys []DataKey, current byte) error {
	next := &keyset{aeads: map[byte]cipher.AEAD{}, current: current}
	for _, k := range keys {
		if k.State == Retired {
			continue
		}
		aead, err := b.unwrap(k)
		if err != nil {
			return err
		}
		next.aeads[k.Version] = aead
	}
	if next.aeads[current] == nil {
		return fmt.Errorf("seal: data key %d cannot seal: it is not there or retired", current)
	}
	b.keys.Store(next)
	return nil
}

// Current returns the version of the data key that seals.
func (b *Box) Current() byte { return b.keys.Load().current }

// CurrentOf returns the version of the key that seals at now: the newest that
// has settled; while none has, the oldest.
func CurrentOf(keys []DataKey, now time.Time) byte {
	var current byte
	for _, k := range slices.SortedFunc(slices.Values(keys), func(a, b DataKey) int { return int(a.Version) - int(b.Version) }) {
		if k.State == Active && (current == 0 || !now.Before(k.CreatedAt.Add(SettleTime))) {
			current = k.Version
		}
	}
	return current
}

func (b *Box) unwrap(k DataKey) (cipher.AEAD, error) {
	key := b.derive("data", strconv.Itoa(derivedVersion), chacha20poly1305.KeySize)
	if k.Version != derivedVersion {
		wrap, err := b.wrapper()
		if err != nil {
			return nil, err
		}
		if key, err = openUnder(wrap, wrapPlace(k.Version), k.Wrapped); err != nil {
			return nil, fmt.Errorf("data key %d, by this master key: %w", k.Version, err)
		}
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("seal: data key %d: %w", k.Version, err)
	}
	return aead, nil
}

// wrapper seals data keys.
func (b *Box) wrapper() (cipher.AEAD, error) {
	aead, err := chacha20poly1305.NewX(b.derive("wrap", "data keys", chacha20poly1305.KeySize))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead, nil
}

func wrapPlace(version byte) []byte {
	return []byte("data_keys.wrapped\x00" + strconv.Itoa(int(version)))
}
