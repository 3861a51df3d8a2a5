package idnum

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

type citizenVectors struct {
	ID struct {
		Valid                []string    `json:"valid"`
		Normalise            [][2]string `json:"normalise"`
		Invalid              [][2]string `json:"invalid"`
		Legacy15             [][2]string `json:"legacy15"`
		ForeignPermanent2023 []string    `json:"foreign_permanent_2023"`
	} `json:"id"`
}

func loadCitizen(tb testing.TB) citizenVectors {
	tb.Helper()
	raw, err := os.ReadFile("testdata/citizen.json")
	if err != nil {
		tb.Fatal(err)
	}
	var v citizenVectors
	if err := json.Unmarshal(raw, &v); err != nil {
		tb.Fatal(err)
	}
	if len(v.ID.Valid) == 0 || len(v.ID.Normalise) == 0 || len(v.ID.Invalid) == 0 || len(v.ID.Legacy15) == 0 || len(v.ID.ForeignPermanent2023) == 0 {
		tb.Fatal("vectors are missing")
	}
	return v
}

var today = Date{2026, 11, 23}

func TestParseCitizenNumber(t *testing.T) {
	v := loadCitizen(t).ID
	for _, s := range v.Valid {
		if got, err := ParseCitizenNumber(s, today); err != nil || string(got) != s {
			t.Errorf("ParseCitizenNumber(%q) = %q, %v", s, got, err)
		}
	}
	for _, pair := range v.Normalise {
		if got, err := ParseCitizenNumber(pair[0], today); err != nil || string(got) != pair[1] {
			t.Errorf("ParseCitizenNumber(%q) = %q, %v, want %q", pair[0], got, err, pair[1])
		}
	}
	for _, pair := range v.Invalid {
		if got, err := ParseCitizenNumber(pair[0], today); !errors.Is(err, DocumentError(pair[1])) || got != "" {
			t.Errorf("ParseCitizenNumber(%q) = %q, %v, want %s", pair[0], got, err, pair[1])
		}
	}
	for _, pair := range v.Legacy15 {
		if got, err := CitizenNumberOfLegacy(pair[0], today); err != nil || string(got) != pair[1] {
			t.Errorf("CitizenNumberOfLegacy(%q) = %q, %v, want %q", pair[0], got, err, pair[1])
		}
		if got, err := ParseCitizenNumber(pair[0], today); !errors.Is(err, ErrDocumentLength) {
			t.Errorf("ParseCitizenNumber(%q) = %q, %v: old numbers prove nothing", pair[0], got, err)
		}
	}
}

func TestCitizenNumberBirthDays(t *testing.T) {
	born := func(date string) string {
		s := "220102" + date + "001"
		return s + string(citizenCheck(s))
	}
	for date, want := range map[string]error{
		"20261123": nil, "20261124": ErrDocumentFuture, "19000101": nil, "18991231": ErrDocumentDate,
		"20000229": nil, "19000229": ErrDocumentDate, "20230431": ErrDocumentDate, "20230400": ErrDocumentDate,
	} {
		if _, err := ParseCitizenNumber(born(date), today); !errors.Is(err, want) {
			t.Errorf("born on %s: %v, want %v", date, err, want)
		}
	}
}

func TestCitizenNumberSays(t *testing.T) {
	n := CitizenNumber("220102199003070013")
	if n.Birth() != (Date{1990, 3, 7}) || n.Sex() != SexMale || n.ResidencePermit() {
		t.Errorf("%s says %v, %v, %v", n, n.Birth(), n.Sex(), n.ResidencePermit())
	}
	n = "820000197510050249"
	if n.Birth() != (Date{1975, 10, 5}) || n.Sex() != SexFemale || !n.ResidencePermit() {
		t.Errorf("%s says %v, %v, %v", n, n.Birth(), n.Sex(), n.ResidencePermit())
	}
}

