package idnum

import (
	"errors"
	"slices"
)

// Term is for how long a document is issued, as forms name it.
type Term string

// Terms of identity documents (居民身份证法 §5: 5, 10 and 20 years, or for good).
const (
	Term5    Term = "5"
	Term10   Term = "10"
	Term20   Term = "20"
	TermLong Term = "long" // 长期
)

// Terms lists them in the order forms show them.
func Terms() []Term { return []Term{Term5, Term10, Term20, TermLong} }

// years returns how many years a term is; none for TermLong.
func (t Term) years() int {
	switch t {
	case Term5:
		return 5
	case Term10:
		return 10
	case Term20:
		return 20
	default:
		return 0
	}
}

// End returns the last day of a document issued on from: the same day so many
// years later; of 29 February the 28th where there is none. There is none for
// TermLong.
func (t Term) End(from Date) (Date, bool) {
	if t.years() == 0 || !from.Valid() {
		return Date{}, false
	}
	return from.AddYears(t.years()), true
}

// ValidityField is one of the three things said of a document's validity.
type ValidityField string

// The fields of a validity.
const (
	FieldTerm ValidityField = "term"
	FieldFrom ValidityField = "from"
	FieldTo   ValidityField = "to"
)

// ValidityClass says what is wrong with a validity.
type ValidityClass string

// What may be wrong with a validity.
const (
	ValidityFormat      ValidityClass = "format"       // not YYYY-MM-DD, no such term
	ValidityImpossible  ValidityClass = "impossible"   // no such day
	ValidityFuture      ValidityClass = "future"       // begins after today
	ValidityBeforeBirth ValidityClass = "before_birth" // begins before its holder was born
	ValidityTerm        ValidityClass = "term"         // the end is not that of the term
	ValidityExpired     ValidityClass = "expired"      // all is well, but it has ended
)

// ValidityError says what is wrong with a document's validity, and where.
type ValidityError struct {
	Field ValidityField
	Class ValidityClass
}

func (e *ValidityError) Error() string {
	return "idnum: validity: " + string(e.Field) + ": " + string(e.Class)
}

// Validity is from when to when a document is good, both days included.
type Validity struct {
	From Date
	To   Date // zero for long
	Long bool // 长期
}

// Expired reports whether the document is good no more.
func (v Validity) Expired(today Date) bool { return !v.Long && v.To.Before(today) }

// ValidityClaim is what a form says of a document's validity.
type ValidityClaim struct {
	Kind     string // of the document
	Term     string
	From, To string // To may be empty: the term fills it in, and for TermLong it must be
	Birth    Date   // of the holder, zero when not known
}

// ParseValidity reads a claim and checks it against itself and today. It returns
// a ValidityError for the first thing that is wrong.
func ParseValidity(c ValidityClaim, today Date) (Validity, error) {
	term := Term(Normalise(c.Term))
	if term == "LONG" {
		term = TermLong
	}
	if !slices.Contains(Terms(), term) {
		return Validity{}, &ValidityError{FieldTerm, ValidityFormat}
	}
	from, err := beginning(c, today)
	if err != nil {
		return Validity{}, err
	}
	if term == TermLong {
		if Normalise(c.To) != "" {
			return Validity{}, &ValidityError{FieldTo, ValidityTerm}
		}
		return Validity{From: from, Long: true}, nil
	}
	to, _ := term.End(from)
	if Normalise(c.To) != "" {
		if to, err = readDate(FieldTo, c.To); err != nil {
			return Validity{}, err
		}
	}
	v := Validity{From: from, To: to}
	switch {
	case !endFits(c.Kind, term, from, to):
		return Validity{}, &ValidityError{FieldTo, ValidityTerm}
	case v.Expired(today):
		return Validity{}, &ValidityError{FieldTo, ValidityExpired}
	}
	return v, nil
}

// beginning reads the first day of a claim.
func beginning(c ValidityClaim, today Date) (Date, error) {
	from, err := readDate(FieldFrom, c.From)
	switch {
	case err != nil:
		return Date{}, err
	case from.After(today):
		return Date{}, &ValidityError{FieldFrom, ValidityFuture}
	case !c.Birth.IsZero() && from.Before(c.Birth):
		return Date{}, &ValidityError{FieldFrom, ValidityBeforeBirth}
	}
	return from, nil
}

// endFits reports whether a document of this kind and term may end on that day.
// On identity cards and residence permits it is the day of issue, on 29 February
// or a day beside it; the other kinds may end the day before; and passports are
// issued for as long as their country likes.
func endFits(kind string, term Term, from, to Date) bool {
	end, _ := term.End(from)
	if to == end || from.Month == 2 && from.Day == 29 && end.Day == 28 && to == end.next() {
		return true
	}
	switch kind {
	case KindResidentID, KindResidencePermit:
		return false
	case KindPassport:
		return to.After(from)
	default:
		return to.next() == end
	}
}

func readDate(field ValidityField, s string) (Date, error) {
	d, err := ParseDate(s)
	switch {
	case err == nil:
		return d, nil
	case errors.Is(err, ErrDateImpossible):
		return Date{}, &ValidityError{field, ValidityImpossible}
	default:
		return Date{}, &ValidityError{field, ValidityFormat}
	}
}
