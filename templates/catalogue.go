package templates

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Languages of the pages, as they stand in View.Lang and in <html lang>.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Languages lists the languages of the pages, the default first.
func Languages() []string { return []string{Chinese, English} }

//go:embed zh.json en.json
var catalogueFiles embed.FS

// catalogues maps language → key → sentence. It is read once, when first asked.
var catalogues = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for lang, file := range map[string]string{Chinese: "zh.json", English: "en.json"} {
		raw, err := catalogueFiles.ReadFile(file)
		if err != nil {
			panic(err) // embedded: cannot fail in a program that was built
		}
		sentences := map[string]string{}
		if err := json.Unmarshal(raw, &sentences); err != nil {
			panic(fmt.Errorf("templates: %s: %w", file, err))
		}
		all[lang] = sentences
	}
	return all
})

// Say returns the sentence of that key in that language, with {0}, {1}… replaced
// by args, and {0|one|other} by the form that fits a count. An unknown language
// means Chinese. An unknown key gives a sentence that says nothing wrong, since
// a person must never see a code.
func Say(lang, key string, args ...any) string {
	sentence, ok := sentenceOf(lang, key)
	if !ok {
		sentence, _ = sentenceOf(lang, "say.unknown")
	}
	return fill(sentence, args)
}

// Has reports whether every language has a sentence for the key.
func Has(key string) bool {
	for _, lang := range Languages() {
		if _, ok := catalogues()[lang][key]; !ok {
			return false
		}
	}
	return true
}

// Codes lists the codes that have a sentence under a prefix: Codes("refusal")
// lists "captcha_wrong" for the key "refusal.captcha_wrong".
func Codes(prefix string) []string {
	seen := map[string]bool{}
	for key := range catalogues()[Chinese] {
		if rest, ok := strings.CutPrefix(key, prefix+"."); ok {
			code, _, _ := strings.Cut(rest, ".")
			seen[code] = true
		}
	}
	return sortedKeys(seen)
}

func sentenceOf(lang, key string) (string, bool) {
	sentences, ok := catalogues()[lang]
	if !ok {
		sentences = catalogues()[Chinese]
	}
	sentence, ok := sentences[key]
	return sentence, ok
}

// fill replaces the numbered places of a sentence.
func fill(sentence string, args []any) string {
	if !strings.Contains(sentence, "{") {
		return sentence
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(sentence, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		place, after, closed := strings.Cut(rest, "}")
		if !closed {
			out.WriteString("{" + rest)
			return out.String()
		}
		out.WriteString(fillPlace(place, args))
		sentence = after
	}
}

// fillPlace answers one place: "0", or "0|minute|minutes". What is no place
// stays as it is, so that a sentence may hold a literal {m} for the script.
func fillPlace(place string, args []any) string {
	forms := strings.Split(place, "|")
	n, err := strconv.Atoi(forms[0])
	if err != nil || n < 0 || n >= len(args) {
		return "{" + place + "}"
	}
	value := strings.Map(dropBidi, fmt.Sprint(args[n]))
	switch {
	case len(forms) != 3:
		return value
	case value == "1":
		return forms[1]
	default:
		return forms[2]
	}
}

// dropBidi drops the characters that turn the direction of the text after them
// (Unicode UAX #9 §2): a name within a sentence must not turn the sentence.
func dropBidi(r rune) rune {
	switch {
	case r == '\u061C', r == '\u200E', r == '\u200F', r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
		return -1
	}
	return r
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
