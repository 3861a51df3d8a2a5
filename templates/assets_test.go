package templates

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func TestAssets(t *testing.T) {
	r := newRenderer(t, Brand{})
	hashed := regexp.MustCompile(`^/static/[a-z-]+\.[0-9a-f]{12}\.[a-z]+$`)
	names, err := fs.Glob(Static(), "*")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 6 {
		t.Fatalf("assets %q", names)
	}
	for _, name := range names {
		address := r.AssetURL(name)
		if !hashed.MatchString(address) {
			t.Errorf("%s: address %q", name, address)
			continue
		}
		asset, ok := r.Asset(strings.TrimPrefix(address, StaticPath))
		if !ok || len(asset.Body) == 0 || asset.ContentType == "" {
			t.Errorf("%s: %q is not there", name, address)
		}
		if asset.Gzip != nil {
			unzipped, err := gzip.NewReader(bytes.NewReader(asset.Gzip))
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(unzipped); err != nil || !bytes.Equal(body, asset.Body) {
				t.Errorf("%s: compressed form differs: %v", name, err)
			}
		}
	}
	for _, name := range []string{"", "app.css", "../zh.json", "app.000000000000.css"} {
		if _, ok := r.Asset(name); ok {
			t.Errorf("asset %q", name)
		}
	}
	if r.AssetURL("nothing.css") != "" {
		t.Error("an asset that does not exist has an address")
	}
}

// Nothing comes from elsewhere, and pictures are called by their hashed names.
func TestStyleSheetRefersToOurAssets(t *testing.T) {
	r := newRenderer(t, Brand{})
	css, _ := r.Asset(strings.TrimPrefix(r.AssetURL("app.css"), StaticPath))
	found := regexp.MustCompile(`url\(([^)]*)\)`).FindAllSubmatch(css.Body, -1)
	if len(found) == 0 {
		t.Error("no picture: does the search work?")
	}
	for _, m := range found {
		if _, ok := r.Asset(strings.Trim(string(m[1]), `"`)); !ok {
			t.Errorf("url %s is no asset", m[1])
		}
	}
	for _, forbidden := range []string{"@import", "var(--", ":has(", "subgrid", "http:", "https:"} {
		if bytes.Contains(css.Body, []byte(forbidden)) {
			t.Errorf("the style sheet uses %s", forbidden)
		}
	}
}

// Browsers of ten years ago read the scripts.
func TestScriptsAreOldStyle(t *testing.T) {
	newer := regexp.MustCompile("=>|`|\\b(let|const|class|import|export|async|await|fetch)\\b ?[a-zA-Z({]")
	comment := regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	for _, name := range []string{"app.js", "form-post.js"} {
		body, err := fs.ReadFile(Static(), name)
		if err != nil {
			t.Fatal(err)
		}
		if m := newer.Find(comment.ReplaceAll(body, nil)); m != nil {
			t.Errorf("%s uses %q", name, m)
		}
	}
}
