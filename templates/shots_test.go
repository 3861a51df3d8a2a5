package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWritePages writes every sample as a file, for looking at, into the folder
// named by TONGID_PAGES. Without it, a temporary folder serves: the files are
// then only counted.
func TestWritePages(t *testing.T) {
	dir := os.Getenv("TONGID_PAGES")
	if dir == "" {
		dir = t.TempDir()
	}
	r := newRenderer(t, DemoBrand())
	write := func(name string, body []byte) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, a := range r.assets.byName {
		write("static/"+name, a.Body)
	}
	views := map[string]View{
		"zh":       {Lang: Chinese},
		"en":       {Lang: English},
		"zh-large": {Lang: Chinese, LargeText: true},
	}
	for prefix, v := range views {
		v.CSRF, v.Trace, v.Path = "token", "0af7651916cd43dd8448eb211c80319c", "/login/enterprise?flow=f1"
		v.Simulated = true
		for _, s := range pages() {
			v.SignedInAs = ""
			if !strings.HasPrefix(s.label, "log") {
				v.SignedInAs = "示例软件有限公司"
			}
			write(prefix+"/"+s.label+".html", rendered(t, r, v, s.page))
		}
	}
}
