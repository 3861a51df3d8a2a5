// Package passhash hashes people's passwords with argon2id (RFC 9106) and keeps
// them as PHC strings. However many sign in at once, the memory that hashing
// takes stays bounded; who cannot be served within seconds is told to come back.
//
// A password is brought to Unicode NFC first, so that the same characters typed
// on another system (decomposed there) are the same password. NFKC would be
// wrong: it makes different characters equal and so passwords weaker.
//
// x/crypto allocates the whole memory of a hash anew each time, so the heap grows
// to two or three times Concurrency × Memory under load, and by itself the
// runtime takes two idle collections, four minutes, to give it back. See Hasher.rest.
package passhash

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"
)

const (
	saltLength = 16 // bytes, RFC 9106 §3.1
	tagLength  = 32

	// MaxPassword is the longest password in bytes, after normalisation.
	MaxPassword = 1024
	// maxWait is how long one hash waits for its turn.
	maxWait = 5 * time.Second
	// restAfter is how long nothing must be hashed before memory is given back.
	restAfter = 5 * time.Second
)

var (
	// ErrBusy says that too many hashes are waiting already.
	ErrBusy = errors.New("passhash: busy")
	// ErrTooLong says that a password is longer than MaxPassword.
	ErrTooLong = errors.New("passhash: password too long")
)

// Params are the cost of one hash and how many may be made at once.
type Params struct {
	Memory      uint32 // KiB
	Time        uint32 // passes
	Threads     uint8  // lanes
	Concurrency int    // hashes at once; the memory of so many is never exceeded
}

// Default returns what production uses: 19 MiB, two passes, one lane (the second
// choice of the OWASP password storage sheet, about 25 ms), one hash per core.
func Default() Params {
	return Params{Memory: 19 * 1024, Time: 2, Threads: 1, Concurrency: max(2, runtime.GOMAXPROCS(0))}
}

// Hasher hashes and verifies. It is safe for concurrent use.
type Hasher struct {
	params Params
	budget int64 // KiB
	memory *semaphore.Weighted
	dummy  phc
	rest   *time.Timer
	idKey  func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte // argon2.IDKey
}

// New returns a hasher; params that are zero are those of Default.
func New(p Params) *Hasher {
	d := Default()
	if p.Memory == 0 {
		p.Memory = d.Memory
	}
	if p.Time == 0 {
		p.Time = d.Time
	}
	if p.Threads == 0 {
		p.Threads = d.Threads
	}
	if p.Concurrency <= 0 {
		p.Concurrency = d.Concurrency
	}
	h := &Hasher{params: p, budget: int64(p.Memory) * int64(p.Concurrency), idKey: argon2.IDKey}
	h.memory = semaphore.NewWeighted(h.budget)
	// The first collection frees the memory of the last hashes, the second lets
	// the runtime see that the heap is small and return the rest to the system.
	h.rest = time.AfterFunc(restAfter, func() { runtime.GC(); runtime.GC() })
	h.rest.Stop() // until there was work
	h.dummy = h.fresh()
	h.dummy.tag = make([]byte, tagLength)
	rand.Read(h.dummy.tag) // never fails, crypto/rand
	return h
}

// fresh returns the present parameters with a new salt and no tag.
func (h *Hasher) fresh() phc {
	salt := make([]byte, saltLength)
	rand.Read(salt) // never fails, crypto/rand
	return phc{memory: h.params.Memory, time: h.params.Time, threads: h.params.Threads, salt: salt}
}

// Dummy returns a hash that no password has. Verify answers false to it, at the
// cost of a hash of the present parameters.
func (h *Hasher) Dummy() string { return h.dummy.String() }

// Hash returns the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	normal := norm.NFC.String(password)
	if len(normal) > MaxPassword {
		return "", ErrTooLong
	}
	made := h.fresh()
	tag, err := h.derive(ctx, made, plain(normal))
	if err != nil {
		return "", err
	}
	made.tag = tag
	return made.String(), nil
}

// Verify reports whether hash is of password, and if so whether it should be
// made anew, because the parameters have changed since or it wraps a foreign one.
// Without a hash (empty), and for a password longer than any can be, it makes one
// hash all the same: whoever asks cannot tell by the time (but see Foreign). An unreadable hash is a fault.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error) {
	normal := norm.NFC.String(password)
	stored, never := h.dummy, true
	if hash != "" && len(normal) <= MaxPassword {
		if stored, err = parse(hash); err != nil {
			return false, false, err
		}
		never = false
	}
	if len(normal) > MaxPassword {
		normal = ""
	}
	secret := plain(normal)
	if stored.foreign != nil {
		secret = func() ([]byte, error) { return stored.foreign.digest(normal) }
	}
	tag, err := h.derive(ctx, stored, secret)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare(tag, stored.tag) == 1
	if !same || never {
		return false, false, nil
	}
	return true, !h.present(stored), nil
}

func (h *Hasher) present(p phc) bool {
	return p.foreign == nil && p.memory == h.params.Memory && p.time == h.params.Time && p.threads == h.params.Threads &&
		len(p.salt) == saltLength
}

// plain is a password that is hashed itself.
func plain(password string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(password), nil }
}

// derive makes one hash of the secret when there is memory for it. Making the
// secret is work too, and waits for its turn.
func (h *Hasher) derive(ctx context.Context, p phc, secret func() ([]byte, error)) ([]byte, error) {
	weight := min(int64(p.memory), h.budget)
	waiting, cancel := context.WithTimeoutCause(ctx, maxWait, ErrBusy)
	defer cancel()
	if err := h.memory.Acquire(waiting, weight); err != nil {
		return nil, fmt.Errorf("passhash: wait for memory: %w", context.Cause(waiting))
	}
	defer h.memory.Release(weight)
	defer h.rest.Reset(restAfter)
	made, err := secret()
	if err != nil {
		return nil, err
	}
	return h.idKey(made, p.salt, p.time, p.memory, p.threads, tagLength), nil
}
