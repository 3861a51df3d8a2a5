package idnum

import "strings"

// Mobile is a normalised number of a mobile phone of the mainland, in E.164:
// +86 and 11 digits.
type Mobile string

// MobileError says what is wrong with a phone number.
type MobileError string

// What may be wrong with a phone number, in the order it is looked for.
const (
	ErrMobileCharset MobileError = "charset" // anything but digits
	ErrMobileLength  MobileError = "length"  // not 11 digits
	ErrMobilePrefix  MobileError = "prefix"  // not 13 to 19
)

func (e MobileError) Error() string { return "idnum: mobile: " + string(e) }

const (
	countryCode  = "+86"
	mobileLength = 11
)

// ParseMobile reads a number with or without the country code, with the spaces,
// dashes and brackets that address books put in. The segments are not checked
// further: they grow, and numbers move between operators.
func ParseMobile(s string) (Mobile, error) {
	s = strings.Map(func(r rune) rune {
		if r == '-' || r == '(' || r == ')' || r >= '\u2010' && r <= '\u2015' || r == '\u2212' {
			return -1
		}
		return r
	}, Normalise(s))
	for _, prefix := range []string{countryCode, "0086", "86"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			s = rest
			break // no mobile number begins with 86
		}
	}
	switch {
	case !digits(s):
		return "", ErrMobileCharset
	case len(s) != mobileLength:
		return "", ErrMobileLength
	case s[0] != '1' || s[1] < '3':
		return "", ErrMobilePrefix
	}
	return Mobile(countryCode + s), nil
}

// National returns the 11 digits that people say.
func (m Mobile) National() string { return strings.TrimPrefix(string(m), countryCode) }

// Masked returns the number as it may be shown: 138****8000.
func (m Mobile) Masked() string { return MaskPhone(string(m)) }
