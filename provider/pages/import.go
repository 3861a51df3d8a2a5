package pages

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/sheet"
	"github.com/tongid/tongid/templates"
)

// Addresses and fields of 批量添加.
const (
	pathImport = "/import"
	fieldFile  = "file"

	queryAgain = "again" // another table shall be sent
)

// Refusals of tables, before any rule looks at a row.
const (
	codeSheetNone    accounts.Code = "sheet_none"
	codeSheetLarge   accounts.Code = "sheet_large"
	codeSheetFormat  accounts.Code = "sheet_format"
	codeSheetEmpty   accounts.Code = "sheet_empty"
	codeSheetRows    accounts.Code = "sheet_rows"
	codeSheetMissing accounts.Code = "sheet_columns_missing"
	codeSheetUnknown accounts.Code = "sheet_columns_unknown"
)

// importRoutes are 批量添加 of a keeper.
func (k keeping) importRoutes() []route {
	return []route{
		{path: k.base + pathImport, access: k.access, get: k.getImport, post: k.postImport, file: fieldFile},
		{path: k.base + pathImport + "/template.csv", access: k.access, get: k.templateCSV},
		{path: k.base + pathImport + "/template.xlsx", access: k.access, get: k.templateXLSX},
	}
}

// Uploads are the paths whose forms may bring a file.
func (p *Pages) Uploads() (longer []guard.Longer) {
	for _, r := range p.routes() {
		if r.file != "" {
			longer = append(longer, guard.Longer{Path: r.path, Bytes: guard.MaxUpload})
		}
	}
	return longer
}

func (k keeping) templateCSV(v *visit) error {
	data, err := sheet.WriteCSV(templates.SheetHead(v.display.lang))
	if err != nil {
		return err
	}
	return k.download(v, "text/csv; charset=utf-8", "agents.csv", data)
}

func (k keeping) templateXLSX(v *visit) error {
	data, err := sheet.WriteXLSX(templates.SheetTitle(v.display.lang), templates.SheetHead(v.display.lang))
	if err != nil {
		return err
	}
	return k.download(v, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "agents.xlsx", data)
}

func (k keeping) download(v *visit, kind, name string, data []byte) error {
	h := v.Response().Header()
	guard.NoStore(h)
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return v.Blob(http.StatusOK, kind, data)
}

// bulkCase is the case that a visitor adds by a table in; nil: none, or another's.
func (k keeping) bulkCase(v *visit, id string) (*accounts.Case, error) {
	c, err := k.grantCase(v, id)
	if err != nil || c == nil || !c.Bulk() {
		return nil, err
	}
	return c, nil
}

// getImport is 批量添加: first the face of whoever grants, then the table, then what
// would become of it, then what became of it.
func (k keeping) getImport(v *visit) error {
	c, err := k.bulkCase(v, guard.QueryToken(v.Request(), "case"))
	if err != nil {
		return err
	}
	switch {
	case c == nil:
		return k.begin(v, k.Mandating.BeginBulk)
	case c.Step != accounts.StepForm && c.Step != accounts.StepDone:
		return k.seeOther(v, casePath(v, c))
	}
	return k.showImport(v, c, v.QueryParam(queryAgain) == "1", nil)
}

func (k keeping) showImport(v *visit, c *accounts.Case, again bool, a *answer) error {
	b, err := k.Mandating.BulkOf(c)
	if err != nil {
		return err
	}
	page := templates.Import{
		Form: v.caseForm(c, a), Base: k.base, Most: accounts.MaxBulk, MiB: guard.MaxFile >> 20, Running: b.Running, Over: b.Over, Done: b.Next,
		Again: casePath(v, c) + "&" + queryAgain + "=1",
	}
	if !again || b.Running || b.Over {
		for _, r := range b.Rows {
			k.addRow(&page, r)
		}
	}
	if v.mandate != nil {
		page.AgentPage = k.agentPage(v)
		return k.Pages.show(v, statusOf(a), templates.AgentImport{Import: page})
	}
	return k.Pages.show(v, statusOf(a), templates.CenterImport{Import: page})
}

func (k keeping) addRow(page *templates.Import, r accounts.BulkRow) {
	row := templates.ImportRow{Line: r.Line, Name: guard.Shown(r.Values["name"], maxNames), Action: string(r.Action)}
	for _, refusal := range r.Refusals {
		row.Refusals = append(row.Refusals, templates.Refusal{Field: refusal.Field, Code: string(refusal.Code)})
	}
	switch r.Action {
	case accounts.MandateGranted:
		page.Granted++
	case accounts.MandateInvitedBy:
		page.Invited++
	default:
		page.Refused++
	}
	page.Rows = append(page.Rows, row)
}

