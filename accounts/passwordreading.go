package accounts

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// longestSyllable is that of zhuang, chuang, shuang.
const longestSyllable = 6

// syllable reports whether s is a syllable of pinyin, or could be one.
func syllable(s []byte) bool {
	i := 0
	if strings.IndexByte("bpmfdtnlgkhjqxrzcsyw", s[0]) >= 0 {
		i = 1
		if len(s) > 1 && s[1] == 'h' && strings.IndexByte("zcs", s[0]) >= 0 {
			i = 2
		}
	}
	switch string(s[i:]) {
	case "a", "ai", "an", "ang", "ao", "e", "ei", "en", "eng", "er", "i", "ia", "ian", "iang", "iao", "ie", "in",
		"ing", "iong", "iu", "o", "ong", "ou", "u", "ua", "uai", "uan", "uang", "ue", "ui", "un", "uo", "v", "ve":
		return true
	default:
		return false
	}
}

// reading is how a name is written in ASCII: for each character or word, in every
// way it may be read.
type reading [][]string

// read reads a name. What has no sound is left out.
func read(name string) reading {
	var made reading
	word := ""
	flush := func() {
		if word != "" {
			made = append(made, []string{word})
		}
		word = ""
	}
	for _, r := range strings.ToLower(norm.NFKD.String(name)) {
		switch {
		case small(r) || decimal(r):
			word += string(r)
		case unicode.Is(unicode.Mn, r): // an accent
		default:
			flush()
			if sounds := soundsOf(r); sounds != nil {
				made = append(made, sounds)
			}
		}
	}
	flush()
	return made
}

// soundsOf returns the ways to write a Han character in pinyin without tones, of
// which the vowel with two dots has three.
func soundsOf(r rune) []string {
	args := pinyin.NewArgs()
	args.Heteronym = true
	var sounds []string
	for _, s := range pinyin.SinglePinyin(r, args) {
		sounds = append(sounds, s)
		if strings.Contains(s, "v") {
			sounds = append(sounds, strings.Replace(s, "v", "u", 1), strings.Replace(s, "v", "yu", 1))
		}
	}
	return sounds
}

// from finds what of a reading begins at a place in a password: one or more of
// its syllables (of 3 letters at least), or their initials (of 3 at least, or all
// of them).
func (r reading) from(s []byte, at int, reach func(end, cost int)) {
	for first := range r {
		if !r.begins(first, s[at]) {
			continue
		}
		r.follow(s, at, first, func(end, _ int) {
			if end-at >= minWord {
				reach(end, 1)
			}
		})
		end, next := at, first
		for next < len(r) && end < len(s) && r.begins(next, s[end]) {
			next, end = next+1, end+1
			if end-at >= minWord || end-at == len(r) && len(r) > 1 {
				reach(end, 1)
			}
		}
	}
}

// follow tells how far a password goes along a reading from one syllable on:
// every place where a syllable ends, and how many there were.
func (r reading) follow(s []byte, at, first int, reach func(end, syllables int)) {
	type place struct{ end, next int }
	open := []place{{at, first}}
	for len(open) > 0 {
		here := open[len(open)-1]
		open = open[:len(open)-1]
		if here.next == len(r) {
			continue
		}
		for _, sound := range r[here.next] {
			if end := here.end + len(sound); end <= len(s) && string(s[here.end:end]) == sound {
				reach(end, here.next+1-first)
				if further := (place{end, here.next + 1}); !slices.Contains(open, further) {
					open = append(open, further)
				}
			}
		}
	}
}

// begins reports whether a syllable may begin with this letter.
func (r reading) begins(syllable int, letter byte) bool {
	return slices.ContainsFunc(r[syllable], func(sound string) bool { return sound[0] == letter })
}
