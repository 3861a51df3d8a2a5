package idnum

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	for text, want := range map[string]Date{
		"2016-03-01": {2016, 3, 1}, "2016-02-29": {2016, 2, 29}, "1900-01-01": {1900, 1, 1}, "2199-12-31": {2199, 12, 31},
		"２０１６－０３－０１": {2016, 3, 1}, "2016-\u200b03-01\u3000": {2016, 3, 1},
	} {
		if got, err := ParseDate(text); err != nil || got != want {
			t.Errorf("ParseDate(%q) = %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"": ErrDateFormat, "2016-3-1": ErrDateFormat, "2016/03/01": ErrDateFormat, "20160301": ErrDateFormat, "01-03-2016": ErrDateFormat,
		"2016-03-01T00:00:00Z": ErrDateFormat, "2016-03-0a": ErrDateFormat, "+016-03-01": ErrDateFormat, "二〇一六-03-01": ErrDateFormat,
		"2015-02-29": ErrDateImpossible, "1900-02-29": ErrDateImpossible, "2016-13-01": ErrDateImpossible, "2016-00-01": ErrDateImpossible,
		"2016-04-31": ErrDateImpossible, "2016-04-00": ErrDateImpossible, "1899-12-31": ErrDateImpossible, "2200-01-01": ErrDateImpossible,
		"9999-12-31": ErrDateImpossible, "0000-00-00": ErrDateImpossible,
	} {
		if got, err := ParseDate(text); !errors.Is(err, want) || !got.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestDateOf(t *testing.T) {
	for _, test := range []struct {
		at   time.Time
		want Date
	}{
		{time.Date(2026, 11, 22, 15, 59, 59, 0, time.UTC), Date{2026, 11, 22}},
		{time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC), Date{2026, 11, 23}},
		{time.Date(2026, 12, 31, 23, 0, 0, 0, time.FixedZone("", -11*3600)), Date{2027, 1, 1}},
	} {
		if got := DateOf(test.at); got != test.want {
			t.Errorf("DateOf(%v) = %v", test.at, got)
		}
	}
}

// Dates agree with package time on what days there are and how they follow.
func TestDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date{rapid.IntRange(1890, 2210).Draw(t, "year"), rapid.IntRange(0, 13).Draw(t, "month"), rapid.IntRange(0, 32).Draw(t, "day")}
		at := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
		valid := at.Year() == d.Year && int(at.Month()) == d.Month && at.Day() == d.Day && d.Year >= 1900 && d.Year <= 2199
		if d.Valid() != valid {
			t.Fatalf("%v: valid is %v", d, d.Valid())
		}
		if !valid {
			return
		}
		if got, err := ParseDate(d.String()); got != d || err != nil {
			t.Errorf("%v is read as %v, %v", d, got, err)
		}
		if next := at.AddDate(0, 0, 1); d.next().String() != next.Format(time.DateOnly) || !d.next().After(d) || !d.Before(d.next()) {
			t.Errorf("after %v comes %v", d, d.next())
		}
	})
}

func TestTermEnd(t *testing.T) {
	for _, test := range []struct {
		term     Term
		from, to Date
	}{
		{Term5, Date{2016, 3, 1}, Date{2021, 3, 1}},
		{Term20, Date{2016, 3, 1}, Date{2036, 3, 1}},
		{Term20, Date{2016, 2, 29}, Date{2036, 2, 29}},
		{Term10, Date{2016, 2, 29}, Date{2026, 2, 28}},
		{TermLong, Date{2016, 3, 1}, Date{}},
		{Term5, Date{}, Date{}},
		{"7", Date{2016, 3, 1}, Date{}},
	} {
		if got, ok := test.term.End(test.from); got != test.to || ok != !test.to.IsZero() {
			t.Errorf("%s years from %v end on %v, %v", test.term, test.from, got, ok)
		}
	}
}

