package idnum

import "strings"

// CitizenNumber is a normalised, valid citizen identity number (公民身份号码, GB
// 11643-1999): 18 characters, on resident identity cards and on the residence
// permits of people from Hong Kong, Macao and Taiwan.
//
//	 1–6    division of first registration (GB/T 2260)
//	 7–14   date of birth
//	15–17   sequence, odd for men
//	18      check character (ISO 7064 MOD 11-2)
type CitizenNumber string

// Sex is what a citizen number says of it.
type Sex string

// The sexes of GB/T 2261.1 that a citizen number can say.
const (
	SexMale   Sex = "male"
	SexFemale Sex = "female"
)

const (
	citizenLength = 18
	legacyLength  = 15
	// provinces are the first two digits ever given out: mainland, Taiwan (71),
	// and the residence permits of Hong Kong (81), Macao (82) and Taiwan (83).
	provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
)

// ParseCitizenNumber normalises s and returns it as a citizen number, or a
// DocumentError. Of the division only the province is checked: the others come
// and go while the numbers live on.
func ParseCitizenNumber(s string, today Date) (CitizenNumber, error) {
	s = Normalise(s)
	switch {
	case len([]rune(s)) != citizenLength:
		return "", ErrDocumentLength
	case !citizenCharset(s):
		return "", ErrDocumentCharset
	case !province(s[:2]):
		return "", ErrDocumentProvince
	}
	n := CitizenNumber(s)
	if err := n.check(today); err != nil {
		return "", err
	}
	return n, nil
}

// CitizenNumberOfLegacy converts a number of 15 digits (no century, no check
// character) as it was until 1999. Such numbers prove nothing since 2013: it is
// for finding people in old records alone.
func CitizenNumberOfLegacy(s string, today Date) (CitizenNumber, error) {
	s = Normalise(s)
	switch {
	case len([]rune(s)) != legacyLength:
		return "", ErrDocumentLength
	case !digits(s):
		return "", ErrDocumentCharset
	}
	s = s[:6] + "19" + s[6:]
	return ParseCitizenNumber(s+string(citizenCheck(s)), today)
}

// check looks at what lies behind the division.
func (n CitizenNumber) check(today Date) error {
	birth := n.Birth()
	switch {
	case !birth.Valid():
		return ErrDocumentDate
	case birth.After(today):
		return ErrDocumentFuture
	case citizenCheck(string(n[:17])) != n[17]:
		return ErrDocumentCheck
	}
	return nil
}

// Birth returns the date of birth.
func (n CitizenNumber) Birth() Date {
	return Date{number(string(n[6:10])), number(string(n[10:12])), number(string(n[12:14]))}
}

// Sex returns the sex that was registered.
func (n CitizenNumber) Sex() Sex {
	if (n[16]-'0')%2 == 1 {
		return SexMale
	}
	return SexFemale
}

// ResidencePermit reports whether the number is of a residence permit for people
// from Hong Kong, Macao or Taiwan, and not of a resident identity card.
func (n CitizenNumber) ResidencePermit() bool {
	return n[:2] == "81" || n[:2] == "82" || n[:2] == "83"
}

func province(s string) bool {
	at := strings.Index(provinces, s)
	return at >= 0 && at%3 == 0
}

func citizenCharset(s string) bool {
	return len(s) == citizenLength && digits(s[:citizenLength-1]) && (digit(s[17]) || s[17] == 'X')
}

// citizenCheck returns the 18th character for the first 17: the weights are the
// powers of 2 modulo 11.
func citizenCheck(s string) byte {
	sum := 0
	for i := range len(s) {
		sum = (sum + int(s[i]-'0')) * 2 % 11
	}
	return "10X98765432"[sum]
}
