// Package register asks the business register: over HTTP, in the protocol of
// docs/gateways.md, or a local copy of it.
package register

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/tongid/tongid/accounts"
)

// EqualNames tells whether two spellings are one name: after NFKC (full-width
// letters and brackets become narrow), with every space and invisible character
// taken out, every dot between the parts of a name made "·" (U+00B7), and letters
// made capital. Nothing else is forgiven: a traditional character is not its
// simplified one, and a name without its "有限公司" is another name.
func EqualNames(a, b string) bool { return nameKey(a) == nameKey(b) }

func nameKey(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		case strings.ContainsRune("\u00b7\u2022\u2027\u2219\u22c5\u30fb\u0387", r):
			return '\u00b7'
		default:
			return unicode.ToUpper(r)
		}
	}, norm.NFKC.String(s))
}

// Compare judges a claim by an entry. What was not claimed, or what the entry
// does not hold, is unknown. A document is its type and number as one: a claim
// of one without the other cannot be judged.
func Compare(e *accounts.RegisterEntry, c accounts.RegisterClaim, equalNames func(a, b string) bool) accounts.RegisterVerdict {
	v := accounts.RegisterVerdict{
		USCC:        accounts.VerdictMatch,
		Name:        verdict(e.Name, c.Name, equalNames),
		RepName:     verdict(e.RepName, c.RepName, equalNames),
		RepDocument: accounts.VerdictUnknown,
		Status:      e.Status,
		AsOf:        e.AsOf,
	}
	if c.RepDocType != "" && e.RepDocType != "" {
		v.RepDocument = verdict(e.RepDocNumber, c.RepDocNumber, func(a, b string) bool {
			return e.RepDocType == c.RepDocType && EqualNames(a, b)
		})
	}
	return v
}

func verdict(held, claimed string, equal func(a, b string) bool) accounts.Verdict {
	switch {
	case held == "" || claimed == "":
		return accounts.VerdictUnknown
	case equal(held, claimed):
		return accounts.VerdictMatch
	default:
		return accounts.VerdictMismatch
	}
}

// unknown is the answer about an organisation that the register does not have.
func unknown() accounts.RegisterVerdict {
	return accounts.RegisterVerdict{
		USCC: accounts.VerdictUnknown, Name: accounts.VerdictUnknown,
		RepName: accounts.VerdictUnknown, RepDocument: accounts.VerdictUnknown,
	}
}
