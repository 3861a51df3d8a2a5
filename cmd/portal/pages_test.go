package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func TestWordsAreComplete(t *testing.T) {
	p, err := loadPages("hrss")
	if err != nil {
		t.Fatal(err)
	}
	codes := slices.Sorted(maps.Keys(problemStatuses()))
	if diff := cmp.Diff(codes, slices.Sorted(maps.Keys(p.words.Problems))); diff != "" {
		t.Errorf("problems: %s", diff)
	}
	notices := []string{noticeEnded, noticeLocalOnly, noticeRefreshed, noticeSignIn, noticeSignedOut, noticeUnchecked}
	if diff := cmp.Diff(notices, slices.Sorted(maps.Keys(p.words.Notices)), cmpSorted()); diff != "" {
		t.Errorf("notices: %s", diff)
	}
	for code, s := range p.words.Problems {
		if s.Title == "" || s.Text == "" {
			t.Errorf("%s has no sentence", code)
		}
	}
}

func TestThemesAreComplete(t *testing.T) {
	icons, err := files.ReadFile("templates/icons.html")
	if err != nil {
		t.Fatal(err)
	}
	for key := range demos() {
		p, err := loadPages(key)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, s := range p.theme.Services {
			if seen[s.ID] || (s.For != "unit" && s.For != "person") || s.Title == "" {
				t.Errorf("%s: service %+v", key, s)
			}
			if !strings.Contains(string(icons), `"`+s.Icon+`"`) {
				t.Errorf("%s: no icon %q", key, s.Icon)
			}
			seen[s.ID] = true
		}
		for _, name := range []string{key + ".css", "emblem-" + key + ".svg", "hero-" + key + ".svg", "problem-" + key + ".svg"} {
			if _, err := files.ReadFile("templates/static/" + name); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestPagesAreClean(t *testing.T) {
	for key := range demos() {
		s := newStage(t, func(c *config) { c.Theme = key })
		for _, kind := range kinds() {
			b := s.browser()
			pages := map[string]page{
				"front":            b.get(s.url + "/"),
				"problem":          b.get(s.url + "/callback?state=x"),
				"missing":          b.get(s.url + "/nowhere"),
				"me":               b.signIn(s, kind),
				"front, signed in": b.get(s.url + "/"),
				"service":          b.get(s.url + "/service/unit-registration"),
				"person's service": b.get(s.url + "/service/my-record"),
			}
			for name, p := range pages {
				t.Run(key+" "+kind+" "+name, func(t *testing.T) { checkPage(t, s, b, p) })
			}
		}
	}
}

// checkPage looks for what no page may have and all must: no inline script or style, one h1, one
// main, labels, texts for pictures, links that lead somewhere.
func checkPage(t *testing.T, s *stage, b *browser, p page) {
	t.Helper()
	count, ids := map[string]int{}, map[string]bool{}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if id := attribute(n, "id"); id != "" && ids[id] {
			t.Errorf("id %q stands twice", id)
		} else if id != "" {
			ids[id] = true
		}
		checkElement(t, s, b, n)
	}
	for name, want := range map[string]int{"main": 1, "h1": 1, "title": 1, "script": 0, "style": 0, "iframe": 0} {
		if count[name] != want {
			t.Errorf("%d <%s>, want %d", count[name], name, want)
		}
	}
	if strings.Contains(p.body, "<no value>") || strings.Contains(p.body, "ZgotmplZ") {
		t.Error("a template got no value, or a dangerous one")
	}
}

func checkElement(t *testing.T, s *stage, b *browser, n *html.Node) {
	t.Helper()
	has := func(name string) bool {
		return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	}
	switch n.Data {
	case "img":
		if !has("alt") {
			t.Error("a picture without alt")
		}
	case "input":
		if attribute(n, "type") != "hidden" {
			t.Errorf("input %q is neither hidden nor labelled", attribute(n, "name"))
		}
	case "a":
		href := attribute(n, "href")
		if strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "/login") {
			if p := b.get(s.url + href); p.status != http.StatusOK && p.status != http.StatusSeeOther {
				t.Errorf("link %q answers %d", href, p.status)
			}
		}
	case "link":
		p := b.get(s.url + attribute(n, "href"))
		if p.status != http.StatusOK || !strings.Contains(p.header.Get("Cache-Control"), "max-age") {
			t.Errorf("%q answers %d, %q", attribute(n, "href"), p.status, p.header.Get("Cache-Control"))
		}
	}
}

func TestClaimRows(t *testing.T) {
	p, err := loadPages("hrss")
	if err != nil {
		t.Fatal(err)
	}
	got := p.words.rows(json.RawMessage(`{"zebra":null,"list":["a",2],"sub":"s","agent":{"services":[],"manager":false},
		"exp":1772413200,"big":12345678901234567890,"enterprise":{"as_of":"2026-03-02T01:00:00Z","status":"odd"},"deep":{"er":{"x":true}}}`))
	want := []claimRow{
		{Name: "sub", Label: "用户标识", Values: []claimValue{{Raw: "s"}}},
		{Name: "enterprise.status", Label: "企业状态", Values: []claimValue{{Raw: "odd"}}},
		{Name: "enterprise.as_of", Label: "登记信息日期", Values: []claimValue{{Raw: "2026-03-02T01:00:00Z", Word: "2026-03-02 09:00:00"}}},
		{Name: "agent.manager", Label: "管理权限", Values: []claimValue{{Raw: "false", Word: "否"}}},
		{Name: "agent.services", Label: "授权事项"},
		{Name: "exp", Label: "失效时间", Values: []claimValue{{Raw: "1772413200", Word: "2026-03-02 09:00:00"}}},
		{Name: "big", Values: []claimValue{{Raw: "12345678901234567890"}}},
		{Name: "deep.er.x", Values: []claimValue{{Raw: "true"}}},
		{Name: "list", Values: []claimValue{{Raw: "a"}, {Raw: "2"}}},
		{Name: "zebra", Values: []claimValue{{Raw: "null"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := p.words.rows(json.RawMessage(`[]`)); got != nil {
		t.Errorf("rows of no object: %v", got)
	}
}

func TestHanStandsInTemplatesOnly(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(string(data), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s holds Han text", name)
		}
	}
}
