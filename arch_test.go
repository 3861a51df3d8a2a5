// Package tongid_test tests the shape of the repository: who imports whom, what stands where, how long
// a file may grow. docs/architecture.md says why.
package tongid_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/tongid/tongid"

// pkg is what `go list` says of one package of ours. Paths of ours are told without the module.
type pkg struct {
	ImportPath   string   `json:"ImportPath"`
	Name         string   `json:"Name"`
	Imports      []string `json:"Imports"`
	TestImports  []string `json:"TestImports"`
	XTestImports []string `json:"XTestImports"`
}

// rule forbids the packages under From (but not under Except) to import what lies under Deny (but not
// under Allow). Our own packages are written without the module path, "." being all of them; "x$" is x
// without what lies under it. Tests, which put a store behind a handler and a client before it, are
// bound only where Tests says so.
type rule struct {
	Name                      string
	From, Except, Deny, Allow []string
	Tests                     bool
}

const (
	fosite = "github.com/ory/fosite"
	echo   = "github.com/labstack/echo"
	pgx    = "github.com/jackc/pgx"
	redis  = "github.com/redis/go-redis"
	sqlite = "modernc.org/sqlite"
	goose  = "github.com/pressly/goose"
)

// graph is the whole plan of imports: cmd -> provider, storage -> their ports -> accounts.
func graph() []rule {
	return []rule{
		{
			Name: "accounts holds the rules and knows no HTTP, no SQL, no Redis, no OAuth",
			From: []string{"accounts"}, Except: []string{"accounts/gateway"},
			Deny:  []string{".", "net/http", "database/sql", echo, pgx, redis, fosite},
			Allow: []string{"accounts/idnum", "accounts/passhash"},
		},
		{
			Name: "idnum and passhash import nothing of ours",
			From: []string{"accounts/idnum", "accounts/passhash"},
			Deny: []string{"."}, Tests: true,
		},
		{
			Name: "a gateway imports accounts and other gateways alone",
			From: []string{"accounts/gateway"},
			Deny: []string{".", echo, pgx, redis, fosite}, Allow: []string{"accounts$", "accounts/gateway"},
		},
		{
			Name: "templates import only accounts, for its codes",
			From: []string{"templates"},
			Deny: []string{"."}, Allow: []string{"accounts$", "templates"},
		},
		{
			Name: "only provider/oauth knows fosite",
			From: []string{"."}, Except: []string{"provider/oauth"},
			Deny: []string{fosite}, Tests: true,
		},
		{
			Name: "pages do not know oauth: they meet in interaction",
			From: []string{"provider/pages"}, Deny: []string{"provider/oauth"}, Tests: true,
		},
		{
			Name: "oauth does not know pages: they meet in interaction",
			From: []string{"provider/oauth"}, Deny: []string{"provider/pages"}, Tests: true,
		},
		{
			Name: "the mandate API and the feed know no protocol and no page",
			From: []string{"provider/mandateapi", "provider/event", "provider/egress"},
			Deny: []string{"provider/oauth", "provider/pages", "templates"},
		},
		{
			Name: "records and ports of the provider do not know what is built on them",
			From: []string{
				"provider/grant", "provider/client", "provider/keys", "provider/session",
				"provider/interaction", "provider/guard", "provider/letter",
			},
			Deny: []string{"provider$", "provider/oauth", "provider/pages", "provider/staff", "templates"},
		},
		{
			Name: "parts of the provider do not know the whole",
			From: []string{"provider"}, Except: []string{"provider$"}, Deny: []string{"provider$"},
		},
		{
			Name: "storage knows the records and ports, not the provider",
			From: []string{"storage"},
			Deny: []string{"provider", "templates", "accounts/gateway"},
			Allow: []string{
				"provider/grant", "provider/client", "provider/session", "provider/interaction", "provider/keys",
			},
		},
		{
			Name: "storage serves nobody",
			From: []string{"storage"}, Deny: []string{echo, fosite}, Tests: true,
		},
		{
			Name: "stores are named only where they are wired",
			From: []string{"."}, Except: []string{"storage", "cmd", "deploy"}, Deny: []string{"storage"},
		},
		{
			Name: "SQL and Redis stay in storage",
			From: []string{"."}, Except: []string{"storage", "cmd", "deploy"},
			Deny: []string{"database/sql", pgx, sqlite, goose, redis},
		},
		{
			Name: "echo stays in the provider",
			From: []string{"."}, Except: []string{"provider", "cmd", "deploy/bench"}, Deny: []string{echo}, Tests: true,
		},
		{
			Name: "the portal is an outside integrator and shares no code",
			From: []string{"cmd/portal"}, Deny: []string{"."}, Allow: []string{"cmd/portal"},
		},
		{
			Name: "nobody imports a command",
			From: []string{"."}, Except: []string{"cmd", "deploy"}, Deny: []string{"cmd", "deploy"}, Tests: true,
		},
		{
			Name: "commands do not import each other",
			From: []string{"cmd/tongid"}, Deny: []string{"cmd/portal", "deploy"}, Tests: true,
		},
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, r := range graph() {
		for _, violation := range r.violations(packages) {
			t.Errorf("%s: %s", r.Name, violation)
		}
	}
}

// TestImportsAreCaught plants one breach of every rule, and asks that it is found.
func TestImportsAreCaught(t *testing.T) {
	t.Parallel()
	planted := map[string][2]string{
		"accounts holds the rules and knows no HTTP, no SQL, no Redis, no OAuth": {"accounts", "net/http/cookiejar"},
		"idnum and passhash import nothing of ours":                              {"accounts/idnum", "accounts"},
		"a gateway imports accounts and other gateways alone":                    {"accounts/gateway/face", "accounts/idnum"},
		"templates import only accounts, for its codes":                          {"templates", "accounts/idnum"},
		"only provider/oauth knows fosite":                                       {"provider/grant", fosite + "/handler/oauth2"},
		"pages do not know oauth: they meet in interaction":                      {"provider/pages", "provider/oauth"},
		"oauth does not know pages: they meet in interaction":                    {"provider/oauth", "provider/pages"},
		"the mandate API and the feed know no protocol and no page":              {"provider/mandateapi", "provider/oauth"},
		"records and ports of the provider do not know what is built on them":    {"provider/keys", "provider/oauth"},
		"parts of the provider do not know the whole":                            {"provider/oauth", "provider"},
		"storage knows the records and ports, not the provider":                  {"storage/redis", "provider/guard"},
		"storage serves nobody":                                                  {"storage/redis", echo + "/v4"},
		"stores are named only where they are wired":                             {"provider/oauth", "storage/redis"},
		"SQL and Redis stay in storage":                                          {"provider/grant", "database/sql"},
		"echo stays in the provider":                                             {"templates", echo + "/v4"},
		"the portal is an outside integrator and shares no code":                 {"cmd/portal", "provider/client"},
		"nobody imports a command":                                               {"provider", "cmd/tongid"},
		"commands do not import each other":                                      {"cmd/tongid", "cmd/portal"},
	}
	for _, r := range graph() {
		breach := planted[r.Name]
		got := r.violations([]pkg{{ImportPath: breach[0], Imports: breach[1:]}})
		if diff := cmp.Diff([]string{breach[0] + " imports " + breach[1]}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.Name, diff)
		}
		inTest := r.violations([]pkg{{ImportPath: breach[0], XTestImports: breach[1:]}})
		if r.Tests != (len(inTest) == 1) {
			t.Errorf("%s: in a test it gives %q", r.Name, inTest)
		}
	}

	allowed := map[string][]string{
		"accounts":              {"accounts/idnum", "accounts/passhash", "context"},
		"accounts/gateway/face": {"accounts", "accounts/gateway/outbound", "net/http"},
		"templates":             {"accounts", "html/template"},
		"provider/oauth":        {"accounts", "provider/grant", "provider/interaction", "templates", fosite, echo + "/v4"},
		"provider":              {"provider/oauth", "provider/pages"},
		"storage/database":      {"accounts", "provider/grant", "provider/keys", "database/sql", pgx + "/v5"},
		"cmd/tongid":            {"accounts", "provider", "storage/redis", redis + "/v9"},
		"cmd/portal":            {"cmd/portal/hall", "net/http"},
	}
	for from, imports := range allowed {
		for _, r := range graph() {
			if got := r.violations([]pkg{{ImportPath: from, Imports: imports}}); got != nil {
				t.Errorf("%s forbids what the plan has: %q", r.Name, got)
			}
		}
	}
}

