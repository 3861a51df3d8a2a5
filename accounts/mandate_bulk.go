package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// MaxBulk is how many mandates one table grants at the most.
const MaxBulk = 1000

// bulkStep is how many rows one step grants: some hundred milliseconds of work, so
// that who waits sees it move.
const bulkStep = 100

// bulkPace is between the messages of two rows: a code that somebody waits for
// shall not stand behind a thousand of them.
const bulkPace = 20 * time.Millisecond

// Refusals of rows of a table.
const (
	CodeSheetFormula Code = "sheet_formula" // a cell that would be run
	CodeSheetTwice   Code = "sheet_twice"   // the same person is in an earlier row
)

// BulkRow is one row of a table: what it asks for, and what becomes of it.
type BulkRow struct {
	Line     int               `json:"l"` // in the table, for people
	Values   map[string]string `json:"v"` // as in 添加
	Services []string          `json:"s,omitempty"`
	Formula  bool              `json:"f,omitempty"`

	// Action is granted or invited: what will be done or, of a row that is Done,
	// was; empty if it is refused.
	Action   MandateAction `json:"a,omitempty"`
	Refusals []BulkRefusal `json:"r,omitempty"`
	Done     bool          `json:"d,omitempty"`
}

// BulkRefusal is one reason why a row is refused.
type BulkRefusal struct {
	Field string `json:"f,omitempty"` // empty: the whole row
	Code  Code   `json:"c"`
}

// Bulk is how a table stands.
type Bulk struct {
	Rows    []BulkRow
	Next    int  // row that is granted next
	Running bool // it was confirmed
	Over    bool
}

// What a case remembers of a table.
const (
	bulkMark    = "bulk"
	bulkRows    = "rows"
	bulkNext    = "next"
	bulkRunning = "running"
)

// bulkSpace is the name space of the ids of mandates that tables grant: the same
// row of the same case is the same mandate.
var bulkSpace = uuid.MustParse("3b0b7d0e-2f6c-5c55-9a3e-5a2f3d0c7e11")

// Bulk reports whether the case grants by a table.
func (c *Case) Bulk() bool { return c.Form[bulkMark] != "" }

// BeginBulk is 批量添加: whoever grants shows that it is them first, as in 添加.
func (m *Mandating) BeginBulk(ctx context.Context, by Principal, v Visitor) (*Case, error) {
	return m.begin(ctx, by, v, map[string]string{bulkMark: "1"})
}

// BulkOf is how the table of a case stands.
func (m *Mandating) BulkOf(c *Case) (*Bulk, error) {
	b := &Bulk{Running: c.Form[bulkRunning] != "", Over: c.Step == StepDone}
	if c.Form[bulkRows] == "" {
		return b, nil
	}
	if err := json.Unmarshal([]byte(c.Form[bulkRows]), &b.Rows); err != nil {
		return nil, fmt.Errorf("mandate: table: %w", err)
	}
	if c.Form[bulkNext] != "" {
		next, err := strconv.Atoi(c.Form[bulkNext])
		if err != nil {
			return nil, fmt.Errorf("mandate: table: %w", err)
		}
		b.Next = next
	}
	return b, nil
}

// keep writes a table into its case.
func (b *Bulk) keep(c *Case) error {
	text, err := json.Marshal(b.Rows)
	if err != nil {
		return fmt.Errorf("mandate: table: %w", err)
	}
	c.Form[bulkRows], c.Form[bulkNext] = string(text), strconv.Itoa(b.Next)
	if b.Running {
		c.Form[bulkRunning] = "1"
	}
	return nil
}

// Examine is the dry run: it finds out what would become of each row and keeps
// that in the case. Nothing is granted.
func (m *Mandating) Examine(ctx context.Context, c *Case, by Principal, rows []BulkRow) error {
	b, err := m.bulkAt(c, by)
	if err != nil {
		return err
	}
	if b.Running {
		return ErrCaseStep
	}
	var k *Keeper
	err = m.Ledger.Within(ctx, func(tx Tx) (err error) {
		k, err = facedKeeper(ctx, tx, m.Wizards, by, c)
		return err
	})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range rows {
		if err := m.examine(ctx, k, &rows[i], seen); err != nil {
			return err
		}
	}
	return m.moveBulk(ctx, c, &Bulk{Rows: rows})
}

// bulkAt is the table of a case that waits for one, or for a word on it.
func (m *Mandating) bulkAt(c *Case, by Principal) (*Bulk, error) {
	if err := c.at(CaseMandate, StepForm); err != nil {
		return nil, err
	}
	if c.Account != by.Subject || !c.Bulk() {
		return nil, ErrCaseGone
	}
	return m.BulkOf(c)
}

func (m *Mandating) moveBulk(ctx context.Context, c *Case, b *Bulk) error {
	var fault error
	err := m.Cases.Move(ctx, c, func(c *Case) {
		fault = b.keep(c)
		if b.Running && b.Next >= len(b.Rows) {
			c.Step, c.PasswordHash, c.Code = StepDone, "", nil
		}
	})
	return errors.Join(fault, err)
}

