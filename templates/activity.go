package templates

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
)

// CenterActivity is 操作记录, /center/activity: who did what as the enterprise,
// where, when. Its form is a GET: agent, portal, from, to.
type CenterActivity struct {
	Form

	Agents  []ActivityChoice // to filter by
	Portals []ActivityChoice
	From    string // YYYY-MM-DD, as typed
	To      string
	Chosen  bool // it is filtered
	Rows    []ActivityRow
	Export  string // address of the same as a table, empty if there is nothing
	Next    string // address of the page after it, empty if this is the last
	First   string // address of the first page, empty if this is it
}

func (CenterActivity) name() string { return "center-activity" }

// ActivityChoice is an agent or a portal.
type ActivityChoice struct {
	ID     string
	Name   string
	From   string // of a mandate, YYYY-MM-DD
	Until  string // the same; no end: empty
	Own    bool   // the enterprise's own account
	Chosen bool
}

// ActivityRow is one line of the ledger.
type ActivityRow struct {
	Kind    string // under activity.kind: sign_in, mandate
	At      time.Time
	Portal  string // name, of a sign-in
	Agent   string // masked; empty: the enterprise's own account, or nobody is known any more
	Own     bool   // it was the enterprise's own account
	Address string // of the mandate's page, empty if there is none
	Alive   bool   // what came of a sign-in is still good
	Action  string // under mandate_action, of an event
	By      string // under account_type, of an event
}

// runsAsFormula is what a cell may not begin with: a spreadsheet would run it.
const runsAsFormula = "=+-@\t\r"

// cell makes a spreadsheet take text as text.
func cell(s string) string {
	if s != "" && strings.Contains(runsAsFormula, s[:1]) {
		return "'" + s
	}
	return s
}

// activityState is the key of what became of a line.
func (r ActivityRow) activityState() string {
	switch {
	case r.Kind != "sign_in":
		return ""
	case r.Alive:
		return "activity.alive"
	default:
		return "activity.ended"
	}
}

// ActivityTable writes lines of the ledger for spreadsheets.
type ActivityTable struct {
	lang string
	csv  *csv.Writer
}

// NewActivityTable begins a table with its head; what stands first tells Excel
// that it is UTF-8.
func NewActivityTable(w io.Writer, lang string) (*ActivityTable, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, fmt.Errorf("templates: table: %w", err)
	}
	t := &ActivityTable{lang: lang, csv: csv.NewWriter(w)}
	t.csv.UseCRLF = true
	return t, t.write("activity.at", "activity.what", "activity.portal", "activity.who", "activity.by", "activity.state")
}

// write writes a line of sentences.
func (t *ActivityTable) write(keys ...string) error {
	words := make([]string, len(keys))
	for i, key := range keys {
		words[i] = cell(Say(t.lang, key))
	}
	if err := t.csv.Write(words); err != nil {
		return fmt.Errorf("templates: table: %w", err)
	}
	return nil
}

// Add writes one line.
func (t *ActivityTable) Add(r ActivityRow) error {
	v := vocabulary{t.lang}
	what, by, state := Say(t.lang, "activity.kind.sign_in"), "", ""
	if r.Action != "" {
		what, by = v.say("mandate_action", r.Action), v.say("account_type", r.By)
	}
	if key := r.activityState(); key != "" {
		state = Say(t.lang, key)
	}
	err := t.csv.Write([]string{r.At.In(beijing()).Format(time.DateTime), cell(what), cell(r.Portal), cell(v.activityWho(r)), cell(by), cell(state)})
	if err != nil {
		return fmt.Errorf("templates: table: %w", err)
	}
	return nil
}

// Flush ends the table.
func (t *ActivityTable) Flush() error {
	t.csv.Flush()
	if err := t.csv.Error(); err != nil {
		return fmt.Errorf("templates: table: %w", err)
	}
	return nil
}

// activityWho is as whom a line was done.
func (v vocabulary) activityWho(r ActivityRow) string {
	switch {
	case r.Own:
		return Say(v.lang, "activity.own")
	case r.Agent == "":
		return Say(v.lang, "activity.gone")
	default:
		return r.Agent
	}
}
