package accounts

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

// Refusals of what forms say, besides those of codes_register.go.
const (
	CodeRequired         Code = "required"
	CodeLegalTypeInvalid Code = "legal_type_invalid"
	CodeDocTypeInvalid   Code = "doc_type_invalid"
)

// RefusalsError are several answers at once: every field of a form that the
// rules say no to.
type RefusalsError []RefusalError

func (e RefusalsError) Error() string {
	words := make([]string, len(e))
	for i, r := range e {
		words[i] = r.Field + " " + string(r.Code)
	}
	return "refused: " + strings.Join(words, ", ")
}

// EnterpriseFacts are what somebody says of an enterprise and of who represents
// it, in canonical form.
type EnterpriseFacts struct {
	LegalType      LegalType
	Name           string
	USCC           string
	Representative Representative
}

// PersonFacts are what somebody says of a person, in canonical form.
type PersonFacts struct {
	Name      string
	DocType   DocType
	DocNumber string
	ValidFrom string // YYYY-MM-DD
	ValidTo   string // empty for 长期
}

// Key is what the person's document is looked up by.
func (p *PersonFacts) Key() string { return idnum.DocumentKey(string(p.DocType), p.DocNumber) }

// Same reports whether two statements are about one person: the name by its
// characters, the document by what stays of it when it is issued again.
func (p *PersonFacts) Same(name string, t DocType, number string) bool {
	document := idnum.SameDocument(string(t), p.DocNumber, number)
	named := idnum.PersonNameKey(p.Name) == idnum.PersonNameKey(name)
	return number != "" && p.DocType == t && document && named
}

// Person returns the facts of the representative as of a person.
func (r *Representative) Person() PersonFacts {
	return PersonFacts{
		Name: r.Name, DocType: r.DocType, DocNumber: r.DocNumber, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
	}
}

// form reads the fields of a form and gathers what is wrong with them.
type form struct {
	values   map[string]string
	today    idnum.Date
	refusals RefusalsError
}

func readForm(values map[string]string, now time.Time) *form {
	return &form{values: values, today: idnum.DateOf(now)}
}

func (f *form) refuse(field string, code Code) {
	if slices.ContainsFunc(f.refusals, func(r RefusalError) bool { return r.Field == field }) {
		return // one thing at a time
	}
	f.refusals = append(f.refusals, RefusalError{Field: field, Code: code})
}

// err returns what was gathered.
func (f *form) err() error {
	if len(f.refusals) == 0 {
		return nil
	}
	return f.refusals
}

// take returns a field that must be filled.
func (f *form) take(field string) (string, bool) {
	value := strings.TrimSpace(f.values[field])
	if value == "" {
		f.refuse(field, CodeRequired)
		return "", false
	}
	return value, true
}

func (f *form) loginName(field string) string {
	name, ok := f.take(field)
	if ok && !idnum.ValidLoginName(name) {
		f.refuse(field, CodeLoginNameInvalid)
	}
	return name
}

func (f *form) phone() string {
	const field = "phone"
	text, ok := f.take(field)
	if !ok {
		return ""
	}
	phone, err := idnum.ParseMobile(text)
	if err != nil {
		f.refuse(field, CodePhoneInvalid)
	}
	return string(phone)
}

func (f *form) uscc(field string) idnum.USCC {
	text, ok := f.take(field)
	if !ok {
		return ""
	}
	code, err := idnum.ParseUSCC(text)
	if fault, ok := errors.AsType[idnum.USCCError](err); ok {
		if idnum.RegistrationNumber(text) {
			f.refuse(field, CodeUSCCRegistration)
		}
		f.refuse(field, Code("uscc_"+string(fault)))
	}
	return code
}