func (r rule) violations(packages []pkg) []string {
	var found []string
	for _, p := range packages {
		if !within(p.ImportPath, r.From) || within(p.ImportPath, r.Except) {
			continue
		}
		imports := slices.Clone(p.Imports)
		if r.Tests {
			imports = append(append(imports, p.TestImports...), p.XTestImports...)
		}
		slices.Sort(imports)
		for _, i := range slices.Compact(imports) {
			if i != p.ImportPath && within(i, r.Deny) && !within(i, r.Allow) {
				found = append(found, p.ImportPath+" imports "+i)
			}
		}
	}
	return found
}

// within tells whether path lies at or under one of the places.
func within(path string, places []string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		exact, only := strings.CutSuffix(place, "$")
		switch {
		case only:
			return path == exact
		case place == ".":
			return ours(path)
		default:
			return path == place || strings.HasPrefix(path, place+"/")
		}
	})
}

// ours tells our packages, whose paths list has shortened, from those of others.
func ours(path string) bool {
	top, _, _ := strings.Cut(path, "/")
	return slices.Contains([]string{".", "accounts", "cmd", "deploy", "provider", "storage", "templates"}, top)
}

// Names that say nothing draw in everything.
func TestPackageNames(t *testing.T) {
	t.Parallel()
	empty := []string{"base", "common", "helper", "helpers", "lib", "misc", "model", "models", "shared", "types", "util", "utils"}
	for _, p := range list(t) {
		if slices.Contains(empty, p.Name) || slices.Contains(empty, path.Base(p.ImportPath)) {
			t.Errorf("package %s at %s: name it after what it holds", p.Name, p.ImportPath)
		}
	}
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"accounts", "cmd", "deploy", "docs", "provider", "storage", "templates",
		"go.mod", "go.sum", "Makefile", "arch_test.go",
		"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "README.zh-CN.md", "SECURITY.md",
	}
	ignored, err := os.ReadFile(".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) && !matches(name, string(ignored)) {
			t.Errorf("%s does not belong at the top", name)
		}
	}
}

