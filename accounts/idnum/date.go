package idnum

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day in the calendar of China, without time or zone.
type Date struct {
	Year, Month, Day int
}

// DateError says why a text is no date.
type DateError string

// What may be wrong with a date.
const (
	ErrDateFormat     DateError = "format"     // not YYYY-MM-DD
	ErrDateImpossible DateError = "impossible" // no such day, or a year nobody means
)

func (e DateError) Error() string { return "idnum: date: " + string(e) }

const (
	minYear = 1900
	maxYear = 2199
)

// china is the zone of China, which has had one and no summer time since 1991. It
// needs no table of zones.
var china = time.FixedZone("", 8*60*60)

// DateOf returns the day that t falls on in China.
func DateOf(t time.Time) Date {
	year, month, day := t.In(china).Date()
	return Date{year, int(month), day}
}

// End returns the first instant after the day in China.
func (d Date) End() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, china).UTC()
}

// ParseDate reads YYYY-MM-DD, the years 1900 to 2199. Full-width digits and
// spaces are welcome; other orders and separators are not, for who reads
// 03/04/05 guesses.
func ParseDate(s string) (Date, error) {
	s = Normalise(s)
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' || !digits(s[:4]+s[5:7]+s[8:]) {
		return Date{}, ErrDateFormat
	}
	d := Date{number(s[:4]), number(s[5:7]), number(s[8:])}
	if !d.Valid() {
		return Date{}, ErrDateImpossible
	}
	return d, nil
}

// Valid reports whether there is such a day in the years 1900 to 2199.
func (d Date) Valid() bool {
	return d.Year >= minYear && d.Year <= maxYear && d.Month >= 1 && d.Month <= 12 &&
		d.Day >= 1 && d.Day <= daysOf(d.Year, d.Month)
}

// IsZero reports whether d is no day at all.
func (d Date) IsZero() bool { return d == Date{} }

// String returns YYYY-MM-DD, and nothing for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Compare is negative when d is before e, zero when they are the same day.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// AddYears returns the same day n years later; 29 February becomes the 28th
// where there is none.
func (d Date) AddYears(n int) Date {
	d.Year += n
	d.Day = min(d.Day, daysOf(d.Year, d.Month))
	return d
}

// next returns the day after d.
func (d Date) next() Date {
	switch {
	case d.Day < daysOf(d.Year, d.Month):
		d.Day++
	case d.Month < 12:
		d.Month, d.Day = d.Month+1, 1
	default:
		d = Date{d.Year + 1, 1, 1}
	}
	return d
}

func daysOf(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// digits reports whether s is of ASCII digits alone.
func digits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return true
}

// number reads a few ASCII digits.
func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
