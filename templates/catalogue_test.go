package templates

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	syntax "text/template/parse"

	"github.com/google/go-cmp/cmp"
)

func TestSay(t *testing.T) {
	for _, test := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{Chinese, "login.submit", nil, "登录"},
		{English, "login.submit", nil, "Sign in"},
		{"fr", "login.submit", nil, "登录"},
		{"", "login.submit", nil, "登录"},
		{English, "wait.both", []any{1, 23}, "1 min 23 s"},
		{English, "wait.minutes", []any{1}, "1 minute"},
		{English, "wait.minutes", []any{15}, "15 minutes"},
		{English, "no.such.key", nil, "That could not be done. Please try again later"},
		{English, "wait.both.script", nil, "{m} min {s} s"},
		{English, "wait.both", nil, "{0} min {1} s"},
		{Chinese, "logged_out.back", []any{"{0}{1}"}, "返回 {0}{1}"},
		{Chinese, "logged_out.back", []any{"a\u202eb\u2066c"}, "返回 abc"},
	} {
		if got := Say(test.lang, test.key, test.args...); got != test.want {
			t.Errorf("Say(%q, %q, %v) = %q, want %q", test.lang, test.key, test.args, got, test.want)
		}
	}
}

func TestFillOddSentences(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "{": "{", "a{0": "a{0", "{0}": "x", "{0}{0}": "xx", "{-1}": "{-1}", "{1}": "{1}", "{0|a}": "x", "}": "}",
	} {
		if got := fill(in, []any{"x"}); got != want {
			t.Errorf("fill(%q) = %q, want %q", in, got, want)
		}
	}
}