func matches(name, patterns string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(pattern string) bool {
		ok, err := filepath.Match(strings.Trim(pattern, "/"), name)
		return ok && err == nil
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	const longest, longestTest = 500, 800
	// A test that cannot run here fails; it does not pass in silence.
	skip := regexp.MustCompile(`\b[tb]\.Skip(f|Now)?\(`)
	goFiles(t, func(name string, content []byte) {
		test := strings.HasSuffix(name, "_test.go")
		limit := longest
		if test {
			limit = longestTest
		}
		if lines := bytes.Count(content, []byte("\n")); lines > limit {
			t.Errorf("%s has %d lines, more than %d: split it by use case", name, lines, limit)
		}
		if test && name != "arch_test.go" && skip.Match(content) {
			t.Errorf("%s skips a test", name)
		}
	})
}

func goFiles(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	seen := 0
	for _, top := range []string{"accounts", "cmd", "deploy", "provider", "storage", "templates", "arch_test.go"} {
		err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
				return err
			}
			content, err := os.ReadFile(name)
			if err == nil {
				seen++
				visit(filepath.ToSlash(name), content)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Fatal("no Go file found")
	}
}

// list asks go for the packages of this module.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-buildvcs=false",
		"-json=ImportPath,Name,Imports,TestImports,XTestImports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(fmt.Errorf("go list: %w", err))
		}
		p.ImportPath = shorten(p.ImportPath)
		for _, imports := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
			for i := range imports {
				imports[i] = shorten(imports[i])
			}
		}
		packages = append(packages, p)
	}
	if len(packages) == 0 {
		t.Fatal("go list found no package")
	}
	return packages
}

func shorten(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}
