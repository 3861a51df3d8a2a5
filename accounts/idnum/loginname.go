package idnum

const (
	minLoginName = 8
	maxLoginName = 20
)

// ValidLoginName reports whether s may be an enterprise's login name: 8 to 20
// ASCII letters, digits and underscores, a letter first, and not a USCC, which
// would let one firm take another's identifier.
func ValidLoginName(s string) bool {
	if len(s) < minLoginName || len(s) > maxLoginName || !letter(s[0]) {
		return false
	}
	for i := range len(s) {
		if !letter(s[i]) && !digit(s[i]) && s[i] != '_' {
			return false
		}
	}
	_, err := ParseUSCC(s)
	return err != nil
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func digit(b byte) bool { return b >= '0' && b <= '9' }
