package importer

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/accounts/passhash"
)

// What a field may hold. The codes of problems are those of accounts/idnum
// (length, charset, check, department, …) and: missing, unknown, format, date,
// future, order, type (it does not go with the USCC), taken; of rows: csv, columns,
// encoding, duplicate.

func enterpriseColumns() []column {
	return []column{
		{"account", false},
		{"name", true},
		{"uscc", true},
		{"legal_type", true},
		{"rep_name", true},
		{"rep_id_type", false},
		{"rep_id_number", true},
		{"rep_id_from", false},
		{"rep_id_to", false},
		{"phone", false},
		{"password_hash", false},
		{"as_of", false},
	}
}

func entryColumns() []column {
	return []column{
		{"uscc", true},
		{"name", true},
		{"type", true},
		{"status", false},
		{"rep_name", true},
		{"rep_id_type", false},
		{"rep_id_number", true},
		{"address", false},
		{"capital", false},
		{"founded", false},
		{"scope", false},
		{"industry", false},
		{"authority", false},
		{"approved", false},
		{"as_of", false},
	}
}

// reading reads the fields of one row and gathers what is wrong with them.
type reading struct {
	*row
	today    idnum.Date
	problems []Problem
}

func (r *reading) refuse(field, code string) {
	r.problems = append(r.problems, Problem{Line: r.line, Field: field, Code: code, Value: r.cell(field)})
}

// enterprise reads a row of an enterprise.
func (r *reading) enterprise() accounts.ImportedEnterprise {
	e := accounts.ImportedEnterprise{
		Enterprise: accounts.Enterprise{
			Account: r.account(), USCC: r.uscc(), Name: r.name(), LegalType: r.legalType("legal_type"),
			Status: accounts.StatusPendingActivation, Phone: r.phone(), Proofing: accounts.LOAPassword, AsOf: r.asOf(),
			Representative: accounts.Representative{
				ValidFrom: r.past("rep_id_from"), ValidTo: r.until("rep_id_to"),
			},
		},
		ForeignHash: r.foreignHash(),
	}
	rep := &e.Representative
	rep.Name, rep.DocType, rep.DocNumber = r.person()
	if rep.ValidFrom != "" && rep.ValidTo != "" && rep.ValidTo <= rep.ValidFrom {
		r.refuse("rep_id_to", "order")
	}
	return e
}

// entry reads a row of the register.
func (r *reading) entry() accounts.RegisterEntry {
	e := accounts.RegisterEntry{
		USCC: r.uscc(), Name: r.name(), Type: r.legalType("type"), Status: r.status(),
		Address: r.text("address", 500), Capital: r.text("capital", 100), Founded: r.past("founded"),
		Scope: r.text("scope", 20000), Industry: r.text("industry", 200), Authority: r.text("authority", 200),
		Approved: r.past("approved"), AsOf: r.asOf(),
	}
	e.RepName, e.RepDocType, e.RepDocNumber = r.person()
	return e
}

func (r *reading) account() string {
	account := r.cell("account")
	if account != "" && !idnum.ValidLoginName(account) {
		r.refuse("account", "format")
	}
	return account
}

func (r *reading) uscc() string {
	if r.cell("uscc") == "" {
		r.refuse("uscc", "missing")
		return ""
	}
	uscc, err := idnum.ParseUSCC(r.cell("uscc"))
	if wrong, ok := errors.AsType[idnum.USCCError](err); ok {
		r.refuse("uscc", string(wrong))
	}
	return string(uscc)
}

// name is that of the enterprise.
func (r *reading) name() string {
	if r.cell("name") == "" {
		r.refuse("name", "missing")
		return ""
	}
	name, err := idnum.ParseEnterpriseName(r.cell("name"))
	if wrong, ok := errors.AsType[idnum.NameError](err); ok {
		r.refuse("name", string(wrong))
	}
	return name
}