// MOD 11-2 notices every single error and every transposition of neighbours.
func TestCitizenNumberNoticesErrors(t *testing.T) {
	const symbols = "0123456789X"
	rapid.Check(t, func(t *rapid.T) {
		date := Date{rapid.IntRange(1900, 2025).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day")}
		s := rapid.SampledFrom(strings.Fields(provinces)).Draw(t, "province") + rapid.StringMatching(`\d{4}`).Draw(t, "division") +
			strings.ReplaceAll(date.String(), "-", "") + rapid.StringMatching(`\d{3}`).Draw(t, "sequence")
		s += string(citizenCheck(s))
		if got, err := ParseCitizenNumber(s, today); err != nil || string(got) != s {
			t.Fatalf("ParseCitizenNumber(%q) = %q, %v", s, got, err)
		}
		for i := range len(s) {
			for _, r := range symbols {
				changed := s[:i] + string(r) + s[i+1:]
				if _, err := ParseCitizenNumber(changed, today); changed != s && err == nil {
					t.Errorf("%s passes for %s", changed, s)
				}
			}
			if i > 0 {
				swapped := s[:i-1] + s[i:i+1] + s[i-1:i] + s[i+1:]
				if _, err := ParseCitizenNumber(swapped, today); swapped != s && err == nil {
					t.Errorf("%s passes for %s", swapped, s)
				}
			}
		}
	})
}

func TestParseDocument(t *testing.T) {
	for _, test := range []struct {
		kind, text, want string
		err              error
	}{
		{KindResidentID, " 220106 1995 0518 004x ", "22010619950518004X", nil},
		{KindResidentID, "２２０１０２１９９００３０７００１３", "220102199003070013", nil},
		{KindResidentID, "810000199208123117", "", ErrDocumentKind},
		{KindResidentID, "220102199003070010", "", ErrDocumentCheck},
		{KindResidentID, "", "", ErrDocumentLength},
		{KindResidentID, strings.Repeat("2", 10_000), "", ErrDocumentLength},
		{KindResidentID, "22010219900307001\u00d7", "", ErrDocumentCharset},
		{KindResidentID, "X20102199003070013", "", ErrDocumentCharset},
		{KindResidencePermit, "830000200002295174", "830000200002295174", nil},
		{KindResidencePermit, "220102199003070013", "", ErrDocumentKind},
		{KindPermanentResident, "922840197809030015", "922840197809030015", nil},
		{KindPermanentResident, "922840197809030016", "", ErrDocumentCheck},
		{KindPermanentResident, "922840197802300015", "", ErrDocumentDate},
		{KindPermanentResident, "220102199003070013", "", ErrDocumentKind},
		{KindPermanentResident, "fra220180010112", "FRA220180010112", nil},
		{KindPermanentResident, "FR1220180010112", "", ErrDocumentCharset},
		{KindPermanentResident, "FRA2201800101121", "", ErrDocumentLength},
		{KindHKMacaoPermit, "h12345678", "H12345678", nil},
		{KindHKMacaoPermit, "M1234567801", "M1234567801", nil},
		{KindHKMacaoPermit, "H1234567", "", ErrDocumentLength},
		{KindHKMacaoPermit, "H123456789", "", ErrDocumentLength},
		{KindHKMacaoPermit, "T12345678", "", ErrDocumentCharset},
		{KindHKMacaoPermit, "H1234567A", "", ErrDocumentCharset},
		{KindHKMacaoPermit, "", "", ErrDocumentLength},
		{KindTaiwanPermit, "12345678", "12345678", nil},
		{KindTaiwanPermit, "1234567801", "1234567801", nil},
		{KindTaiwanPermit, "123456789", "", ErrDocumentLength},
		{KindTaiwanPermit, "1234567A", "", ErrDocumentCharset},
		{KindPassport, "e12345678", "E12345678", nil},
		{KindPassport, "AB1234567890123", "AB1234567890123", nil},
		{KindPassport, "1234", "", ErrDocumentLength},
		{KindPassport, strings.Repeat("1", 18), "", ErrDocumentLength},
		{KindPassport, "E1234567-8", "", ErrDocumentCharset},
		{"driving_licence", "220102199003070013", "", ErrDocumentKind},
		{"", "220102199003070013", "", ErrDocumentKind},
	} {
		got, err := ParseDocument(test.kind, test.text, today)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseDocument(%q, %.30q) = %q, %v, want %q, %v", test.kind, test.text, got, err, test.want, test.err)
		}
	}
	for _, s := range loadCitizen(t).ID.ForeignPermanent2023 {
		if got, err := ParseDocument(KindPermanentResident, s, today); err != nil || got != s {
			t.Errorf("%s: %q, %v", s, got, err)
		}
	}
}

