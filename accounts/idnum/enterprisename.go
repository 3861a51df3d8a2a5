package idnum

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	openers   = "(\uff08[\u3010\u3014{\u3016\u3008\u300a"
	closers   = ")\uff09]\u3011\u3015}\u3017\u3009\u300b"
	dashes    = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
	quotes    = "'\"\u2018\u2019\u201c\u201d\u300c\u300d\u300e\u300f\uff02\uff07"
	commas    = ",\uff0c\u3001\uff64"
	nameSigns = "&\uff06+\uff0b/\uff0f:\uff1a!\uff01\u2116\u2026"
)

// ParseEnterpriseName checks the name of an enterprise and returns it as it was
// typed, without spaces around it and what cannot be seen; names are compared by
// EnterpriseNameKey. Letters of any script are welcome: where peoples are many,
// their scripts stand in names.
func ParseEnterpriseName(text string) (string, error) {
	name := trimName(text)
	if n := utf8.RuneCountInString(name); n < minName || n > maxName {
		return "", ErrNameLength
	}
	letters := 0
	for _, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), han(r):
			letters++
		case letters > 0 && unicode.Is(unicode.M, r):
		case r == ' ', r != '{' && r != '}' && strings.ContainsRune(openers+closers+dashes+quotes+commas+nameSigns+dots, r):
		default:
			return "", ErrNameCharset
		}
	}
	if letters < minName {
		return "", ErrNameForm
	}
	return name, nil
}

// EnterpriseNameKey returns what is equal for two spellings of one name: spaces,
// width, case and the kind of brackets, dashes, commas, dots and quotation marks
// make no difference.
func EnterpriseNameKey(name string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(openers, r):
			return '('
		case strings.ContainsRune(closers, r):
			return ')'
		case strings.ContainsRune(dashes, r):
			return '-'
		case strings.ContainsRune(commas, r):
			return ','
		case strings.ContainsRune(dots, r):
			return middleDot
		case strings.ContainsRune(quotes, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, Normalise(strings.Map(published, name))))
}