// keysInOrder also finds a key that stands twice, which a map would hide.
func keysInOrder(t *testing.T, file string) []string {
	t.Helper()
	raw, err := fs.ReadFile(catalogueFiles, file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	var keys []string
	for i := 0; ; i++ {
		tok, err := decoder.Token()
		if err != nil {
			break
		}
		if s, ok := tok.(string); ok && i%2 == 1 {
			keys = append(keys, s)
		}
	}
	return keys
}

func TestCataloguesHaveTheSameKeysInOrder(t *testing.T) {
	zh, en := keysInOrder(t, "zh.json"), keysInOrder(t, "en.json")
	if diff := cmp.Diff(zh, en); diff != "" {
		t.Errorf("keys differ (-zh +en):\n%s", diff)
	}
	if !slices.IsSorted(zh) {
		t.Error("keys are not sorted")
	}
	for i := 1; i < len(zh); i++ {
		if zh[i] == zh[i-1] {
			t.Errorf("key %q stands twice", zh[i])
		}
	}
}

func TestSentencesFillTheSamePlaces(t *testing.T) {
	place := regexp.MustCompile(`\{(\w+)`)
	places := func(s string) []string {
		var found []string
		for _, m := range place.FindAllStringSubmatch(s, -1) {
			found = append(found, m[1])
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, zh := range catalogues()[Chinese] {
		en := catalogues()[English][key]
		if strings.TrimSpace(zh) == "" || strings.TrimSpace(en) == "" {
			t.Errorf("%s is empty", key)
		}
		if diff := cmp.Diff(places(zh), places(en)); diff != "" {
			t.Errorf("%s fills other places (-zh +en):\n%s", key, diff)
		}
	}
}

func TestEnglishHasNoChinese(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	for key, en := range catalogues()[English] {
		if key != "header.language" && han.MatchString(en) {
			t.Errorf("%s: %q", key, en)
		}
	}
}

// used are the strings of templates and Go code that may be keys, and the
// groups that sentences are chosen from by a code that comes with the data.
type used struct {
	words  map[string]bool
	groups map[string]bool
}

var keyLike = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)

func templateWords(t *testing.T) used {
	t.Helper()
	u := used{words: map[string]bool{}, groups: map[string]bool{"refusal": true}}
	r := newRenderer(t, Brand{})
	err := fs.WalkDir(htmlFiles, "html", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(htmlFiles, path)
		if err != nil {
			return err
		}
		functions := map[string]any{}
		for name := range r.funcs(Chinese) {
			functions[name] = true
		}
		for _, name := range []string{"and", "or", "not", "eq", "ne", "len", "print", "printf"} {
			functions[name] = true
		}
		trees, err := syntax.Parse(path, string(raw), "", "", functions)
		if err != nil {
			return err
		}
		for _, tree := range trees {
			u.walk(tree.Root)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// walk visits a template's nodes.
func (u used) walk(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				u.walk(child)
			}
		}
	case *syntax.ActionNode:
		u.pipe(n.Pipe)
	case *syntax.IfNode:
		u.branch(&n.BranchNode)
	case *syntax.RangeNode:
		u.branch(&n.BranchNode)
	case *syntax.WithNode:
		u.branch(&n.BranchNode)
	case *syntax.TemplateNode:
		u.pipe(n.Pipe)
	}
}

func (u used) branch(n *syntax.BranchNode) {
	u.pipe(n.Pipe)
	u.walk(n.List)
	u.walk(n.ElseList)
}

func (u used) pipe(n *syntax.PipeNode) {
	if n == nil {
		return
	}
	for _, command := range n.Cmds {
		for i, arg := range command.Args {
			switch arg := arg.(type) {
			case *syntax.StringNode:
				if f, ok := command.Args[0].(*syntax.IdentifierNode); ok && f.Ident == "say" && i == 1 {
					u.groups[arg.Text] = true
				}
				u.words[arg.Text] = true
			case *syntax.PipeNode:
				u.pipe(arg)
			}
		}
	}
}

// goWords adds the string literals of the package's code.
func (u used) goWords(t *testing.T) {
	t.Helper()
	parsed, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { //nolint:staticcheck // one folder, no build tags
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range parsed {
		ast.Inspect(pkg, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if s, err := strconv.Unquote(literal.Value); err == nil {
					u.words[s] = true
				}
			}
			return true
		})
	}
}

func TestTemplatesNameOnlyKeysThatExist(t *testing.T) {
	u := templateWords(t)
	for word := range u.words {
		if keyLike.MatchString(word) && !u.groups[word] && !Has(word) {
			if _, err := fs.Stat(Static(), word); err != nil {
				t.Errorf("no sentence and no asset %q", word)
			}
		}
	}
	for group := range u.groups {
		if group != "refusal" && !Has(group+".other") {
			t.Errorf("no sentence %s.other for codes that have none", group)
		}
	}
	if len(u.words) < 100 {
		t.Errorf("only %d words found: does the search work?", len(u.words))
	}
}

func TestNoSentenceIsUnused(t *testing.T) {
	u := templateWords(t)
	u.goWords(t)
	isUsed := func(key string) bool {
		if u.words[key] {
			return true
		}
		for group := range u.groups {
			if strings.HasPrefix(key, group+".") {
				return true
			}
		}
		for word := range u.words {
			before, after, pattern := strings.Cut(word, "%s")
			if pattern && before != "" && strings.HasPrefix(key, before) && strings.HasSuffix(key, after) {
				return true
			}
			if strings.HasSuffix(word, ".") && keyLike.MatchString(word+"x") && strings.HasPrefix(key, word) {
				return true
			}
		}
		return false
	}
	for _, key := range keysInOrder(t, "zh.json") {
		if !isUsed(key) {
			t.Errorf("nothing says %q", key)
		}
	}
}

func TestProblemCodes(t *testing.T) {
	for _, code := range []string{
		"invalid_client", "invalid_redirect_uri", "invalid_request", "unsupported_response_type", "flow_expired", "case_expired",
		"flow_elsewhere", "cookies_off", "csrf", "not_found", "method_not_allowed", "too_large", "rate_limited",
		"unavailable", "internal", "account_not_accepted",
	} {
		if !slices.Contains(ProblemCodes(), code) {
			t.Errorf("the error page does not know %q", code)
		}
	}
	for _, code := range ProblemCodes() {
		for _, part := range []string{"title", "text", "next"} {
			if !Has("problem." + code + "." + part) {
				t.Errorf("no sentence problem.%s.%s", code, part)
			}
		}
	}
}

func TestRefusalPrefersTheFieldsSentence(t *testing.T) {
	v := vocabulary{Chinese}
	for _, test := range []struct {
		page    Page
		refusal Refusal
		want    string
	}{
		{LoginEnterprise{}, Refusal{Field: "password", Code: "required"}, "请输入密码"},
		{LoginEnterprise{}, Refusal{Field: "account", Code: "required"}, "请输入账号/统一社会信用代码"},
		{LoginPerson{}, Refusal{Field: "account", Code: "required"}, "请输入手机号码/证件号码"},
		{LoginPerson{}, Refusal{Field: "something", Code: "required"}, "请填写此项"},
		{LoginPerson{}, Refusal{Code: "required"}, "请填写此项"},
		{LoginPerson{}, Refusal{Code: "nobody_knows"}, "操作未能完成，请稍后再试"},
	} {
		if got := v.refusalOn(test.page, test.refusal); got != test.want {
			t.Errorf("%+v: %q, want %q", test.refusal, got, test.want)
		}
	}
}
