package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/templates"
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

	all := regexp.MustCompile(`(?m)^#( *[a-z_]+:| +- (\{|[a-z_]+:))`).ReplaceAllString(text, "$1")
	for _, f := range faultsOf(t, Source{File: write(t, "all.yaml", all)}) {
		if !strings.Contains(f, "no such file") && !strings.Contains(f, "goes with") {
			t.Error(f)
		}
	}
	c, _ := Load(Source{File: write(t, "all.yaml", all)})
	if len(c.SMS) != 2 || c.SMS[0].Aliyun == nil || c.SMS[1].HTTP == nil || c.Face.Aliyun == nil || c.Register == nil {
		t.Errorf("not every system outside is in the example: %+v %+v %+v", c.SMS, c.Face, c.Register)
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

// Every piece of configuration in the documents is taken as it stands.
func TestSnippets(t *testing.T) {
	found := 0
	for _, name := range []string{"docs/gateways.md", "docs/operations.md"} {
		for _, snippet := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, name), -1) {
			found++
			for _, f := range faultsOf(t, Source{File: write(t, "c.yaml", snippet[1])}) {
				if !strings.Contains(f, "no such file") {
					t.Errorf("%s: %s", name, f)
				}
			}
		}
	}
	if found < 3 {
		t.Errorf("%d snippets", found)
	}
}

// Every text that a provider has to approve stands in the document, word for word.
func TestApprovedTexts(t *testing.T) {
	text := read(t, "docs/gateways.md")
	renderer, err := templates.New(templates.Brand{})
	if err != nil {
		t.Fatal(err)
	}
	sign := "【" + renderer.MessageSign(templates.Chinese) + "】"
	want := func(key, kind string, params map[string]string) {
		said, err := renderer.Message(templates.Chinese, kind, params)
		said, signed := strings.CutPrefix(said, sign)
		if err != nil || !signed {
			t.Fatalf("%s: %q, %v", kind, said, err)
		}
		if !regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(key) + "` \\| [^|]+ \\| " + regexp.QuoteMeta(said) + " \\|$").MatchString(text) {
			t.Errorf("docs/gateways.md lacks %s: %s", key, said)
		}
	}
	for _, kind := range accounts.MessageKinds() {
		if kind != accounts.KindCode {
			want(kind, kind, map[string]string{"time": "${time}", "tail": "${tail}", "date": "${date}", "until": "${until}"})
		}
	}
	for _, purpose := range codePurposes() {
		want(message.ForPurpose(purpose), accounts.KindCode, map[string]string{"purpose": string(purpose), "code": "${code}", "minutes": "5"})
	}
}
