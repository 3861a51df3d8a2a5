package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongid/tongid/accounts"
)

// Document is an identity document as it was typed: the fields <prefix>_type,
// <prefix>_number, <prefix>_term, <prefix>_from and <prefix>_to, where the prefix
// is id or, of a representative, rep_id.
type Document struct {
	Type   string // resident_id where it is empty
	Number string
	Term   string // 5, 10, 20, long
	From   string // YYYY-MM-DD
	To     string // YYYY-MM-DD, empty for long
}

// docTypes are the kinds of identity document to choose from.
func (v vocabulary) docTypes(selected string) ([]choice, error) {
	var choices []choice
	for _, t := range documentTypes() {
		c, err := v.choice(string(t), "doc_type."+string(t), selected)
		if err != nil {
			return nil, err
		}
		choices = append(choices, c)
	}
	return choices, nil
}

// documentTypes are those that people may have, the commonest first.
func documentTypes() []accounts.DocType {
	return []accounts.DocType{
		accounts.DocResidentID, accounts.DocHKMacaoPermit, accounts.DocTaiwanPermit,
		accounts.DocResidencePermit, accounts.DocPermanentResident, accounts.DocPassport,
	}
}

// legalTypes are the kinds of organisation to choose from, after an empty
// choice: to take the first for granted would be wrong too often.
func (v vocabulary) legalTypes(selected string) ([]choice, error) {
	none, err := v.choice("", "legal_type.choose", selected)
	if err != nil {
		return nil, err
	}
	choices := []choice{none}
	for _, t := range accounts.LegalTypes() {
		c, err := v.choice(string(t), "legal_type."+string(t), selected)
		if err != nil {
			return nil, err
		}
		c.Role = slices.Index(roles(), roleOf(string(t)))
		choices = append(choices, c)
	}
	return choices, nil
}

// roles are what the person at the head of an organisation is called: 法定代表人,
// 负责人, 经营者.
func roles() []string { return []string{"representative", "head", "operator"} }

// roleOf is the role that belongs to a legal type.
func roleOf(legalType string) string {
	switch accounts.LegalType(legalType) {
	case "individual_business":
		return "operator"
	case "non_legal_enterprise", "law_firm", "notary", "legal_service_office",
		"forensic_institution", "religious_site", "other":
		return "head"
	default:
		return "representative"
	}
}

// roleSentence is a sentence that follows the role.
type roleSentence struct {
	Text string
	All  string // the sentence of each role, with | between: the script shows another when the legal type changes
}

// roleText is the sentence of a key that holds %s for the role, or of any other
// key. Without a role the first one's is taken.
func (v vocabulary) roleText(key, role string) (roleSentence, error) {
	if !strings.Contains(key, "%s") {
		sentence, err := v.text(key)
		return roleSentence{Text: sentence}, err
	}
	var all []string
	var s roleSentence
	for _, r := range roles() {
		sentence, err := v.text(fmt.Sprintf(key, r))
		if err != nil {
			return s, err
		}
		if r == role || s.Text == "" {
			s.Text = sentence
		}
		all = append(all, sentence)
	}
	s.All = strings.Join(all, "|")
	return s, nil
}

// roleTextOf is roleText by the legal type.
func (v vocabulary) roleTextOf(key, legalType string) (roleSentence, error) {
	return v.roleText(key, roleOf(legalType))
}
