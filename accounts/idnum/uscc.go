package idnum

import "strings"

// USCC is a normalised, valid unified social credit code (统一社会信用代码,
// GB 32100-2015): 18 characters.
//
//	 1      department that registers
//	 2      category of organisation
//	 3–8    division of the registering authority (GB/T 2260)
//	 9–17   organisation code (GB 11714): 8 and a check character
//	18      check character
type USCC string

// USCCError says what is wrong with a USCC.
type USCCError string

// What may be wrong with a USCC, in the order it is looked for.
const (
	ErrLength     USCCError = "length"
	ErrCharset    USCCError = "charset"
	ErrDepartment USCCError = "department"
	ErrDivision   USCCError = "division"
	ErrCheck      USCCError = "check"
)

func (e USCCError) Error() string { return "idnum: uscc: " + string(e) }

const (
	usccLength = 18
	// usccSymbols is the alphabet of GB 32100: no I, O, S, V, Z. A symbol's
	// place is its value; those of GB 11714 differ, see organisationCheck.
	usccSymbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	// usccDepartments are the codes given out: 编办, 外交, 司法, 文化, 民政, 旅游,
	// 宗教, 工会, 市场监管, 军队, 农业, 其他.
	usccDepartments = "123456789ANY"
)

// ParseUSCC normalises s and returns it as a USCC, or a USCCError. Whether the code
// was ever given out is for the register to say; so is a wrong organisation
// check character, see OrganisationCheck.
func ParseUSCC(s string) (USCC, error) {
	s = Normalise(s)
	switch {
	case len([]rune(s)) != usccLength:
		return "", ErrLength
	case strings.Trim(s, usccSymbols) != "":
		return "", ErrCharset
	case !strings.Contains(usccDepartments, s[:1]):
		return "", ErrDepartment
	case strings.Trim(s[2:8], "0123456789") != "":
		return "", ErrDivision
	case usccCheck(s[:17]) != s[17]:
		return "", ErrCheck
	}
	return USCC(s), nil
}

// RegistrationNumber reports whether s is written as the number that the register of
// commerce gave before there were codes (工商注册号): 15 digits. It is no USCC, and none
// can be made of it.
func RegistrationNumber(s string) bool {
	s = Normalise(s)
	return len(s) == 15 && digits(s)
}

// usccCheck returns the 18th character for the first 17 (GB 32100 §4.6): the
// weights are the powers of 3 modulo 31.
func usccCheck(s string) byte {
	sum, weight := 0, 1
	for i := range len(s) {
		sum += strings.IndexByte(usccSymbols, s[i]) * weight
		weight = weight * 3 % 31
	}
	return usccSymbols[(31-sum%31)%31]
}

// OrganisationCheck reports whether the organisation code inside (characters 9
// to 17) has the check character of GB 11714. Codes that fail are in use: it is
// a warning, not a refusal.
func (u USCC) OrganisationCheck() bool {
	if len(u) != usccLength {
		return false
	}
	sum := 0
	for i, weight := range [...]int{3, 7, 9, 10, 5, 8, 4, 2} {
		c := u[8+i]
		if digit(c) {
			sum += int(c-'0') * weight
		} else {
			sum += int(c-'A'+10) * weight // A to Z are 10 to 35 here, without gaps
		}
	}
	return "0123456789X"[(11-sum%11)%11] == u[16]
}
