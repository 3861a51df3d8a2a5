package idnum

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/unicode/norm"
)

// NameError says what is wrong with a name.
type NameError string

// What may be wrong with a name, in the order it is looked for.
const (
	ErrNameLength  NameError = "length"  // too few or too many characters
	ErrNameCharset NameError = "charset" // a character that names do not have
	ErrNameForm    NameError = "form"    // the characters stand in no order that names have
)

func (e NameError) Error() string { return "idnum: name: " + string(e) }

// Lengths in characters. The ministries ask for 50 at least (2016); passports
// have longer ones.
const (
	minName = 2
	maxName = 100
)

const (
	middleDot = '\u00b7'
	// dots are what people type for the middle dot: bullets, interpuncts, the
	// katakana and full-width dots, full stops.
	dots = ".\u00b7\u0387\u16eb\u2022\u2027\u2219\u22c5\u2e31\u3002\u30fb\uff0e\uff61\uff65"
)

// ParsePersonName checks the name of the holder of a kind of document and
// returns it as it was typed, without spaces around it and what cannot be seen;
// names are compared by PersonNameKey. The name on a resident identity card is of
// Han characters (all of GB 18030) with dots between them; on other documents it
// may be in Latin letters.
func ParsePersonName(kind, text string) (string, error) {
	name := trimName(text)
	if n := utf8.RuneCountInString(name); n < minName || n > maxName {
		return "", ErrNameLength
	}
	latin := kind != KindResidentID
	var before rune // the joining character before, or 0
	for i, r := range name {
		switch {
		case han(r), latin && latinLetter(r):
			before = 0
		case i > 0 && before == 0 && unicode.Is(unicode.Mn, r):
			// belongs to the letter before: a variation selector, an accent
		case !joins(r, latin):
			return "", ErrNameCharset
		case i == 0, before != 0 && (before == ' ') == (r == ' '):
			return "", ErrNameForm // nothing to join, or joined twice
		default:
			before = r
		}
	}
	if before != 0 && (before != '.' || !latin) {
		return "", ErrNameForm
	}
	return name, nil
}

// PersonNameKey returns what is equal for two spellings of one name: dots of any
// kind, spaces, width, case, accents and the code points that characters had
// before they got their own make no difference.
func PersonNameKey(name string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.Map(published, name)))
	letters := []rune(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(dots, r):
			return middleDot
		case r == '-', r == ',', r == '\'', r == '\u2019':
			return -1
		}
		return r
	}, Normalise(plain)))
	key := letters[:0:0]
	for i, r := range letters {
		if r != middleDot || i > 0 && han(letters[i-1]) || i+1 < len(letters) && han(letters[i+1]) {
			key = append(key, r) // in Latin names dots mean no more than spaces
		}
	}
	return norm.NFKC.String(string(key))
}

// trimName takes away the spaces around a name, all but one of those inside that
// follow each other, and what cannot be seen.
func trimName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.Is(unicode.Zs, r) }), " ")
}

// joins reports whether r may stand between the parts of a name.
func joins(r rune, latin bool) bool {
	return r == ' ' || strings.ContainsRune(dots, r) || latin && strings.ContainsRune("-',\u2019", r)
}

func latinLetter(r rune) bool { return unicode.Is(unicode.Latin, r) && unicode.IsLetter(r) }

// han reports whether r is a Han character, known to this Unicode version or
// still to come to the planes set apart for them.
func han(r rune) bool {
	r = published(r)
	return unicode.Is(unicode.Han, r) || r >= 0x20000 && r < 0x3fffe
}

const (
	firstPrivate = 0xe815 // GBK FE50
	lastPrivate  = 0xe864 // GBK FEA0
)

// published maps the code points for private use, by which older systems write
// the 80 characters of GBK that Unicode took up later (U+4DAE among them, of
// which there are names), to those that they have since.
func published(r rune) rune {
	if r < firstPrivate || r > lastPrivate {
		return r
	}
	if known := publishedLast(r); known != 0 {
		return known
	}
	trail := byte(0x50 + r - firstPrivate)
	if trail > 0x7e {
		trail++ // 7F is no trail byte
	}
	text, err := simplifiedchinese.GBK.NewDecoder().Bytes([]byte{0xfe, trail})
	if err != nil {
		return r
	}
	known, _ := utf8.DecodeRune(text)
	return known
}

// publishedLast maps the 14 of them that GBK's table has no code points for: they
// came with Unicode 3.1 and 4.1 (GB 18030-2022).
func publishedLast(r rune) rune {
	switch r {
	case 0xe816:
		return 0x20087
	case 0xe817:
		return 0x20089
	case 0xe818:
		return 0x200cc
	case 0xe81e:
		return 0x9fb4
	case 0xe826:
		return 0x9fb5
	case 0xe82b:
		return 0x9fb6
	case 0xe82c:
		return 0x9fb7
	case 0xe831:
		return 0x215d7
	case 0xe832:
		return 0x9fb8
	case 0xe83b:
		return 0x2298f
	case 0xe843:
		return 0x9fb9
	case 0xe854:
		return 0x9fba
	case 0xe855:
		return 0x241fe
	case 0xe864:
		return 0x9fbb
	default:
		return 0
	}
}
