package passhash

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// small is cheap enough for tests and still a whole argon2id.
func small() Params { return Params{Memory: 64, Time: 1, Threads: 1, Concurrency: 2} }

// Hashes of the reference implementation (P-H-C/phc-winner-argon2, test.c),
// version 0x13, password "password" unless given, salt "somesalt"; the last has
// the salt "diffsalt".
var references = []struct{ hash, password string }{
	{"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
	{"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
	{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
	{"$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg", "password"},
	{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94", "differentpassword"},
	{"$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw", "password"},
}

func TestReferenceVectors(t *testing.T) {
	h := New(Params{Memory: 65536, Time: 2, Threads: 1, Concurrency: 1})
	for _, v := range references {
		ok, _, err := h.Verify(t.Context(), v.hash, v.password)
		if err != nil || !ok {
			t.Errorf("Verify(%s) = %v, %v", v.hash, ok, err)
		}
	}
	if ok, _, err := h.Verify(t.Context(), references[0].hash, "Password"); ok || err != nil {
		t.Errorf("Verify of another password = %v, %v", ok, err)
	}
}

func TestHashThenVerify(t *testing.T) {
	h := New(small())
	for _, password := range []string{"Tongid-demo-2026", "密码密码密码", " ", strings.Repeat("a", MaxPassword)} {
		hash, err := h.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		again, err := h.Hash(t.Context(), password)
		if err != nil || hash == again {
			t.Errorf("two hashes of one password are equal: no salt (%v)", err)
		}
		ok, rehash, err := h.Verify(t.Context(), hash, password)
		if !ok || rehash || err != nil {
			t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
		}
		if ok, _, err := h.Verify(t.Context(), hash, password+"x"); ok || err != nil {
			t.Errorf("Verify of another password = %v, %v", ok, err)
		}
	}
}

func TestPasswordsAreComparedInNFC(t *testing.T) {
	h := New(small())
	hash, err := h.Hash(t.Context(), "caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, _ := h.Verify(t.Context(), hash, "cafe\u0301"); !ok {
		t.Error("the decomposed spelling of the same password was refused")
	}
	if ok, _, _ := h.Verify(t.Context(), hash, "ｃaf\u00e9"); ok {
		t.Error("a full-width letter passed for another one: NFKC was applied")
	}
}

func TestTooLong(t *testing.T) {
	h := New(small())
	long := strings.Repeat("a", MaxPassword+1)
	if _, err := h.Hash(t.Context(), long); !errors.Is(err, ErrTooLong) {
		t.Errorf("Hash = %v, want ErrTooLong", err)
	}
	// Cut off at the limit, the long one would be the password.
	hash, err := h.Hash(t.Context(), long[:MaxPassword])
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), hash, long); ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestNothingIsTheDummysPassword(t *testing.T) {
	h := New(small())
	for _, hash := range []string{"", h.Dummy()} {
		for _, password := range []string{"", "password", strings.Repeat("a", MaxPassword+1)} {
			if ok, rehash, err := h.Verify(t.Context(), hash, password); ok || rehash || err != nil {
				t.Errorf("Verify(%q, %.9q) = %v, %v, %v", hash, password, ok, rehash, err)
			}
		}
	}
	dummy, err := parse(h.Dummy())
	if err != nil {
		t.Fatal(err)
	}
	if !h.present(dummy) {
		t.Error("the dummy does not have the present parameters: its cost would tell it apart")
	}
}

func TestRehashWhenParametersChanged(t *testing.T) {
	old := New(small())
	hash, err := old.Hash(t.Context(), "password")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Params{
		{Memory: 128, Time: 1, Threads: 1}, {Memory: 64, Time: 2, Threads: 1}, {Memory: 64, Time: 1, Threads: 2},
	} {
		if ok, rehash, err := New(p).Verify(t.Context(), hash, "password"); !ok || !rehash || err != nil {
			t.Errorf("%+v: Verify = %v, %v, %v", p, ok, rehash, err)
		}
		if ok, rehash, _ := New(p).Verify(t.Context(), hash, "wrong"); ok || rehash {
			t.Errorf("%+v: a wrong password asks for a rehash", p)
		}
	}
}

func TestUnreadableHashIsAFault(t *testing.T) {
	const tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	h := New(small())
	for _, hash := range []string{
		"x", "$2a$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=256,t=2,p=1" + tail, "$argon2id$v=16$m=256,t=2,p=1" + tail,
		"$argon2id$v=19$m=4294967295,t=2,p=1" + tail, "$argon2id$v=19$m=256,t=99,p=1" + tail, "$argon2id$v=19$m=256,t=2,p=200" + tail,
		"$argon2id$v=19$m=0256,t=2,p=1" + tail, "$argon2id$v=19$m=256,t=0,p=1" + tail, "$argon2id$v=19$m=8,t=1,p=2" + tail,
		"$argon2id$v=19$t=2,m=256,p=1" + tail, "$argon2id$v=19$m=256,t=2,p=1" + tail + "=", "$argon2id$v=19$m=256,t=2,p=1$$",
		"$argon2id$v=19$m=256,t=2,p=1$c29t\nZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	} {
		_, _, err := h.Verify(t.Context(), hash, "password")
		if err == nil {
			t.Errorf("Verify(%q) is no fault", hash)
		} else if strings.Contains(err.Error(), "c29t") {
			t.Errorf("the fault names the hash: %v", err)
		}
	}
}

func TestWhoWaitsTooLongIsToldBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(small())
		if err := h.memory.Acquire(t.Context(), h.budget); err != nil {
			t.Fatal(err)
		}
		defer h.memory.Release(h.budget)
		start := time.Now()
		if _, _, err := h.Verify(t.Context(), "", "password"); !errors.Is(err, ErrBusy) {
			t.Errorf("Verify = %v, want ErrBusy", err)
		}
		if waited := time.Since(start); waited != maxWait {
			t.Errorf("waited %v, want %v", waited, maxWait)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Hash(ctx, "password"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrBusy) {
			t.Errorf("Hash = %v, want the caller's own end", err)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	const concurrency, callers = 3, 60
	var now, most atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		h := New(Params{Memory: 64, Time: 1, Threads: 1, Concurrency: concurrency})
		h.idKey = func(_, _ []byte, _, _ uint32, _ uint8, n uint32) []byte {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(50 * time.Millisecond) // in the bubble's time
			now.Add(-1)
			return make([]byte, n)
		}
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if _, _, err := h.Verify(t.Context(), "", "password"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if !h.memory.TryAcquire(h.budget) {
			t.Error("memory was not given back")
		}
	})
	if most.Load() != concurrency {
		t.Errorf("%d hashes at once, want %d", most.Load(), concurrency)
	}
}

// A hash that is dearer than the whole budget must not wait forever.
func TestDearHashTakesTheWholeBudget(t *testing.T) {
	h := New(Params{Memory: 64, Time: 1, Threads: 1, Concurrency: 1})
	if ok, _, err := h.Verify(t.Context(), references[0].hash, "password"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range references {
		f.Add(v.hash)
	}
	f.Add(New(small()).Dummy())
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := parse(s); err == nil && p.String() != s {
			t.Errorf("%q was read as %q", s, p)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	h := New(Default())
	for b.Loop() {
		if _, _, err := h.Verify(b.Context(), "", "Tongid-demo-2026"); err != nil {
			b.Fatal(err)
		}
	}
}
