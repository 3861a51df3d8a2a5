package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ParseMasterKey decodes the text form of a master key: 32 bytes in base64,
// space around it ignored. Its errors do not repeat the text.
func ParseMasterKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("seal: the master key is not base64")
	}
	if len(key) != MasterKeySize {
		return nil, fmt.Errorf("seal: the master key has %d bytes, want %d", len(key), MasterKeySize)
	}
	return key, nil
}

// LoadMasterKey reads a master key file; fs.ErrNotExist if there is none.
func LoadMasterKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("seal: load master key: %w", err)
	}
	key, err := ParseMasterKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	return key, nil
}

// CreateMasterKey makes a new master key and its file, readable by its owner
// only; fs.ErrExist if there is one already. The file appears whole and on
// disk, or not at all: what is sealed under a key that a crash took is lost.
func CreateMasterKey(path string) ([]byte, error) {
	key := make([]byte, MasterKeySize)
	_, _ = rand.Read(key) // never fails, by its contract
	dir := filepath.Dir(path)
	draft := filepath.Join(dir, ".master.key."+rand.Text())
	if err := writeSynced(draft, base64.StdEncoding.EncodeToString(key)+"\n"); err != nil {
		return nil, fmt.Errorf("seal: create master key: %w", err)
	}
	// A link, unlike a rename, never replaces a file.
	err := os.Link(draft, path)
	if err := errors.Join(err, os.Remove(draft)); err != nil {
		return nil, fmt.Errorf("seal: create master key: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return nil, fmt.Errorf("seal: create master key: %w", err)
	}
	return key, nil
}

// EnsureMasterKey loads the master key, or makes it if there is none. Processes
// that start at once agree on one key.
func EnsureMasterKey(path string) (key []byte, created bool, err error) {
	key, err = LoadMasterKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	key, err = CreateMasterKey(path)
	if errors.Is(err, fs.ErrExist) {
		key, err = LoadMasterKey(path)
		return key, false, err
	}
	return key, err == nil, err
}

func writeSynced(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