// enterprise reads 法人类型, 法人名称, 统一社会信用代码 and the representative.
func (f *form) enterprise() EnterpriseFacts {
	var facts EnterpriseFacts
	if text, ok := f.take("legal_type"); ok {
		if facts.LegalType = LegalType(text); !facts.LegalType.Valid() {
			f.refuse("legal_type", CodeLegalTypeInvalid)
		}
	}
	if text, ok := f.take("name"); ok {
		name, err := idnum.ParseEnterpriseName(text)
		switch {
		case errors.Is(err, idnum.ErrNameCharset):
			f.refuse("name", CodeFirmNameInvalid)
		case err != nil: // too short, too long, or no letters to speak of
			f.refuse("name", CodeFirmNameLength)
		}
		facts.Name = name
	}
	code := f.uscc("uscc")
	facts.USCC = string(code)
	if code != "" && facts.LegalType.Valid() && !idnum.LegalTypeFits(string(facts.LegalType), code) {
		f.refuse("uscc", CodeUSCCType)
	}
	rep := f.person("rep_name", "rep_id")
	f.validity("rep_id", &rep)
	facts.Representative = Representative(rep)
	return facts
}

// person reads a name and a document: <prefix>_type and <prefix>_number.
func (f *form) person(nameField, prefix string) PersonFacts {
	var p PersonFacts
	if text, ok := f.take(prefix + "_type"); ok {
		if p.DocType = DocType(text); !slices.Contains(idnum.Kinds(), text) {
			f.refuse(prefix+"_type", CodeDocTypeInvalid)
			p.DocType = ""
		}
	}
	if text, ok := f.take(nameField); ok {
		name, err := idnum.ParsePersonName(string(p.DocType), text)
		switch {
		case errors.Is(err, idnum.ErrNameLength):
			f.refuse(nameField, CodeNameLength)
		case err != nil:
			f.refuse(nameField, CodeNameInvalid)
		}
		p.Name = name
	}
	if text, ok := f.take(prefix + "_number"); ok && p.DocType != "" {
		number, err := idnum.ParseDocument(string(p.DocType), text, f.today)
		if fault, ok := errors.AsType[idnum.DocumentError](err); ok {
			f.refuse(prefix+"_number", documentRefusal(p.DocType, fault))
		}
		p.DocNumber = number
	}
	return p
}

// documentRefusal says of citizen numbers what is wrong, and of the others that
// something is: their forms are few and short.
func documentRefusal(t DocType, fault idnum.DocumentError) Code {
	switch {
	case t == DocHKMacaoPermit, t == DocTaiwanPermit, t == DocPassport, fault == idnum.ErrDocumentKind:
		return CodeDocInvalid
	case t == DocPermanentResident && (fault == idnum.ErrDocumentLength || fault == idnum.ErrDocumentCharset):
		return CodePermanentInvalid // either of two forms
	}
	return Code("id_" + string(fault))
}

// validity reads <prefix>_term, _from and _to.
func (f *form) validity(prefix string, p *PersonFacts) {
	claim := idnum.ValidityClaim{
		Kind: string(p.DocType), Term: f.values[prefix+"_term"], From: f.values[prefix+"_from"], To: f.values[prefix+"_to"],
	}
	if p.DocNumber != "" {
		claim.Birth, _ = idnum.BirthOf(string(p.DocType), p.DocNumber)
	}
	_, termOK := f.take(prefix + "_term")
	_, fromOK := f.take(prefix + "_from")
	if !termOK || !fromOK {
		return
	}
	v, err := idnum.ParseValidity(claim, f.today)
	if fault, ok := errors.AsType[*idnum.ValidityError](err); ok {
		f.refuse(prefix+"_"+string(fault.Field), validityRefusal(fault.Class))
		return
	}
	p.ValidFrom, p.ValidTo = v.From.String(), v.To.String()
}

func validityRefusal(class idnum.ValidityClass) Code {
	switch class {
	case idnum.ValidityImpossible:
		return CodeDateImpossible
	case idnum.ValidityFuture:
		return CodeDateFuture
	case idnum.ValidityBeforeBirth:
		return CodeBeforeBirth
	case idnum.ValidityTerm:
		return CodeTermMismatch
	case idnum.ValidityExpired:
		return CodeDocExpired
	default:
		return CodeDateFormat
	}
}

// FillTerm returns the last day of a document that a quick pick means (5年, 10年,
// 20年), empty for 长期 and when the first day is not there yet.
func FillTerm(term, from string) string {
	first, err := idnum.ParseDate(from)
	if err != nil {
		return ""
	}
	last, ok := idnum.Term(term).End(first)
	if !ok {
		return ""
	}
	return last.String()
}