func TestSameDocument(t *testing.T) {
	for _, test := range []struct {
		kind, a, b string
		want       bool
	}{
		{KindHKMacaoPermit, "H12345678", "H1234567802", true},
		{KindHKMacaoPermit, "H1234567801", "H1234567802", true},
		{KindHKMacaoPermit, "H12345678", "M12345678", false},
		{KindTaiwanPermit, "12345678", "1234567801", true},
		{KindTaiwanPermit, "12345678", "12345679", false},
		{KindPassport, "E12345678", "E1234567801", false},
		{KindResidentID, "220102199003070013", "220102199003070013", true},
		{KindHKMacaoPermit, "", "", true},
	} {
		if got := SameDocument(test.kind, test.a, test.b); got != test.want {
			t.Errorf("SameDocument(%q, %q, %q) = %v", test.kind, test.a, test.b, got)
		}
	}
}

func TestBirthOf(t *testing.T) {
	for _, test := range []struct {
		kind, number string
		want         Date
	}{
		{KindResidentID, "220102199003070013", Date{1990, 3, 7}},
		{KindResidencePermit, "830000200002295174", Date{2000, 2, 29}},
		{KindPermanentResident, "922840197809030015", Date{1978, 9, 3}},
		{KindPermanentResident, "FRA220180010112", Date{}},
		{KindPassport, "220102199003070013", Date{}},
		{KindResidentID, "", Date{}},
	} {
		if got, ok := BirthOf(test.kind, test.number); ok != !test.want.IsZero() || ok && got != test.want {
			t.Errorf("BirthOf(%q, %q) = %v, %v", test.kind, test.number, got, ok)
		}
	}
}

func TestChinesePassport(t *testing.T) {
	for number, want := range map[string]bool{
		"E12345678": true, "EA1234567": true, "G12345678": true, "EI1234567": false, "EO1234567": false,
		"X12345678": false, "E1234567": false, "GA1234567": false, "": false,
	} {
		if got := ChinesePassport(number); got != want {
			t.Errorf("ChinesePassport(%q) = %v", number, got)
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	v := loadCitizen(f).ID
	for _, s := range append(append(v.Valid, v.ForeignPermanent2023...), "H1234567801", "12345678", "FRA220180010112", "E1234567x") {
		for _, kind := range Kinds() {
			f.Add(kind, s)
		}
	}
	f.Fuzz(func(t *testing.T, kind, s string) {
		got, err := ParseDocument(kind, s, today)
		if err != nil {
			if _, ok := errors.AsType[DocumentError](err); !ok || got != "" {
				t.Errorf("ParseDocument(%q, %q) = %q, %v", kind, s, got, err)
			}
			return
		}
		if again, err := ParseDocument(kind, got, today); again != got || err != nil {
			t.Errorf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if !SameDocument(kind, got, got) || got != Normalise(got) || len(got) != utf8.RuneCountInString(got) {
			t.Errorf("%q became %q", s, got)
		}
		if birth, ok := BirthOf(kind, got); ok && birth.After(today) {
			t.Errorf("%q: born on %v", got, birth)
		}
	})
}

func FuzzCitizenNumberOfLegacy(f *testing.F) {
	f.Add("220102900307001")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := CitizenNumberOfLegacy(s, today)
		if err != nil {
			return
		}
		if again, err := ParseCitizenNumber(string(got), today); again != got || err != nil {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	})
}