// postImport takes a table or, without one, goes on with the one that is there.
func (k keeping) postImport(v *visit, f *guard.Form) error {
	c, err := k.bulkCase(v, f.Token("case"))
	if err != nil {
		return err
	}
	switch {
	case c == nil:
		return k.begin(v, k.Mandating.BeginBulk)
	case c.Step != accounts.StepForm:
		return k.seeOther(v, casePath(v, c))
	}
	uploads := strings.HasPrefix(v.Request().Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm)
	again := func(a *answer) error { return k.showImport(v, c, uploads, a) }
	if !uploads {
		return k.afterStep(v, c, k.Mandating.GrantNext(v.ctx(), c, keeperOf(v)), again)
	}
	rows, fault := k.tableOf(v.file, v.display.lang)
	if fault != nil {
		return again(refused(*fault))
	}
	return k.afterStep(v, c, k.Mandating.Examine(v.ctx(), c, keeperOf(v), rows), again)
}

// tableOf reads the rows of a table. What the rules have to say of them is theirs.
func (k keeping) tableOf(file *guard.File, lang string) ([]accounts.BulkRow, *templates.Refusal) {
	no := func(code accounts.Code, args ...any) ([]accounts.BulkRow, *templates.Refusal) {
		return nil, &templates.Refusal{Field: fieldFile, Code: string(code), Args: args}
	}
	switch {
	case file == nil:
		return no(codeSheetNone)
	case file.Long:
		return no(codeSheetLarge)
	}
	table, err := sheet.Read(file.Data, accounts.MaxBulk)
	switch {
	case errors.Is(err, sheet.ErrLong):
		return no(codeSheetRows)
	case errors.Is(err, sheet.ErrEmpty), err == nil && len(table) == 1:
		return no(codeSheetEmpty)
	case err != nil:
		return no(codeSheetFormat)
	}
	fields, unknown := columnsOf(table[0].Cells)
	if len(unknown) > 0 {
		return no(codeSheetUnknown, strings.Join(unknown, ", "))
	}
	var missing []string
	for _, field := range templates.SheetNeeds() {
		if !slices.Contains(fields, field) {
			missing = append(missing, templates.SheetLabel(lang, field))
		}
	}
	if len(missing) > 0 {
		return no(codeSheetMissing, strings.Join(missing, ", "))
	}
	rows := make([]accounts.BulkRow, 0, len(table)-1)
	for _, r := range table[1:] {
		rows = append(rows, k.rowOf(r, fields))
	}
	return rows, nil
}

// columnsOf are the fields that the columns of a table are for, and the heads of
// those that are for none, or for one that there is already.
func columnsOf(head []string) (fields, unknown []string) {
	for _, cell := range head {
		field := templates.SheetField(cell)
		switch {
		case strings.TrimSpace(cell) == "":
			fields = append(fields, "")
			continue
		case field == "" || slices.Contains(fields, field):
			unknown = append(unknown, guard.Shown(cell, maxShort))
		}
		fields = append(fields, field)
	}
	return fields, unknown
}

// rowOf is what a row asks for, in the words of the form of 添加.
func (k keeping) rowOf(r sheet.Row, fields []string) accounts.BulkRow {
	row := accounts.BulkRow{Line: r.Line, Formula: r.Formula, Values: map[string]string{"id_type": string(accounts.DocResidentID), "manager": "0"}}
	for i, cell := range r.Cells {
		if i >= len(fields) || fields[i] == "" {
			continue
		}
		field, value := fields[i], templates.SheetValue(fields[i], cell)
		switch field {
		case "valid_from", "valid_until", "id_from", "id_to":
			value = sheet.Day(value)
		case "services":
			row.Services = k.servicesNamed(value)
			continue
		}
		row.Values[field] = value
	}
	return row
}

// servicesNamed are the portals that a cell names. What is none stays, for the
// rules to refuse.
func (k keeping) servicesNamed(cell string) (ids []string) {
	offered := k.Mandating.Services()
	for _, name := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("、,，;；\n", r) }) {
		name = strings.TrimSpace(name)
		at := slices.IndexFunc(offered, func(id string) bool { return id == name || k.portalName(id) == name })
		switch {
		case name == "":
		case at >= 0:
			ids = append(ids, offered[at])
		default:
			ids = append(ids, name)
		}
	}
	return ids
}