func TestParseValidity(t *testing.T) {
	refused := func(f ValidityField, c ValidityClass) error { return &ValidityError{f, c} }
	born := Date{1990, 3, 7}
	for _, test := range []struct {
		name           string
		kind, term     string
		from, to, want string
		err            error
	}{
		{"filled in", KindResidentID, "20", "2016-03-01", "", "2036-03-01", nil},
		{"typed", KindResidentID, "20", "2016-03-01", "2036-03-01", "2036-03-01", nil},
		{"full width", KindResidentID, "２０", "２０１６-03-01", "", "2036-03-01", nil},
		{"for good", KindResidentID, "long", "2016-03-01", "", "", nil},
		{"for good with an end", KindResidentID, "long", "2016-03-01", "2036-03-01", "", refused(FieldTo, ValidityTerm)},
		{"its last day", KindResidentID, "10", "2016-11-23", "", "2026-11-23", nil},
		{"ended yesterday", KindResidentID, "10", "2016-11-22", "", "", refused(FieldTo, ValidityExpired)},
		{"29 February, filled in", KindResidentID, "20", "2016-02-29", "", "2036-02-29", nil},
		{"29 February, a leap year later", KindResidentID, "20", "2016-02-29", "2036-03-01", "", refused(FieldTo, ValidityTerm)},
		{"29 February to 28", KindResidentID, "5", "2024-02-29", "2029-02-28", "2029-02-28", nil},
		{"29 February to 1 March", KindResidentID, "5", "2024-02-29", "2029-03-01", "2029-03-01", nil},
		{"28 February to 1 March", KindResidentID, "5", "2024-02-28", "2029-03-01", "", refused(FieldTo, ValidityTerm)},
		{"another term", KindResidentID, "10", "2016-03-01", "2036-03-01", "", refused(FieldTo, ValidityTerm)},
		{"the day before", KindResidentID, "20", "2016-03-01", "2036-02-29", "", refused(FieldTo, ValidityTerm)},
		{"the day before, on a permit", KindHKMacaoPermit, "10", "2018-05-05", "2028-05-04", "2028-05-04", nil},
		{"the day before, ended", KindHKMacaoPermit, "10", "2016-11-23", "2026-11-22", "", refused(FieldTo, ValidityExpired)},
		{"two days before, on a permit", KindHKMacaoPermit, "10", "2018-05-05", "2028-05-03", "", refused(FieldTo, ValidityTerm)},
		{"a passport's own term", KindPassport, "10", "2020-05-05", "2027-06-07", "2027-06-07", nil},
		{"a passport that ends first", KindPassport, "10", "2020-05-05", "2019-05-05", "", refused(FieldTo, ValidityTerm)},
		{"no term", KindResidentID, "", "2016-03-01", "2036-03-01", "", refused(FieldTerm, ValidityFormat)},
		{"odd term", KindResidentID, "7", "2016-03-01", "", "", refused(FieldTerm, ValidityFormat)},
		{"no beginning", KindResidentID, "20", "", "2036-03-01", "", refused(FieldFrom, ValidityFormat)},
		{"impossible beginning", KindResidentID, "20", "2016-02-30", "", "", refused(FieldFrom, ValidityImpossible)},
		{"begins tomorrow", KindResidentID, "20", "2026-11-24", "", "", refused(FieldFrom, ValidityFuture)},
		{"begins today", KindResidentID, "20", "2026-11-23", "", "2046-11-23", nil},
		{"begins before birth", KindResidentID, "20", "1990-03-06", "", "", refused(FieldFrom, ValidityBeforeBirth)},
		{"begins at birth, ended", KindResidentID, "20", "1990-03-07", "", "", refused(FieldTo, ValidityExpired)},
		{"bad end", KindResidentID, "20", "2016-03-01", "soon", "", refused(FieldTo, ValidityFormat)},
		{"impossible end", KindResidentID, "20", "2016-03-01", "2036-02-30", "", refused(FieldTo, ValidityImpossible)},
		{"9999", KindResidentID, "20", "2016-03-01", "9999-12-31", "", refused(FieldTo, ValidityImpossible)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseValidity(ValidityClaim{Kind: test.kind, Term: test.term, From: test.from, To: test.to, Birth: born}, today)
			if diff := cmp.Diff(test.err, err); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if err == nil && (got.To.String() != test.want || got.Long != (test.term == "long") || got.Expired(today)) {
				t.Errorf("got %+v, want to end %q", got, test.want)
			}
		})
	}
}

// What the form fills in by itself passes, until the document has ended.
func TestFilledValidityPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := Date{rapid.IntRange(2007, 2026).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), 0}
		from.Day = rapid.IntRange(1, daysOf(from.Year, from.Month)).Draw(t, "day")
		term := rapid.SampledFrom(Terms()).Draw(t, "term")
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		to, _ := term.End(from)
		c := ValidityClaim{Kind: kind, Term: string(term), From: from.String(), To: to.String()}
		typed, errTyped := ParseValidity(c, today)
		c.To = ""
		filled, errFilled := ParseValidity(c, today)
		if typed != filled || (errTyped == nil) != (errFilled == nil) {
			t.Fatalf("typed %+v, %v; filled in %+v, %v", typed, errTyped, filled, errFilled)
		}
		want := error(nil)
		switch {
		case from.After(today):
			want = &ValidityError{FieldFrom, ValidityFuture}
		case !to.IsZero() && to.Before(today):
			want = &ValidityError{FieldTo, ValidityExpired}
		}
		if diff := cmp.Diff(want, errFilled); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	f.Add("2016-02-29")
	f.Add("２０１６－０３－０１")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			return
		}
		if again, err := ParseDate(d.String()); again != d || err != nil || !d.Valid() {
			t.Errorf("%q became %v, which becomes %v, %v", s, d, again, err)
		}
	})
}

func FuzzParseValidity(f *testing.F) {
	f.Add(KindResidentID, "20", "2016-03-01", "2036-03-01")
	f.Add(KindPassport, "long", "2016-02-29", "")
	f.Add(KindTaiwanPermit, "5", "2199-12-31", "2199-12-31")
	f.Fuzz(func(t *testing.T, kind, term, from, to string) {
		v, err := ParseValidity(ValidityClaim{Kind: kind, Term: term, From: from, To: to}, today)
		if err != nil {
			if e, ok := errors.AsType[*ValidityError](err); !ok || !slices.Contains([]ValidityField{FieldTerm, FieldFrom, FieldTo}, e.Field) {
				t.Errorf("%v is no answer", err)
			}
			return
		}
		if v.Expired(today) || v.From.After(today) || !v.Long && !v.To.After(v.From) || v.Long != v.To.IsZero() {
			t.Errorf("%q, %q, %q, %q passes as %+v", kind, term, from, to, v)
		}
	})
}
