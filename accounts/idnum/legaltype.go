package idnum

import "slices"

// prefixed is which legal types (法人类型, as forms name them) have a USCC that
// begins with two characters: the department that registers, and its category.
type prefixed struct {
	prefix string
	types  []string
}

const legalTypeOther = "other"

func legalTypes() []prefixed {
	return []prefixed{
		{"11", []string{"government"}},
		{"12", []string{"institution"}},
		{"13", []string{"mass_org"}},
		{"31", []string{"law_firm"}},
		{"32", []string{"notary"}},
		{"33", []string{"legal_service_office"}},
		{"34", []string{"forensic_institution"}},
		{"35", []string{"arbitration_commission"}},
		{"51", []string{"social_group"}},
		{"52", []string{"private_nonprofit"}},
		{"53", []string{"foundation"}},
		{"71", []string{"religious_site"}},
		{"81", []string{"union"}},
		{"91", []string{"enterprise", "non_legal_enterprise"}},
		{"92", []string{"individual_business"}},
		{"93", []string{"farmers_coop"}},
		{"N1", []string{"collective"}},
		{"N2", []string{"collective"}},
		{"N3", []string{"collective"}},
	}
}

// LegalTypesOf returns the legal types that an organisation with this code may
// be: "other" alone, if the code begins as that of none that has a name.
func LegalTypesOf(code USCC) []string {
	if len(code) != usccLength {
		return nil
	}
	for _, p := range legalTypes() {
		if p.prefix == string(code[:2]) {
			return p.types
		}
	}
	return []string{legalTypeOther}
}

// LegalTypeFits reports whether an organisation of this legal type may have this
// code.
func LegalTypeFits(legalType string, code USCC) bool {
	return slices.Contains(LegalTypesOf(code), legalType)
}
