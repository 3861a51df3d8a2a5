package accounts

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/tongid/tongid/accounts/idnum"
)

// PasswordContext is what is known of the owner of a new password. Nobody may
// choose what others know. Empty fields are not looked at.
type PasswordContext struct {
	Account        string // login name
	Phone          string // E.164 or 11 digits
	USCC           string
	EnterpriseName string
	PersonName     string // the owner, or the enterprise's representative
	DocType        DocType
	DocNumber      string
}

// owner is a PasswordContext as a guesser uses it.
type owner struct {
	account  string    // as it was chosen, in lower case
	secrets  []string  // must not be within a password, forwards or backwards
	readings []reading // count as one guess
	person   reading
	firm     reading
}

// Lengths from which something that is known may not be within a password. What
// is shorter is within good ones by chance.
const (
	minSecret       = 4
	minFirmReading  = 8 // letters of an enterprise's name, of 4 syllables at least
	minFirmInitials = 5
	longestTurned   = 8 // parts of a person's name that may come first
)

func knownOf(c PasswordContext) *owner {
	o := &owner{account: strings.ToLower(c.Account), person: read(c.PersonName), firm: read(c.EnterpriseName)}
	o.add(c.Account, c.PersonName, c.EnterpriseName)
	o.add(phoneSecrets(c.Phone)...)
	o.add(documentSecrets(c.DocType, c.DocNumber)...)
	if code, err := idnum.ParseUSCC(c.USCC); err == nil {
		o.add(string(code), string(code[8:17])) // the second is what goes for the firm's old number
	}
	for _, r := range []reading{o.person, o.firm, read(strings.TrimRight(c.Account, "0123456789_"))} {
		if len(r) > 0 {
			o.readings = append(o.readings, r)
		}
	}
	for _, part := range []string{tail(c.Phone, 4), tail(c.Phone, 6), tail(c.DocNumber, 4), tail(c.USCC, 4), tail(c.USCC, 6)} {
		if part != "" {
			o.readings = append(o.readings, reading{{part}})
		}
	}
	return o
}

// add takes secrets in, as they are compared, and those of Han characters from
// two on.
func (o *owner) add(secrets ...string) {
	for _, s := range secrets {
		s = string(compact([]rune(strings.ToLower(norm.NFKC.String(s)))))
		if len(s) >= minSecret {
			o.secrets = append(o.secrets, s)
		}
	}
}

// phoneSecrets are the number, and what of it no other has.
func phoneSecrets(phone string) []string {
	national := idnum.Mobile(phone).National()
	return []string{national, tail(national, 8)}
}

// documentSecrets are the number, what of it people take for passwords, and the
// date of birth.
func documentSecrets(kind DocType, number string) []string {
	number = idnum.Normalise(number)
	secrets := []string{number, tail(number, 8), tail(number, 6), idnum.DocumentKey(string(kind), number)}
	if strings.HasSuffix(number, "X") {
		secrets = append(secrets, tail(number[:len(number)-1], 6))
	}
	if b, ok := idnum.BirthOf(string(kind), number); ok {
		full := strings.ReplaceAll(b.String(), "-", "")
		secrets = append(secrets, full, full[2:],
			fmt.Sprintf("%d%d%d", b.Year, b.Month, b.Day),
			fmt.Sprintf("%02d%02d%d", b.Day, b.Month, b.Year),
			fmt.Sprintf("%02d%02d%d", b.Month, b.Day, b.Year))
	}
	return secrets
}

// within reports whether the password holds a secret or the owner's name, or is
// one without its separators.
func (o *owner) within(t typedPassword) bool {
	if o.account != "" && (strings.Contains(string(t.runes), o.account) || strings.Contains(reverse(string(t.runes)), o.account)) {
		return true // one of underscores for the most part has no other secret
	}
	password := string(compact(t.runes))
	backwards := reverse(password)
	for _, s := range o.secrets {
		if strings.Contains(password, s) || strings.Contains(backwards, s) {
			return true
		}
	}
	for i, form := range t.forms {
		form = compact(form)
		if i > 0 && o.spelt(string(form)) || o.person.names(form) || o.firm.trades(form) {
			return true
		}
	}
	return false
}

// spelt reports whether a secret is in a password whose l33t spelling is undone.
// Digits alone are as they are.
func (o *owner) spelt(password string) bool {
	return slices.ContainsFunc(o.secrets, func(s string) bool {
		return strings.ContainsFunc(s, small) &&
			(strings.Contains(password, string(unleet([]byte(s), 'i'))) || strings.Contains(password, string(unleet([]byte(s), 'l'))))
	})
}

// names reports whether a person's whole name is in s, whichever part comes
// first.
func (r reading) names(s []byte) bool {
	for first := range min(len(r), longestTurned) {
		order := slices.Concat(r[first:], r[:first])
		for at := range s {
			found := false
			order.follow(s, at, 0, func(end, syllables int) {
				found = found || syllables == len(r) && end-at >= minSecret
			})
			if found {
				return true
			}
		}
	}
	return false
}

// trades reports whether so much of an enterprise's name is in s that it says
// which.
func (r reading) trades(s []byte) bool {
	for at := range s {
		for first := range r {
			if !r.begins(first, s[at]) {
				continue
			}
			found := false
			r.follow(s, at, first, func(end, syllables int) {
				found = found || (syllables >= 4 || syllables == len(r)) && end-at >= minFirmReading
			})
			run := 0
			for first+run < len(r) && at+run < len(s) && r.begins(first+run, s[at+run]) {
				run++
			}
			if found || run >= minFirmInitials {
				return true
			}
		}
	}
	return false
}

// compact leaves letters and digits.
func compact[T rune | byte](s []T) []T {
	made := s[:0:0]
	for _, c := range s {
		if r := rune(c); unicode.IsLetter(r) || unicode.IsDigit(r) {
			made = append(made, c)
		}
	}
	return made
}

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// tail returns the last n characters of ASCII, if there are more than those.
func tail(s string, n int) string {
	if len(s) <= n {
		return ""
	}
	return strings.ToLower(s[len(s)-n:])
}
