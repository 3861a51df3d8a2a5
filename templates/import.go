package templates

import (
	"slices"
	"strings"
)

// Import is 批量添加: agents are granted by a table. First the table is sent, then
// what would become of each row is shown, then it is done step by step.
type Import struct {
	AgentPage
	Form

	Base string // address of 我的经办人
	Most int    // rows
	MiB  int    // of the file

	// Of a table that was looked at.
	Rows                      []ImportRow
	Granted, Invited, Refused int // rows
	Running, Over             bool
	Done                      int    // rows that were gone through
	Again                     string // where another table is sent instead
}

// Accepted is how many rows are not refused.
func (i Import) Accepted() int { return i.Granted + i.Invited }

// ImportRow is one row of a table.
type ImportRow struct {
	Line     int
	Name     string
	Action   string // under mandate_action: granted, invited; empty: refused
	Refusals []Refusal
}

// CenterImport is Import of the enterprise's own account, /center/agents/import.
type CenterImport struct{ Import }

func (CenterImport) name() string { return "center-import" }

// AgentImport is Import of an agent with 管理权限, /agent/agents/import.
type AgentImport struct{ Import }

func (AgentImport) name() string { return "agent-import" }

// SheetFields are the columns of a table of agents, in the order of the form of 添加.
func SheetFields() []string {
	return []string{"name", "id_type", "id_number", "id_from", "id_to", "phone", "valid_from", "valid_until", "manager", "services"}
}

// SheetNeeds are the columns that a table must have.
func SheetNeeds() []string {
	return []string{"name", "id_number", "phone", "valid_from", "valid_until"}
}

// SheetLabel is what a column is called.
func SheetLabel(lang, field string) string { return Say(lang, "sheet."+field) }

// SheetTitle is what the sheet of a table is called.
func SheetTitle(lang string) string { return Say(lang, "import.sheet") }

// SheetHead is the first row of a table.
func SheetHead(lang string) []string {
	head := SheetFields()
	for i, field := range head {
		head[i] = SheetLabel(lang, field)
	}
	return head
}

// SheetField is the field that a column is for, whatever language its head is in;
// empty: none.
func SheetField(head string) string {
	head = plainWord(head)
	for _, field := range SheetFields() {
		for _, lang := range Languages() {
			if plainWord(SheetLabel(lang, field)) == head || field == head {
				return field
			}
		}
	}
	return ""
}

// SheetValue is the code of a word that stands in a cell; what is no such word
// stays as it is, for the rules to refuse.
func SheetValue(field, text string) string {
	is := func(keys ...string) bool {
		return slices.ContainsFunc(Languages(), func(lang string) bool {
			return slices.ContainsFunc(keys, func(key string) bool { return plainWord(Say(lang, key)) == plainWord(text) })
		})
	}
	switch field {
	case "manager":
		switch {
		case is("yes") || text == "1":
			return "1"
		case text == "" || is("no"):
			return "0"
		}
	case "id_type":
		if text == "" {
			return "resident_id"
		}
		for _, code := range documentTypes() {
			if is("doc_type." + string(code)) {
				return string(code)
			}
		}
	case "id_to":
		if is("term.long") {
			return ""
		}
	case "services":
		if is("mandate.services.all") {
			return ""
		}
	}
	return text
}

// plainWord is a word as two people who write it would agree on.
func plainWord(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" *＊　\u00a0:：", r) {
			return -1
		}
		return r
	}, s))
}