// examine decides on one row.
func (m *Mandating) examine(ctx context.Context, k *Keeper, row *BulkRow, seen map[string]bool) error {
	if row.Formula {
		return row.settle("", Refuse(CodeSheetFormula))
	}
	mandate, action, _, err := m.bulkMandate(ctx, k.Principal, row)
	if err != nil {
		return row.settle("", err)
	}
	f := readForm(row.Values, m.Now())
	if err := m.mayGrant(k, mandate, f, row.Services); err != nil {
		return row.settle("", err)
	}
	who := m.agentOf(f)
	key := documentKey(who.DocType, who.DocNumber)
	if seen[key] {
		return row.settle("", RefuseField("id_number", CodeSheetTwice))
	}
	seen[key] = true
	stored := struct {
		MandateReader
		PersonFinder
	}{m.Mandates, m.Persons}
	if err := standing(ctx, stored, mandate.Enterprise, who, m.Now()); err != nil {
		return row.settle("", err)
	}
	return row.settle(action, nil)
}

// settle records what becomes of a row; a fault is none of its answers.
func (row *BulkRow) settle(action MandateAction, err error) error {
	row.Action, row.Refusals = action, nil
	if err == nil {
		return nil
	}
	if list, ok := errors.AsType[RefusalsError](err); ok {
		for _, r := range list {
			row.Refusals = append(row.Refusals, BulkRefusal{r.Field, r.Code})
		}
		return nil
	}
	if r, ok := errors.AsType[*RefusalError](err); ok {
		row.Refusals = []BulkRefusal{{r.Field, r.Code}}
		return nil
	}
	return err
}

// bulkMandate is the mandate that a row asks for; who may grant it is another
// question.
func (m *Mandating) bulkMandate(ctx context.Context, by Principal, row *BulkRow) (mandate *Mandate, action MandateAction, phone string, err error) {
	f := readForm(row.Values, m.Now())
	facts := f.person("name", "id")
	f.documentTerm(&facts)
	phone = f.phone()
	terms := m.terms(f, row.Services, nil)
	if err := f.err(); err != nil {
		return nil, "", "", err
	}
	mandate, action, err = m.offered(ctx, by, &facts, phone, terms)
	return mandate, action, phone, err
}

// GrantNext grants the next rows of a table that the dry run let pass; the first
// call confirms it. What a row asks for is looked at once more. It may be called
// again after anything that happened: a row is granted once.
func (m *Mandating) GrantNext(ctx context.Context, c *Case, by Principal) error {
	b, err := m.bulkAt(c, by)
	if err != nil {
		return err
	}
	if len(b.Rows) == 0 {
		return ErrCaseStep
	}
	if !b.Running {
		err := m.Ledger.Within(ctx, func(tx Tx) error {
			if _, err := facedKeeper(ctx, tx, m.Wizards, by, c); err != nil {
				return err
			}
			return m.settle(ctx, tx, c, by.Subject)
		})
		if err != nil && !errors.Is(err, errSpent) { // spent: it was confirmed before
			return fmt.Errorf("mandate: table: %w", err)
		}
		b.Running = true
	}
	for n := 0; n < bulkStep && b.Next < len(b.Rows); b.Next++ {
		row := &b.Rows[b.Next]
		if row.Action != "" {
			if err := m.grantRow(ctx, c, by, row, n); err != nil {
				return fmt.Errorf("mandate: row %d: %w", row.Line, err)
			}
			n++
		}
		row.Done = true
		row.Values = map[string]string{"name": row.Values["name"]}
	}
	return m.moveBulk(ctx, c, b)
}

// grantRow grants one row. Its mandate's id comes of case and line, so that a row
// that was granted already is known again. turn is its place in the step.
func (m *Mandating) grantRow(ctx context.Context, c *Case, by Principal, row *BulkRow, turn int) error {
	id := uuid.NewSHA1(bulkSpace, []byte(c.ID+"\n"+strconv.Itoa(row.Line))).String()
	if done, err := m.granted(ctx, id); done || err != nil {
		return err
	}
	mandate, action, phone, err := m.bulkMandate(ctx, by, row)
	if err != nil {
		return row.settle("", err)
	}
	mandate.ID, mandate.Evidence = id, c.Proof.ID
	err = m.Ledger.Within(ctx, func(tx Tx) error {
		k, err := facedKeeper(ctx, tx, m.Wizards, by, c)
		if err != nil {
			return errors.Join(errNoKeeper, err)
		}
		f := readForm(row.Values, m.Now())
		if err := m.mayGrant(k, mandate, f, row.Services); err != nil {
			return err
		}
		tell := notice{phone, m.Now().Add(time.Duration(turn) * bulkPace)}
		return m.give(ctx, tx, k, mandate, action, m.agentOf(f), tell)
	})
	switch {
	case errors.Is(err, errNoKeeper):
		return err // none of the rows has a chance any more
	case err != nil:
		if done, err := m.granted(ctx, id); done || err != nil {
			return err // by another click at the same moment
		}
		if errors.Is(err, ErrConflict) {
			err = RefuseField("id_number", CodeAgentExists)
		}
		return row.settle("", err)
	default:
		return row.settle(action, nil)
	}
}

// granted reports whether a row's mandate is there.
func (m *Mandating) granted(ctx context.Context, id string) (bool, error) {
	_, err := m.Mandates.Mandate(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("mandate: of a row: %w", err)
	}
	return err == nil, nil
}

// errNoKeeper says that who grants may not do so any more.
var errNoKeeper = errors.New("mandate: no keeper")
