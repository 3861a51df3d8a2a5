package idnum

import (
	"strings"
	"unicode"
)

// MaskPhone shows a mobile number, E.164 or national, as 138****8000. Of
// anything else it shows the last 4 characters at most.
func MaskPhone(s string) string {
	national := []rune(Mobile(s).National())
	if len(national) != mobileLength {
		return hide(national, 0, min(4, len(national)/3))
	}
	return hide(national, 3, 4)
}

// MaskDocument shows 3 characters in front and 4 behind of a document's number
// (220***********0013), fewer of a short one: more than half stays hidden.
func MaskDocument(s string) string {
	r := []rune(s)
	switch {
	case len(r) >= legacyLength:
		return hide(r, 3, 4)
	case len(r) >= 8:
		return hide(r, 1, 2)
	default:
		return hide(r, 0, len(r)/4)
	}
}

// MaskDocumentWhole is MaskDocument where others may look on: 2****************3.
func MaskDocumentWhole(s string) string {
	r := []rune(s)
	if len(r) < 8 {
		return hide(r, 0, 0)
	}
	return hide(r, 1, 1)
}

// MaskName shows the last character of a name in Han characters, and the first
// letter of one in Latin letters.
func MaskName(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) < 2 {
		return hide(r, 0, 0)
	}
	if unicode.Is(unicode.Latin, r[0]) {
		return hide(r, 1, 0)
	}
	behind := 1
	for behind < len(r)-1 && unicode.Is(unicode.Mn, r[len(r)-behind]) {
		behind++ // a variation selector goes with its character
	}
	return hide(r, 0, behind)
}

// hide puts stars where r is not to be seen: all but so many characters in front
// and behind.
func hide(r []rune, front, behind int) string {
	return string(r[:front]) + strings.Repeat("*", len(r)-front-behind) + string(r[len(r)-behind:])
}
