package idnum

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

type vectors struct {
	USCC struct {
		Valid     []string
		Normalise [][2]string
		Invalid   [][2]string
		Soft      [][2]string
	}
}

func load(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/uscc.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.USCC.Valid) == 0 || len(v.USCC.Normalise) == 0 || len(v.USCC.Invalid) == 0 || len(v.USCC.Soft) == 0 {
		t.Fatal("vectors are missing")
	}
	return v
}

func TestParseUSCC(t *testing.T) {
	v := load(t)
	for _, s := range v.USCC.Valid {
		got, err := ParseUSCC(s)
		if err != nil || string(got) != s {
			t.Errorf("ParseUSCC(%q) = %q, %v", s, got, err)
		}
		if !got.OrganisationCheck() {
			t.Errorf("%s: organisation check fails", s)
		}
	}
	for _, pair := range v.USCC.Normalise {
		if got, err := ParseUSCC(pair[0]); err != nil || string(got) != pair[1] {
			t.Errorf("ParseUSCC(%q) = %q, %v, want %q", pair[0], got, err, pair[1])
		}
	}
	for _, pair := range v.USCC.Invalid {
		if got, err := ParseUSCC(pair[0]); !errors.Is(err, USCCError(pair[1])) {
			t.Errorf("ParseUSCC(%q) = %q, %v, want %s", pair[0], got, err, pair[1])
		}
	}
	for _, pair := range v.USCC.Soft {
		got, err := ParseUSCC(pair[0])
		if err != nil || got.OrganisationCheck() {
			t.Errorf("ParseUSCC(%q) = %v, organisation check %v, want only that one to fail", pair[0], err, got.OrganisationCheck())
		}
	}
}

// Any one character changed must be noticed: that is what the check is for.
func TestUSCCNoticesEverySingleError(t *testing.T) {
	for _, s := range load(t).USCC.Valid {
		for i := range len(s) {
			for _, r := range usccSymbols {
				changed := s[:i] + string(r) + s[i+1:]
				if _, err := ParseUSCC(changed); changed != s && err == nil {
					t.Errorf("%s passes for %s", changed, s)
				}
			}
		}
	}
}

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		" jlshili01\t":                    "JLSHILI01",
		"ｊｌｓｈｉｌｉ０１":                       "JLSHILI01",
		"9122 0102\u3000MA0TE5\u00a0T169": "91220102MA0TE5T169",
		"\ufeff91220102\u200bMA0TE5T169":  "91220102MA0TE5T169",
		"":                                "",
	} {
		if got := Normalise(in); got != want {
			t.Errorf("Normalise(%q) = %q, want %q", in, got, want)
		}
	}
}

// A spelling that a store takes for another one must not be counted apart from
// it.
func TestNormaliseLeavesNothingToFold(t *testing.T) {
	seen := map[string]rune{}
	for r := range rune(0x20000) { // beyond it nothing has case
		if unicode.ToUpper(r) == r && unicode.ToLower(r) == r && norm.NFKC.IsNormalString(string(r)) {
			continue
		}
		s := Normalise(string(r))
		if again := Normalise(s); again != s {
			t.Errorf("Normalise(%q) = %q, of which it is %q", r, s, again)
		}
		folded := strings.ToLower(s)
		if other, ok := seen[folded]; ok && Normalise(string(other)) != s {
			t.Errorf("%q and %q fold to %q and are counted apart", r, other, folded)
		}
		seen[folded] = r
	}
}

func TestValidLoginName(t *testing.T) {
	for name, want := range map[string]bool{
		"jlshili01": true, "Abcdefgh": true, "a_234567": true, strings.Repeat("a", 20): true,
		"abcdefg": false, strings.Repeat("a", 21): false, "1abcdefgh": false, "_abcdefgh": false,
		"abcdefg-": false, "abcd efgh": false, "吉林示例公司账号": false, "": false, "ａｂｃｄｅｆｇｈ": false,
		"N2220183MF1234567A": false, // a USCC
		"n2220183mf1234567a": false,
		"N2220183MF1234567B": true, // none
	} {
		if got := ValidLoginName(name); got != want {
			t.Errorf("ValidLoginName(%q) = %v, want %v", name, got, want)
		}
	}
}

func FuzzParseUSCC(f *testing.F) {
	for _, s := range load(f).USCC.Valid {
		f.Add(s)
		f.Add(strings.ToLower(s))
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseUSCC(s)
		if err != nil {
			return
		}
		if again, err := ParseUSCC(string(got)); again != got || err != nil {
			t.Errorf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if len(got) != usccLength || strings.Trim(string(got), usccSymbols) != "" {
			t.Errorf("%q became %q", s, got)
		}
		_ = got.OrganisationCheck() // must not panic
	})
}

func FuzzNormalise(f *testing.F) {
	f.Add(" ｊｌshili01\u200b")
	f.Add("e\u200d\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		got := Normalise(s)
		if again := Normalise(got); again != got {
			t.Errorf("Normalise(%q) = %q, of which it is %q", s, got, again)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("Normalise(%q) = %q is not UTF-8", s, got)
		}
	})
}
