package idnum

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalise brings a number or login name as people type it to the one form
// that is compared and stored: NFKC (full-width letters and digits become plain
// ones), no white space and no invisible characters, which come along when a
// number is copied from a document, and upper case. Unknown bytes stay. What
// differs after it differs without regard to case too, whichever way a store
// folds case.
func Normalise(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToUpper(unicode.ToLower(unicode.ToUpper(r))) // the dotted and dotless i come together
	}, norm.NFKC.String(s))
	return norm.NFKC.String(s) // characters that the removed ones kept apart may now combine
}
