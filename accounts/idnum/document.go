package idnum

import (
	"regexp"
	"strings"
)

// Kinds of identity document, as forms and claims name them.
const (
	KindResidentID        = "resident_id"        // 居民身份证
	KindHKMacaoPermit     = "hk_macao_permit"    // 港澳居民来往内地通行证
	KindTaiwanPermit      = "taiwan_permit"      // 台湾居民来往大陆通行证
	KindResidencePermit   = "residence_permit"   // 港澳台居民居住证
	KindPermanentResident = "permanent_resident" // 外国人永久居留身份证
	KindPassport          = "passport"           // 护照
)

// Kinds lists them all.
func Kinds() []string {
	return []string{
		KindResidentID, KindHKMacaoPermit, KindTaiwanPermit,
		KindResidencePermit, KindPermanentResident, KindPassport,
	}
}

// DocumentError says what is wrong with the number of a document.
type DocumentError string

// What may be wrong with the number of a document, in the order it is looked
// for.
const (
	ErrDocumentKind     DocumentError = "kind"     // no such kind, or the number of another kind
	ErrDocumentLength   DocumentError = "length"   // too few or too many characters
	ErrDocumentCharset  DocumentError = "charset"  // a character that has no place there
	ErrDocumentProvince DocumentError = "province" // no such province
	ErrDocumentDate     DocumentError = "date"     // no such day, or before 1900
	ErrDocumentFuture   DocumentError = "future"   // born after today
	ErrDocumentCheck    DocumentError = "check"    // the check character does not fit
)

func (e DocumentError) Error() string { return "idnum: document: " + string(e) }

// ParseDocument normalises the number of a document and checks it by the rules
// of its kind. It returns the canonical number, or a DocumentError.
func ParseDocument(kind, text string, today Date) (string, error) {
	switch kind {
	case KindResidentID, KindResidencePermit:
		id, err := ParseCitizenNumber(text, today)
		if err != nil {
			return "", err
		}
		if id.ResidencePermit() != (kind == KindResidencePermit) {
			return "", ErrDocumentKind
		}
		return string(id), nil
	case KindPermanentResident:
		return parsePermanentResident(text, today)
	case KindHKMacaoPermit:
		return parsePermit(text, "HM")
	case KindTaiwanPermit:
		return parsePermit(text, "")
	case KindPassport:
		return parsePassport(text)
	default:
		return "", ErrDocumentKind
	}
}

// DocumentKey returns what tells the holders of a kind of document apart: of a
// permit that is issued again with a count behind it, the part that stays. The
// number must be canonical.
func DocumentKey(kind, number string) string {
	keep := len(number)
	switch kind {
	case KindHKMacaoPermit:
		keep = 9
	case KindTaiwanPermit:
		keep = 8
	}
	return number[:min(keep, len(number))]
}

// SameDocument reports whether two canonical numbers of a kind belong to one
// holder's document.
func SameDocument(kind, a, b string) bool { return DocumentKey(kind, a) == DocumentKey(kind, b) }

// BirthOf returns the date of birth that a canonical number holds, if its kind
// has one in it.
func BirthOf(kind, number string) (Date, bool) {
	switch kind {
	case KindResidentID, KindResidencePermit, KindPermanentResident:
	default:
		return Date{}, false
	}
	if len(number) != citizenLength || !digits(number[:citizenLength-1]) {
		return Date{}, false // the permanent resident's card before 2023
	}
	d := CitizenNumber(number).Birth()
	return d, d.Valid()
}

// parsePermit reads a travel permit: one of the letters, if there are any, 8
// digits for life, and perhaps 2 that count how often it was issued.
func parsePermit(text, letters string) (string, error) {
	s := Normalise(text)
	body := s
	if letters != "" && s != "" && strings.Contains(letters, s[:1]) {
		body = s[1:]
	} else if letters != "" && s != "" {
		return "", ErrDocumentCharset
	}
	switch {
	case len([]rune(body)) != 8 && len([]rune(body)) != 10:
		return "", ErrDocumentLength
	case !digits(body):
		return "", ErrDocumentCharset
	}
	return s, nil
}

// parsePermanentResident reads a foreigner's permanent resident number: since
// 2023 one in the form of a citizen's that begins with 9 (9, 2 division, 3
// country, 8 birth, 3 sequence, 1 check); on older cards, good until they end, 3
// letters and 12 digits.
func parsePermanentResident(text string, today Date) (string, error) {
	s := Normalise(text)
	length := len([]rune(s))
	switch {
	case length == 15:
		if len(s) != length || strings.Trim(s[:3], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || !digits(s[3:]) {
			return "", ErrDocumentCharset
		}
		return s, nil
	case length != citizenLength:
		return "", ErrDocumentLength
	case !citizenCharset(s):
		return "", ErrDocumentCharset
	case s[0] != '9':
		return "", ErrDocumentKind
	}
	if err := CitizenNumber(s).check(today); err != nil {
		return "", err
	}
	return s, nil
}

const (
	minPassport = 5
	maxPassport = 17
)

// parsePassport reads the number of any country's passport: no more is common to
// them than capital letters and digits.
func parsePassport(text string) (string, error) {
	s := Normalise(text)
	switch n := len([]rune(s)); {
	case n < minPassport || n > maxPassport:
		return "", ErrDocumentLength
	case strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return "", ErrDocumentCharset
	}
	return s, nil
}

// ChinesePassport reports whether a canonical passport number has the form of
// the People's Republic's: E and 8 digits, E, a letter but I and O, and 7 digits,
// or the older G and 8 digits. Other countries' may look the same: it is a hint.
func ChinesePassport(number string) bool {
	return regexp.MustCompile(`^(E[A-HJ-NP-Z0-9]|G\d)\d{7}$`).MatchString(number)
}
