package ephemeral

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/sqlite"
)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open1(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARestartSignsNobodyOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ephemeral.db")
	before := open1(t, path, Options{Now: at(noon)})
	key := session.Key{1}
	in := &session.Session{ID: "sid", SeenAt: noon, ExpiresAt: noon.Add(time.Hour)}
	if err := before.PutSession(t.Context(), key, in, in.ExpiresAt); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	after := open1(t, path, Options{Now: at(noon)})
	defer after.Close()
	got, err := after.Session(t.Context(), key)
	if err != nil || got.ID != "sid" {
		t.Errorf("after a restart: %+v, %v", got, err)
	}
}

func TestAFileOfNoUseIsMadeAnew(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"not a database": func(t *testing.T, path string) {
			t.Helper()
			write(t, path, []byte("this has never been a database, and is longer than a header of one would be, which is 100 bytes"))
		},
		"damaged in the middle": func(t *testing.T, path string) {
			t.Helper()
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 4096; i < len(b); i++ {
				b[i] = 0x5a
			}
			write(t, path, b)
		},
		"cut off": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
		},
		"of a version to come": func(t *testing.T, path string) {
			t.Helper()
			db, err := sqlite.Open(path, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Write.Exec(t.Context(), "PRAGMA user_version = 4711"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"of somebody else": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			db, err := sqlite.Open(path, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Write.Exec(t.Context(), "CREATE TABLE other (n INTEGER)"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ephemeral.db")
			s := open1(t, path, Options{Now: at(noon)})
			code := &grant.Code{ID: uuid.New(), ExpiresAt: noon.Add(time.Minute)}
			if err := errors.Join(s.PutCode(t.Context(), code), s.Close()); err != nil {
				t.Fatal(err)
			}
			spoil(t, path)
			s = open1(t, path, Options{Now: at(noon)})
			defer s.Close()
			if _, err := s.TakeCode(t.Context(), code.ID); !errors.Is(err, accounts.ErrNotFound) {
				t.Errorf("take from a file made anew: %v", err)
			}
			if err := s.PutCode(t.Context(), code); err != nil {
				t.Error(err)
			}
			if _, err := s.TakeCode(t.Context(), code.ID); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAPlaceThatCannotBeWrittenIsAFault(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{
		"no such directory": filepath.Join(dir, "none", "ephemeral.db"),
		"a directory":       dir,
	} {
		if s, err := Open(t.Context(), path, Options{}); err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
		}
	}
}

func TestSweepTakesWhatIsPastItsEnd(t *testing.T) {
	now := noon
	s := open1(t, sqlite.Memory, Options{Now: func() time.Time { return now }})
	defer s.Close()
	const each = batch + 7
	for i := range each {
		end := noon.Add(time.Minute)
		id := uuid.New()
		err := errors.Join(
			s.PutCode(t.Context(), &grant.Code{ID: id, ExpiresAt: end}),
			s.PutSession(t.Context(), session.Key(append(id[:], id[:]...)), &session.Session{ID: id.String(), ExpiresAt: end}, end),
			s.PutInteraction(t.Context(), &interaction.Interaction{ID: id.String(), ExpiresAt: end}),
			s.PutChallenge(t.Context(), &interaction.Challenge{ID: id.String(), ExpiresAt: end}),
		)
		if err != nil {
			t.Fatalf("put %d: %v", i, err)
		}
	}
	kept := &grant.Code{ID: uuid.New(), ExpiresAt: noon.Add(time.Hour)}
	if err := s.PutCode(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		at   time.Time
		want int
	}{{noon, 0}, {noon.Add(time.Minute), 4 * each}, {noon.Add(time.Minute), 0}} {
		now = step.at
		if n, err := s.Sweep(t.Context()); err != nil || n != step.want {
			t.Errorf("swept %d, %v at %s, want %d", n, err, step.at.Format(time.TimeOnly), step.want)
		}
	}
	if _, err := s.TakeCode(t.Context(), kept.ID); err != nil {
		t.Errorf("take what lives on: %v", err)
	}
}

func TestDamagedValueIsAFault(t *testing.T) {
	s := open1(t, sqlite.Memory, Options{Now: at(noon)})
	defer s.Close()
	id := uuid.New()
	if err := s.PutCode(t.Context(), &grant.Code{ID: id, ExpiresAt: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Write.Exec(t.Context(), "UPDATE code SET data = x'7b'"); err != nil {
		t.Fatal(err)
	}
	c, err := s.TakeCode(t.Context(), id)
	for _, answer := range []error{nil, accounts.ErrNotFound, accounts.ErrConflict, accounts.ErrUnavailable} {
		if errors.Is(err, answer) {
			t.Errorf("a damaged value gave %+v, %v", c, err)
		}
	}
}

func TestCallsAreObserved(t *testing.T) {
	type call struct {
		op  string
		err error
	}
	var calls []call
	s := open1(t, sqlite.Memory, Options{Now: at(noon), Observe: func(op string, d time.Duration, err error) {
		if d < 0 || d > time.Minute {
			t.Errorf("%s took %s", op, d)
		}
		calls = append(calls, call{op, err})
	}})
	defer s.Close()
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	_, notFound := s.Session(t.Context(), session.Key{})
	want := []call{{"ping", nil}, {"session", notFound}}
	if len(calls) != len(want) || calls[0] != want[0] || calls[1] != want[1] {
		t.Errorf("observed %v, want %v", calls, want)
	}
}

func TestAStoreThatIsBusyIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ephemeral.db")
	s := open1(t, path, Options{Now: at(noon)})
	defer s.Close()
	other, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	code := &grant.Code{ID: uuid.New(), ExpiresAt: noon.Add(time.Minute)}
	if err := s.PutCode(t.Context(), code); !errors.Is(err, accounts.ErrUnavailable) {
		t.Errorf("put beside a writer that does not end: %v", err)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("it took %s to say so", d)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("reading beside a writer: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.PutCode(t.Context(), code); err != nil {
		t.Errorf("put after the writer ended: %v", err)
	}
}

func TestCancelledCallersDoNotLoseADatabaseInMemory(t *testing.T) {
	s := open1(t, sqlite.Memory, Options{Now: at(noon)})
	defer s.Close()
	code := &grant.Code{ID: uuid.New(), ExpiresAt: noon.Add(time.Minute)}
	if err := s.PutCode(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		_, _ = s.TakeCode(ctx, uuid.New())
	}
	if _, err := s.TakeCode(t.Context(), code.ID); err != nil {
		t.Errorf("take: %v", err)
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
