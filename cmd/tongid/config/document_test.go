package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// repository is where the documents stand, seen from here.
const repository = "../../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The example is right as it stands, and with every line that it comments out
// but for files that are not there.
func TestExampleFile(t *testing.T) {
	text := read(t, "deploy/config.example.yaml")
	load(t, Source{File: write(t, "as-is.yaml", text)})

	all := regexp.MustCompile(`(?m)^#( *[a-z_]+:| +- \{)`).ReplaceAllString(text, "$1")
	for _, f := range faultsOf(t, Source{File: write(t, "all.yaml", all)}) {
		if !strings.Contains(f, "no such file") && !strings.Contains(f, "goes with") {
			t.Error(f)
		}
	}
	var path []string
	found := map[string]bool{}
	for line := range strings.Lines(all) {
		key := regexp.MustCompile(`^( *)([a-z_]+):`).FindStringSubmatch(line)
		if key == nil {
			continue
		}
		path = append(path[:min(len(key[1])/2, len(path))], key[2])
		found[strings.Join(path, ".")] = true
	}
	for _, s := range Settings() {
		if s.Secret != found[s.Key+"_file"] || s.Secret == found[s.Key] {
			t.Errorf("%s is not in the example, or the secret itself is", s.Key)
		}
	}
}

// Every setting stands in the operators' table with its variable, default and
// bounds.
func TestOperationsTable(t *testing.T) {
	text := read(t, "docs/operations.md")
	for _, s := range Settings() {
		def := s.Default
		if def == "" {
			def = "–"
		}
		row := "| `" + s.Name + "` | `" + s.Key + "` | " + def + " | " + s.Takes() + " | " + s.Help + " |"
		if !strings.Contains(text, row+"\n") {
			t.Errorf("docs/operations.md lacks\n%s", row)
		}
	}
}
