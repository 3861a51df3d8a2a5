package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBrandFaultsAreAllListed(t *testing.T) {
	b := Brand{
		OwnerURL: "javascript:alert(1)", SearchURL: "ftp://x", AboutURL: "//evil.example", ICPURL: `/\evil.example`,
		Nav: []Link{{Name: "a"}, {Name: "b", URL: "relative"}}, SMSSign: "【示例】",
	}
	_, err := New(b)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, field := range []string{"owner_url", "search_url", "about_url", "icp_url", "nav[0]", "nav[1].url", "sms_sign"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not name %s: %v", field, err)
		}
	}
	if err := (Brand{OwnerURL: "https://a.example/", SiteMapURL: "/map"}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestBrandDefaults(t *testing.T) {
	r := newRenderer(t, Brand{})
	for lang, want := range map[string]string{Chinese: "统一身份认证平台", English: "Unified Identity Authentication Platform"} {
		d := parsed(t, rendered(t, r, View{Lang: lang}, LoggedOut{}))
		if got := textOf(d.tags("title")[0]); !strings.HasSuffix(got, " - "+want) {
			t.Errorf("%s: title %q", lang, got)
		}
	}
	d := parsed(t, rendered(t, newRenderer(t, Brand{Name: "某平台"}), View{Lang: English}, LoggedOut{}))
	if got := textOf(d.tags("title")[0]); !strings.HasSuffix(got, " - 某平台") {
		t.Errorf("a name without an English form: title %q", got)
	}
}

// The numbers of the manual's site belong to that site.
func TestNoNumberOfARealSite(t *testing.T) {
	all := DemoBrand()
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	page := rendered(t, newRenderer(t, all), View{}, LoggedOut{})
	for _, number := range []string{"220000019", "05001602", "22000020000002", "0431-80763563", "吉林", "jl.gov.cn"} {
		if strings.Contains(string(raw), number) || strings.Contains(string(page), number) {
			t.Errorf("%s is built in", number)
		}
	}
}

func TestSearchKeepsTheConfiguredQuery(t *testing.T) {
	b := Brand{SearchURL: "https://s.example/find?site=7&kind=a", SearchParam: "words"}
	want := &search{Action: "https://s.example/find", Param: "words", Kept: []pair{{"kind", "a"}, {"site", "7"}}}
	if diff := cmp.Diff(want, b.search()); diff != "" {
		t.Errorf("search (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"https://s.example"}, b.FormTargets()); diff != "" {
		t.Error(diff)
	}
	if got := (Brand{SearchURL: "/search"}).FormTargets(); got != nil {
		t.Errorf("a search of our own needs no target, got %q", got)
	}
}

func TestEmblemIsConfigurable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "seal.PNG")
	if err := os.WriteFile(file, []byte("picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRenderer(t, Brand{Emblem: file})
	address := r.AssetURL("emblem.svg")
	asset, ok := r.Asset(strings.TrimPrefix(address, StaticPath))
	if !ok || asset.ContentType != "image/png" || string(asset.Body) != "picture" {
		t.Errorf("%s: %+v", address, asset)
	}
	for _, bad := range []string{filepath.Join(dir, "nothing.png"), filepath.Join(dir, "seal.exe")} {
		if err := os.WriteFile(filepath.Join(dir, "seal.exe"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Brand{Emblem: bad}); err == nil {
			t.Errorf("emblem %s accepted", bad)
		}
	}
}
