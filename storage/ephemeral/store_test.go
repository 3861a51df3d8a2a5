package ephemeral

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tongid/tongid/storage/sqlite"
	"github.com/tongid/tongid/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFile(t *testing.T) {
	storagetest.Alive(t, func(t *testing.T, now func() time.Time) storagetest.AliveBackend {
		t.Helper()
		s, err := Open(t.Context(), filepath.Join(t.TempDir(), "ephemeral.db"), Options{Now: now, Timeout: time.Minute})
		return backend(t, s, err)
	})
}

func TestMemory(t *testing.T) {
	storagetest.Alive(t, func(t *testing.T, now func() time.Time) storagetest.AliveBackend {
		t.Helper()
		s, err := Open(t.Context(), sqlite.Memory, Options{Now: now, Timeout: time.Minute})
		return backend(t, s, err)
	})
}

func backend(t *testing.T, s *Store, err error) storagetest.AliveBackend {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return storagetest.AliveBackend{Store: s, Flush: func(t *testing.T) {
		t.Helper()
		for _, table := range []string{"code", "session", "interaction", "challenge"} {
			if _, err := s.db.Write.Exec(t.Context(), "DELETE FROM "+table); err != nil {
				t.Error(err)
			}
		}
	}}
}
