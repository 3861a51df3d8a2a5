package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tongid/tongid/storage/seal"
)

func newBox(t *testing.T, fill byte) *seal.Box {
	t.Helper()
	box, err := seal.New(bytes.Repeat([]byte{fill}, seal.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSealOpen(t *testing.T) {
	box, aad := newBox(t, 1), []byte("enterprise\x00phone\x00id")
	for _, plaintext := range []string{"", "13800000001", strings.Repeat("x", 4096)} {
		sealed := box.Seal(aad, []byte(plaintext))
		if plaintext != "" && bytes.Contains(sealed, []byte(plaintext)) {
			t.Errorf("%q stands in what is sealed", plaintext)
		}
		got, err := box.Open(aad, sealed)
		if err != nil || string(got) != plaintext {
			t.Errorf("Open = %q, %v, want %q", got, err, plaintext)
		}
	}
	if bytes.Equal(box.Seal(aad, []byte("a")), box.Seal(aad, []byte("a"))) {
		t.Error("the same value sealed twice looks the same")
	}
}

func TestOpenRefuses(t *testing.T) {
	box, aad := newBox(t, 1), []byte("place")
	sealed := box.Seal(aad, []byte("value"))
	cases := map[string]func() ([]byte, error){
		"another place":      func() ([]byte, error) { return box.Open([]byte("other"), sealed) },
		"another master key": func() ([]byte, error) { return newBox(t, 2).Open(aad, sealed) },
		"nothing":            func() ([]byte, error) { return box.Open(aad, nil) },
		"a version only":     func() ([]byte, error) { return box.Open(aad, sealed[:1]) },
		"half a nonce":       func() ([]byte, error) { return box.Open(aad, sealed[:12]) },
		"half a value":       func() ([]byte, error) { return box.Open(aad, sealed[:len(sealed)-1]) },
		"an unknown version": func() ([]byte, error) { return box.Open(aad, append([]byte{9}, sealed[1:]...)) },
	}
	for i := range sealed {
		cases[fmt.Sprintf("byte %d altered", i)] = func() ([]byte, error) {
			altered := bytes.Clone(sealed)
			altered[i] ^= 1
			return box.Open(aad, altered)
		}
	}
	for name, open := range cases {
		if got, err := open(); !errors.Is(err, seal.ErrOpen) || got != nil {
			t.Errorf("%s: %q, %v, want ErrOpen", name, got, err)
		}
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	box := newBox(t, 1)
	seen := map[string]string{}
	add := func(name string, key []byte) {
		if other := seen[string(key)]; other != "" {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[string(key)] = name
	}
	for _, label := range []string{"token", "cookie", "1"} {
		add("key "+label, box.Key(label, 32))
		add("index "+label, box.Index(label, []byte("value")))
	}
	add("key of another master", newBox(t, 2).Key("token", 32))

	if again := newBox(t, 1).Key("token", 32); seen[string(again)] != "key token" {
		t.Error("the same label gives another key")
	}
}

func TestBoxIsNotPrinted(t *testing.T) {
	box := newBox(t, 'k')
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, box); got != "seal.Box" {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestNewWantsAWholeKey(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := seal.New(make([]byte, n)); err == nil {
			t.Errorf("a master key of %d bytes was taken", n)
		}
	}
}

func TestMasterKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := seal.LoadMasterKey(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load before Create: %v", err)
	}
	key, err := seal.CreateMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 600", info.Mode(), err)
	}
	if _, err := seal.CreateMasterKey(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second Create: %v", err)
	}
	loaded, err := seal.LoadMasterKey(path)
	if err != nil || !bytes.Equal(loaded, key) {
		t.Errorf("Load = %x, %v, want %x", loaded, err, key)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}

func TestEnsureMasterKeyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	var mu sync.Mutex
	var wg sync.WaitGroup
	keys, makers := map[string]bool{}, 0
	for range 16 {
		wg.Go(func() {
			key, created, err := seal.EnsureMasterKey(path)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			keys[string(key)] = true
			if created {
				makers++
			}
		})
	}
	wg.Wait()
	if len(keys) != 1 || makers != 1 {
		t.Errorf("%d keys by %d makers, want one by one", len(keys), makers)
	}
}

func TestParseMasterKeyDoesNotRepeatIt(t *testing.T) {
	for _, text := range []string{"", "secret!", "c2VjcmV0"} {
		_, err := seal.ParseMasterKey(text)
		if err == nil {
			t.Errorf("%q was taken", text)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	box, err := seal.New(make([]byte, seal.MasterKeySize))
	if err != nil {
		b.Fatal(err)
	}
	aad := []byte("enterprise\x00phone\x0000000000-0000-0000-0000-000000000000")
	sealed := box.Seal(aad, []byte("+8613800000001"))
	for b.Loop() {
		if _, err := box.Open(aad, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
