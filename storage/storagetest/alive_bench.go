package storagetest

import (
	"crypto/rand"
	"syscall"
	"testing"
	"time"
)

// BenchmarkAlive measures every method of a store of what is alive, from
// several goroutines as a server calls it.
func BenchmarkAlive(b *testing.B, s AliveStore) {
	b.Helper()
	clock := newAliveClock()
	r := aliveRun{AliveBackend: AliveBackend{Store: s}, clock: clock}
	b.Run("PutCode+TakeCode", func(b *testing.B) {
		parallel(b, func() error {
			code := r.code()
			if err := s.PutCode(b.Context(), code); err != nil {
				return err
			}
			_, err := s.TakeCode(b.Context(), code.ID)
			return err
		})
	})
	b.Run("PutInteraction", func(b *testing.B) {
		parallel(b, func() error { return s.PutInteraction(b.Context(), r.interaction()) })
	})
	b.Run("Interaction+MoveInteraction", func(b *testing.B) { benchmarkMove(b, r) })
	b.Run("PutChallenge+Challenge+TakeChallenge", func(b *testing.B) {
		parallel(b, func() error {
			c := r.challenge("captcha")
			if err := s.PutChallenge(b.Context(), c); err != nil {
				return err
			}
			if _, err := s.Challenge(b.Context(), "captcha", c.ID); err != nil {
				return err
			}
			_, err := s.TakeChallenge(b.Context(), "captcha", c.ID)
			return err
		})
	})
	benchmarkSessions(b, r)
}

func benchmarkMove(b *testing.B, r aliveRun) {
	b.Helper()
	defer measureCPU(b)()
	b.RunParallel(func(pb *testing.PB) {
		i := r.interaction()
		if err := r.Store.PutInteraction(b.Context(), i); err != nil {
			b.Error(err)
			return
		}
		for pb.Next() {
			got, err := r.Store.Interaction(b.Context(), i.ID)
			if err == nil {
				err = r.Store.MoveInteraction(b.Context(), got)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchmarkSessions(b *testing.B, r aliveRun) {
	b.Helper()
	key, in := r.session("benchmark")
	until := r.in(time.Hour)
	if err := r.Store.PutSession(b.Context(), key, in, until); err != nil {
		b.Fatal(err)
	}
	b.Run("Session", func(b *testing.B) {
		parallel(b, func() error {
			_, err := r.Store.Session(b.Context(), key)
			return err
		})
	})
	b.Run("TouchSession", func(b *testing.B) {
		parallel(b, func() error { return r.Store.TouchSession(b.Context(), key, in.SeenAt, until) })
	})
	b.Run("Sessions", func(b *testing.B) {
		parallel(b, func() error {
			_, err := r.Store.Sessions(b.Context(), "benchmark")
			return err
		})
	})
	b.Run("PutSession+DeleteSession", func(b *testing.B) {
		parallel(b, func() error {
			key, in := r.session(rand.Text())
			if err := r.Store.PutSession(b.Context(), key, in, until); err != nil {
				return err
			}
			return r.Store.DeleteSession(b.Context(), key)
		})
	})
	b.Run("PutSession+EndSession", func(b *testing.B) {
		parallel(b, func() error {
			key, in := r.session(rand.Text())
			if err := r.Store.PutSession(b.Context(), key, in, until); err != nil {
				return err
			}
			return r.Store.EndSession(b.Context(), in.Principal.Subject, in.ID)
		})
	})
}

func parallel(b *testing.B, f func() error) {
	b.Helper()
	defer measureCPU(b)()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// measureCPU reports the processor time of this process per operation, which
// other load on the machine does not change much; a server's own is not in it.
func measureCPU(b *testing.B) (report func()) {
	b.Helper()
	b.ReportAllocs()
	begin := cpuTime(b)
	return func() {
		b.ReportMetric(float64((cpuTime(b)-begin).Microseconds())/float64(b.N), "cpu-µs/op")
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
