package storagetest

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// BenchmarkDurable measures the methods that requests wait for, from several
// goroutines as a server calls them.
func BenchmarkDurable(b *testing.B, s DurableStore) {
	b.Helper()
	r := durableRun{Store: s, clock: newAliveClock()}
	e := r.enterprise()
	if err := s.CreateEnterprise(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	g := r.grant(e)
	if err := s.Create(b.Context(), g); err != nil {
		b.Fatal(err)
	}
	b.Run("FindEnterprise", func(b *testing.B) {
		parallel(b, func() error {
			_, err := s.FindEnterprise(b.Context(), e.USCC)
			return err
		})
	})
	b.Run("Standing", func(b *testing.B) {
		parallel(b, func() error {
			_, err := s.Standing(b.Context(), g.Principal)
			return err
		})
	})
	b.Run("Check", func(b *testing.B) {
		parallel(b, func() error {
			_, _, err := s.Check(b.Context(), g.ID)
			return err
		})
	})
	b.Run("Create", func(b *testing.B) {
		parallel(b, func() error { return s.Create(b.Context(), r.grant(e)) })
	})
	b.Run("Rotate", func(b *testing.B) { benchmarkRotate(b, r, e) })
	b.Run("Rotate within grace", func(b *testing.B) { benchmarkGrace(b, r, e) })
	b.Run("EndSession", func(b *testing.B) {
		parallel(b, func() error { return s.EndSession(b.Context(), rand.Text(), r.in(0)) })
	})
	benchmarkSmall(b, r)
}

func benchmarkRotate(b *testing.B, r durableRun, e *accounts.Enterprise) {
	b.Helper()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		g := r.grant(e)
		if err := r.Store.Create(b.Context(), g); err != nil {
			b.Error(err)
			return
		}
		for n := int32(1); pb.Next(); n++ {
			if _, _, err := r.Store.Rotate(b.Context(), r.rotation(g, n)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchmarkGrace(b *testing.B, r durableRun, e *accounts.Enterprise) {
	b.Helper()
	g := r.grant(e)
	g.ID = grant.NewID(accounts.TypeEnterprise)
	if err := r.Store.Create(b.Context(), g); err != nil {
		b.Fatal(err)
	}
	rotation := r.rotation(g, 1)
	rotation.Grace = time.Minute
	parallel(b, func() error {
		_, _, err := r.Store.Rotate(b.Context(), rotation)
		return err
	})
}

func benchmarkSmall(b *testing.B, r durableRun) {
	b.Helper()
	limit := fivePerQuarter()
	b.Run("Try+Settle", func(b *testing.B) {
		parallel(b, func() error {
			tries := []accounts.Attempt{{Key: rand.Text(), Limit: limit}, {Key: rand.Text(), Limit: limit}, {Key: rand.Text(), Limit: limit}}
			if _, err := r.Store.Try(b.Context(), tries, r.in(0)); err != nil {
				return err
			}
			return r.Store.Settle(b.Context(), []string{tries[0].Key, tries[1].Key}, []string{tries[2].Key})
		})
	})
	b.Run("Spend", func(b *testing.B) {
		parallel(b, func() error { return r.Store.Spend(b.Context(), rand.Text(), r.in(time.Hour)) })
	})
	b.Run("Spent", func(b *testing.B) {
		parallel(b, func() error {
			_, err := r.Store.Spent(b.Context(), "never")
			return err
		})
	})
	if err := r.Store.Consent(b.Context(), "subject", "client", []string{"openid", "profile"}, r.in(0)); err != nil {
		b.Fatal(err)
	}
	b.Run("Consented", func(b *testing.B) {
		parallel(b, func() error {
			_, err := r.Store.Consented(b.Context(), "subject", "client")
			return err
		})
	})
	b.Run("ClientsRevision", func(b *testing.B) {
		parallel(b, func() error {
			_, err := r.Store.ClientsRevision(b.Context())
			return err
		})
	})
}
