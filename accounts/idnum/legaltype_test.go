package idnum

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLegalTypesOf(t *testing.T) {
	for code, want := range map[USCC][]string{
		"91220102MA0TE5T169": {"enterprise", "non_legal_enterprise"},
		"92220104MA84KX2E1M": {"individual_business"},
		"93220182MA1234CD05": {"farmers_coop"},
		"112200000135123474": {"government"},
		"122201004127567879": {"institution"},
		"5122020050213456X0": {"social_group"},
		"52220100MJX311115K": {"private_nonprofit"},
		"53220000MJY077770C": {"foundation"},
		"N2220183MF1234567A": {"collective"},
		"Y1220183MF1234567A": {"other"}, // only the beginning matters here
		"N9220183MF1234567A": {"other"},
		"":                   nil,
	} {
		if diff := cmp.Diff(want, LegalTypesOf(code)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", code, diff)
		}
	}
}

func TestLegalTypeFits(t *testing.T) {
	for _, test := range []struct {
		legalType string
		code      USCC
		want      bool
	}{
		{"enterprise", "91220102MA0TE5T169", true},
		{"non_legal_enterprise", "91220102MA0TE5T169", true},
		{"individual_business", "91220102MA0TE5T169", false},
		{"other", "91220102MA0TE5T169", false},
		{"enterprise", "92220104MA84KX2E1M", false},
		{"", "91220102MA0TE5T169", false},
		{"enterprise", "", false},
	} {
		if got := LegalTypeFits(test.legalType, test.code); got != test.want {
			t.Errorf("LegalTypeFits(%q, %q) = %v", test.legalType, test.code, got)
		}
	}
}
