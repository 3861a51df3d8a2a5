package oauth

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The table in doc.go names files that are there, and leaves out none of ours.
func TestTableOfFiles(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{"doc.go": true, "server.go": true, "form.go": true}
	for _, pattern := range regexp.MustCompile(`[\w./*]+\.go`).FindAllString(string(doc), -1) {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Errorf("%s is not there", pattern)
		}
		for _, f := range found {
			named[f] = true
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named[f] && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s stands for nothing in the table", f)
		}
	}
}
