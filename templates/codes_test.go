package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// codesIn lists the constants of type accounts.Code that a package declares.
func codesIn(t *testing.T, dir string) []string {
	t.Helper()
	parsed, err := parser.ParseDir(token.NewFileSet(), filepath.FromSlash(dir), func(f fs.FileInfo) bool { //nolint:staticcheck // one folder, no build tags
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, pkg := range parsed {
		ast.Inspect(pkg, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !isCode(spec.Type) {
				return true
			}
			for _, value := range spec.Values {
				literal, ok := value.(*ast.BasicLit)
				if !ok {
					t.Fatalf("%s: the code of %s is no literal", dir, spec.Names[0].Name)
				}
				code, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, code)
			}
			return true
		})
	}
	return codes
}

func isCode(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "Code"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Code"
	default:
		return false
	}
}

// Every code has a sentence, and every sentence a code.
func TestCodesAndSentences(t *testing.T) {
	var codes []string
	for _, dir := range []string{"../accounts", "../provider/pages"} {
		found := codesIn(t, dir)
		if len(found) == 0 {
			t.Fatalf("no code in %s: does the search work?", dir)
		}
		codes = append(codes, found...)
	}
	for _, code := range codes {
		if !Has("refusal." + code) {
			t.Errorf("code %q has no sentence", code)
		}
	}
	for _, code := range Codes("refusal") {
		if !slices.Contains(codes, code) {
			t.Errorf("sentence refusal.%s has no code", code)
		}
	}
}
