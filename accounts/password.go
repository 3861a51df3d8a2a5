package accounts

import (
	"cmp"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tongid/tongid/accounts/passhash"
)

// Why a new password is refused.
const (
	CodePasswordCharacters Code = "password_characters" // holds what nobody can type again
	CodePasswordShort      Code = "password_short"
	CodePasswordLong       Code = "password_long"
	CodePasswordPersonal   Code = "password_personal" // made of what is known of its owner
	CodePasswordCommon     Code = "password_common"   // among the first that are tried
	CodePasswordSimple     Code = "password_simple"   // too few kinds of characters for its length
)

// FieldPassword is the form field that a refused password belongs to.
const FieldPassword = "password"

// PasswordRules are what a deployment may choose. What is zero, or weaker than
// we let it be, has the default.
type PasswordRules struct {
	MinLength  int      // characters; 10, and never fewer
	MaxLength  int      // characters; 64, and up to 256
	Classes    int      // of the 4 (capital and small letters, digits, others) must be there; 3, and 1 to 4
	FreeLength int      // characters from which classes do not matter; 16, and never fewer
	Sites      []string // what the site is called: its name, its host. Counted as one guess each
}

const (
	minPasswordLength  = 10
	maxPasswordLength  = 64
	longestPassword    = passhash.MaxPassword / utf8.UTFMax // whatever its characters, it can be hashed
	passwordClasses    = 3
	freePasswordLength = 16
)

// PasswordPolicy says which passwords people may choose. It needs no network and
// keeps nothing; it is safe for concurrent use.
type PasswordPolicy struct {
	rules PasswordRules
	words *weakWords
	sites []reading
}

// NewPasswordPolicy returns a policy with these rules.
func NewPasswordPolicy(r PasswordRules) *PasswordPolicy {
	r.MinLength = max(r.MinLength, minPasswordLength)
	r.MaxLength = min(max(cmp.Or(r.MaxLength, maxPasswordLength), r.MinLength), longestPassword)
	r.Classes = min(max(cmp.Or(r.Classes, passwordClasses), 1), 4)
	r.FreeLength = max(r.FreeLength, freePasswordLength)
	p := &PasswordPolicy{rules: r, words: readWeakWords()}
	for _, name := range r.Sites {
		p.sites = append(p.sites, read(name))
	}
	return p
}

// Rules returns the rules with their defaults, for pages to tell.
func (p *PasswordPolicy) Rules() PasswordRules { return p.rules }

// CheckPassword returns a RefusalError if somebody of whom this is known may not
// choose this password. Characters are counted as they are hashed, after NFC;
// everything else is compared without regard to case, width, separators and l33t
// spelling.
func (p *PasswordPolicy) CheckPassword(password string, about PasswordContext) error {
	if !utf8.ValidString(password) {
		return RefuseField(FieldPassword, CodePasswordCharacters)
	}
	if len(password) > 8*longestPassword { // not worth to be looked at
		return RefuseField(FieldPassword, CodePasswordLong)
	}
	normal := norm.NFC.String(password)
	n := utf8.RuneCountInString(normal)
	switch {
	case !typeable(normal):
		return RefuseField(FieldPassword, CodePasswordCharacters)
	case n < p.rules.MinLength:
		return RefuseField(FieldPassword, CodePasswordShort)
	case n > p.rules.MaxLength:
		return RefuseField(FieldPassword, CodePasswordLong)
	}
	owner := knownOf(about)
	typed := newTypedPassword(normal)
	if owner.within(typed) {
		return RefuseField(FieldPassword, CodePasswordPersonal)
	}
	if guesses := p.guesses(typed, owner.readings); guesses < enoughGuesses {
		if guesses < p.guesses(typed, nil) {
			return RefuseField(FieldPassword, CodePasswordPersonal)
		}
		return RefuseField(FieldPassword, CodePasswordCommon)
	}
	if n < p.rules.FreeLength && classes(normal) < p.rules.Classes {
		return RefuseField(FieldPassword, CodePasswordSimple)
	}
	return nil
}

// typeable reports whether all characters are such that a person sees and can
// type again.
func typeable(s string) bool {
	for _, r := range s {
		if !unicode.IsGraphic(r) {
			return false
		}
	}
	return true
}

// classes counts the kinds of characters: capital letters, small letters, digits,
// anything else.
func classes(s string) int {
	var upper, lower, digit, other int
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return upper + lower + digit + other
}