// person is the representative: name and document.
func (r *reading) person() (name string, kind accounts.DocType, number string) {
	kind = accounts.DocType(r.cell("rep_id_type"))
	if kind == "" {
		kind = accounts.DocResidentID
	}
	if !slices.Contains(idnum.Kinds(), string(kind)) {
		r.refuse("rep_id_type", "unknown")
		kind = "" // so that only this is said of it
	}
	var err error
	if r.cell("rep_name") == "" {
		r.refuse("rep_name", "missing")
	} else if name, err = idnum.ParsePersonName(string(kind), r.cell("rep_name")); err != nil && kind != "" {
		wrong, _ := errors.AsType[idnum.NameError](err)
		r.refuse("rep_name", string(wrong))
	}
	if r.cell("rep_id_number") == "" {
		r.refuse("rep_id_number", "missing")
	} else if number, err = idnum.ParseDocument(string(kind), r.cell("rep_id_number"), r.today); err != nil && kind != "" {
		wrong, _ := errors.AsType[idnum.DocumentError](err)
		r.refuse("rep_id_number", string(wrong))
	}
	return name, kind, number
}

func (r *reading) phone() string {
	if r.cell("phone") == "" {
		return ""
	}
	phone, err := idnum.ParseMobile(r.cell("phone"))
	if wrong, ok := errors.AsType[idnum.MobileError](err); ok {
		r.refuse("phone", string(wrong))
	}
	return string(phone)
}

// text is a text of at most so many characters, which may be absent.
func (r *reading) text(field string, most int) string {
	text := r.cell(field)
	switch {
	case utf8.RuneCountInString(text) > most:
		r.refuse(field, "length")
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }):
		r.refuse(field, "charset")
	}
	return text
}

// legalType must go with the USCC, if that is one.
func (r *reading) legalType(field string) accounts.LegalType {
	t := accounts.LegalType(r.cell(field))
	code, err := idnum.ParseUSCC(r.cell("uscc"))
	switch {
	case t == "":
		r.refuse(field, "missing")
	case !t.Valid():
		r.refuse(field, "unknown")
	case err == nil && !idnum.LegalTypeFits(string(t), code):
		r.refuse(field, "type")
	}
	return t
}

func (r *reading) status() accounts.RegisterStatus {
	s := accounts.RegisterStatus(r.cell("status"))
	if s == "" {
		return accounts.RegisterOperating
	}
	if !slices.Contains(accounts.RegisterStatuses(), s) {
		r.refuse("status", "unknown")
	}
	return s
}

func (r *reading) foreignHash() string {
	text := r.cell("password_hash")
	if text == "" {
		return ""
	}
	if _, err := passhash.ParseForeign(text); err != nil {
		r.refuse("password_hash", "format")
	}
	return text
}

// asOf is the date of the facts; the day of the import if the file does not say.
func (r *reading) asOf() string {
	if date := r.past("as_of"); date != "" {
		return date
	}
	return r.today.String()
}

// until is the end of a document's term; empty for one without end.
func (r *reading) until(field string) string {
	if text := r.cell(field); text == string(idnum.TermLong) || text == "\u957f\u671f" {
		return ""
	}
	return r.date(field).String()
}

// past is a date that is not to come.
func (r *reading) past(field string) string {
	date := r.date(field)
	if date.After(r.today) {
		r.refuse(field, "future")
	}
	return date.String()
}

// date is a date, as people or as spreadsheets write it: 2026-01-31, 2026/1/31,
// 20260131.
func (r *reading) date(field string) idnum.Date {
	text := r.cell(field)
	if text == "" {
		return idnum.Date{}
	}
	for _, layout := range []string{"2006/1/2", "20060102"} {
		if day, err := time.Parse(layout, text); err == nil {
			text = day.Format(time.DateOnly)
		}
	}
	date, err := idnum.ParseDate(text)
	if err != nil {
		r.refuse(field, "date")
	}
	return date
}
