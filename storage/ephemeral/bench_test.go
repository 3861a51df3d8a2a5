package ephemeral

import (
	"path/filepath"
	"testing"

	"github.com/tongid/tongid/storage/storagetest"
)

func BenchmarkFile(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "ephemeral.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	storagetest.BenchmarkAlive(b, s)
}
