package accounts

import (
	_ "embed" // the list of weak passwords
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed weakpasswords.txt
var weakPasswords string

// enoughGuesses is how many things somebody must guess to have the password. A
// character that nothing hints at is one; so is a word, a run, a keyboard walk,
// however long.
const enoughGuesses = 6

const (
	minWord = 3
	foreign = 0xff // stands for a character outside ASCII in typedPassword.forms
)

// weakWords are what passwords are made of.
type weakWords struct {
	words   map[string]struct{}
	longest int
}

// readWeakWords reads the embedded list and makes the full names from their
// parts.
func readWeakWords() *weakWords {
	w := &weakWords{words: map[string]struct{}{}}
	parts := map[string][]string{}
	section := ""
	for line := range strings.Lines(weakPasswords) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			section = line[1:]
		default:
			parts[section] = append(parts[section], strings.Fields(line)...)
		}
	}
	for _, word := range parts["words"] {
		w.add(word)
	}
	for _, family := range parts["surnames"] {
		for _, given := range parts["givennames"] {
			w.add(family + given)
		}
	}
	return w
}

func (w *weakWords) add(word string) {
	w.words[word] = struct{}{}
	w.longest = max(w.longest, len(word))
}

// typedPassword is a password as guessers look at it.
type typedPassword struct {
	runes []rune   // in lower case, full-width made plain
	forms [][]byte // the same, a byte a character: as typed, and with l33t spelling undone
}

func newTypedPassword(s string) typedPassword {
	t := typedPassword{runes: []rune(strings.ToLower(norm.NFKC.String(s)))}
	plain := make([]byte, len(t.runes))
	for i, r := range t.runes {
		plain[i] = ascii(r)
	}
	t.forms = [][]byte{plain}
	for _, one := range []byte("il") {
		if form := unleet(plain, one); !slices.ContainsFunc(t.forms, func(f []byte) bool { return string(f) == string(form) }) {
			t.forms = append(t.forms, form)
		}
	}
	return t
}

// ascii returns a character of ASCII as a byte, and foreign for any other.
func ascii(r rune) byte {
	if r < 0 || r > unicode.MaxASCII {
		return foreign
	}
	return byte(r)
}

// unleet undoes l33t spelling; a 1 may stand for an i or an l.
func unleet(s []byte, one byte) []byte {
	const from, to = "0@4$5378+96(", "oaassetbtgbc"
	made := slices.Clone(s)
	for i, c := range made {
		if at := strings.IndexByte(from, c); at >= 0 {
			made[i] = to[at]
		} else if c == '1' || c == '!' || c == '|' {
			made[i] = one
		}
	}
	return made
}

// reversed returns the password read from its end.
func (t typedPassword) reversed() typedPassword {
	back := typedPassword{runes: slices.Clone(t.runes)}
	slices.Reverse(back.runes)
	for _, form := range t.forms {
		form = slices.Clone(form)
		slices.Reverse(form)
		back.forms = append(back.forms, form)
	}
	return back
}

// guesses counts the fewest guesses that the password can be put together from,
// forwards or backwards, by one who knows the site and these readings.
func (p *PasswordPolicy) guesses(t typedPassword, known []reading) int {
	known = slices.Concat(p.sites, known)
	return min(p.fewest(t, known), p.fewest(t.reversed(), known))
}

// fewest is the shortest way from the beginning to the end: best[i] is what it
// takes to have the first i characters.
func (p *PasswordPolicy) fewest(t typedPassword, known []reading) int {
	n := len(t.runes)
	best := make([]int, n+1)
	for i := 1; i <= n; i++ {
		best[i] = 2 * n
	}
	for i := range n {
		reach := func(end, cost int) {
			best[end] = min(best[end], best[i]+cost)
		}
		reach(i+1, alone(t.runes, i))
		patterns(t.runes, i, reach)
		for _, form := range t.forms {
			p.words.from(form, i, reach)
			for _, r := range known {
				r.from(form, i, reach)
			}
		}
	}
	return best[n]
}

// alone is what one character costs that belongs to nothing: a separator that
// was there before costs nothing, a character of a large alphabet two.
func alone(s []rune, at int) int {
	r := s[at]
	switch {
	case r > unicode.MaxASCII && unicode.IsLetter(r):
		return 2
	case !unicode.IsLetter(r) && !unicode.IsDigit(r) && slices.Contains(s[:at], r):
		return 0
	default:
		return 1
	}
}

// from finds the words that begin at a place, and syllables of pinyin, of which
// there are more.
func (w *weakWords) from(s []byte, at int, reach func(end, cost int)) {
	for end := at + minWord; end <= min(len(s), at+w.longest); end++ {
		if _, ok := w.words[string(s[at:end])]; ok {
			cost := 1
			if end-at == minWord && small(rune(s[at])) {
				cost = 2 // three letters are a word by chance too often
			}
			reach(end, cost)
		}
	}
	for end := at + minWord; end <= min(len(s), at+longestSyllable); end++ {
		if syllable(s[at:end]) {
			reach(end, 2)
		}
	}
}
