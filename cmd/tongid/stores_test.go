package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/cmd/tongid/config"
)

// A store that does not open is told, and is not a store.
func TestAStoreThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, aliveFile), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*config.Config{
		"file": {Data: data}, "redis": {PostgresURL: "postgres://127.0.0.1/none", RedisURL: "nonsense"},
	} {
		if s, err := openAlive(t.Context(), c, time.Now, nil); err == nil || s != nil {
			t.Errorf("%s: store %v, error %v", name, s, err)
		}
	}
	var said strings.Builder
	server := &terminal{out: &said, err: &said, in: strings.NewReader("")}
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--ops-listen", "off", "--issuer", "http://localhost:1"}
	if code := server.execute(t.Context(), args); code != 1 || !strings.Contains(said.String(), aliveFile) {
		t.Errorf("serve ended with %d and said %q", code, said.String())
	}
}
