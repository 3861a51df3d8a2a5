package accounts

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (o *office) mandating() *Mandating {
	return &Mandating{Wizards: o.Wizards, Mandates: o.books, Services: func() []string { return []string{"hall", "clinic"} }}
}

// bulkCase is a case of 批量添加 whose face check was passed.
func bulkCase(t *testing.T, o *office) (*Mandating, *Case, Principal) {
	t.Helper()
	m, e := o.mandating(), o.firms[softID]
	by := e.Principal()
	c, err := m.BeginBulk(t.Context(), by, Visitor{Browser: [32]byte{1}})
	must(t, err)
	must(t, m.Cases.Move(t.Context(), c, func(c *Case) {
		c.Step, c.Proof = StepForm, &Proof{ID: "proof", Kind: "face"}
	}))
	return m, c, by
}

func bulkRow(line int, name, number, phone string, more map[string]string) BulkRow {
	r := BulkRow{Line: line, Values: map[string]string{
		"name": name, "id_type": "resident_id", "id_number": number, "phone": phone, "valid_from": "2026-01-01", "valid_until": "2027-12-31", "manager": "0",
	}}
	for field, value := range more {
		r.Values[field] = value
	}
	return r
}

func outcomes(b *Bulk) (said []string) {
	for _, r := range b.Rows {
		text := fmt.Sprint(r.Line, " ", r.Action)
		for _, refusal := range r.Refusals {
			text += fmt.Sprint(" ", refusal.Field, ":", refusal.Code)
		}
		said = append(said, text)
	}
	return said
}

func TestBulkGrant(t *testing.T) {
	o := newOffice()
	m, c, by := bulkCase(t, o)
	li := bulkRow(2, "李四", liDocument, "13800000002", nil)
	formula, service := bulkRow(5, "孙七", sunDocument, "13800000004", nil), bulkRow(6, "孙七", sunDocument, "13800000004", nil)
	formula.Formula, service.Services = true, []string{"nowhere"}
	rows := []BulkRow{
		li, bulkRow(3, "孙七", sunDocument, "13800000004", map[string]string{"manager": "1"}), bulkRow(4, "李四", liDocument, "13800000002", nil), formula, service,
		bulkRow(7, "张三", "220102199003070013", "13800000001", nil), // the representative
		bulkRow(8, "", "1", "2", map[string]string{"valid_until": "2020-01-01"}),
	}
	must(t, m.Examine(t.Context(), c, by, rows))
	b, err := m.BulkOf(c)
	must(t, err)
	want := []string{
		"2 granted", "3 invited", "4  id_number:sheet_twice", "5  :sheet_formula", "6  services:service_unknown", "7  id_number:agent_is_rep",
	}
	got := outcomes(b)
	if diff := cmp.Diff(want, got[:6]); diff != "" || len(b.Rows[6].Refusals) < 4 {
		t.Errorf("%s %v", diff, got[6])
	}
	if len(o.books.mandates) != 0 || len(o.posted) != 0 || b.Running {
		t.Error("the dry run did something")
	}
	must(t, m.GrantNext(t.Context(), c, by))
	b, err = m.BulkOf(c)
	must(t, err)
	if diff := cmp.Diff(want, outcomes(b)[:6]); diff != "" || !b.Over {
		t.Errorf("over %v %s", b.Over, diff)
	}
	if len(o.books.mandates) != 2 || len(o.posted) != 2 || len(o.deeds) != 2 {
		t.Errorf("%d mandates, %d messages, %d events", len(o.books.mandates), len(o.posted), len(o.deeds))
	}
	for _, made := range o.books.mandates {
		if made.Evidence != "proof" || made.Grantor != by.Subject || made.Manager != (made.Person == "") {
			t.Errorf("made %+v", made)
		}
	}
	if _, there := b.Rows[0].Values["id_number"]; there {
		t.Error("the case still knows the numbers")
	}
	if err := m.GrantNext(t.Context(), c, by); !errors.Is(err, ErrCaseStep) {
		t.Errorf("again: %v", err)
	}
	// The same table again finds them standing.
	m2, c2, _ := bulkCase(t, o)
	must(t, m2.Examine(t.Context(), c2, by, []BulkRow{li, bulkRow(3, "孙七", sunDocument, "13800000004", nil)}))
	b, err = m2.BulkOf(c2)
	must(t, err)
	if diff := cmp.Diff([]string{"2  id_number:agent_exists", "3  id_number:agent_exists"}, outcomes(b)); diff != "" {
		t.Error(diff)
	}
}

// A step that is lost before the case learned of it, and two at the same moment,
// grant each row once.
func TestBulkGrantsOnce(t *testing.T) {
	o := newOffice()
	m, c, by := bulkCase(t, o)
	var rows []BulkRow
	for i := range bulkStep + 20 {
		rows = append(rows, bulkRow(i+2, "孙七", residentNumber(i), fmt.Sprintf("139%08d", i), nil))
	}
	must(t, m.Examine(t.Context(), c, by, rows))
	lost := *c
	must(t, m.GrantNext(t.Context(), &lost, by))
	if err := m.GrantNext(t.Context(), c, by); !errors.Is(err, ErrConflict) {
		t.Errorf("the second of two steps: %v", err)
	}
	c, err := m.Cases.Load(t.Context(), CaseMandate, c.ID, c.Browser)
	must(t, err)
	b, err := m.BulkOf(c)
	must(t, err)
	if b.Next != bulkStep || !b.Running || b.Over || len(o.books.mandates) != bulkStep {
		t.Errorf("next %d, %d mandates", b.Next, len(o.books.mandates))
	}
	if err := m.Examine(t.Context(), c, by, rows); !errors.Is(err, ErrCaseStep) {
		t.Errorf("another table while one runs: %v", err)
	}
	must(t, m.GrantNext(t.Context(), c, by))
	b, err = m.BulkOf(c)
	must(t, err)
	for _, r := range b.Rows {
		if !r.Done || r.Action != MandateInvitedBy {
			t.Errorf("row %d: %+v", r.Line, r)
		}
	}
	if !b.Over || len(o.books.mandates) != len(rows) || len(o.posted) != len(rows) {
		t.Errorf("%d mandates, %d messages", len(o.books.mandates), len(o.posted))
	}
}

// residentNumber makes a number of GB 11643 up.
func residentNumber(i int) string {
	first := fmt.Sprintf("2201041970%02d%02d%03d", 1+i%12, 1+i%28, 100+i)
	sum, weights := 0, [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for i, w := range weights {
		sum += int(first[i]-'0') * w
	}
	return first + string("10X98765432"[sum%11])
}

// Who may not grant any more grants nothing more.
func TestBulkNeedsItsKeeper(t *testing.T) {
	o := newOffice()
	m, c, by := bulkCase(t, o)
	rows := []BulkRow{bulkRow(2, "李四", liDocument, "13800000002", nil)}
	other := by
	other.Subject = "another"
	if err := m.Examine(t.Context(), c, other, rows); !errors.Is(err, ErrCaseGone) {
		t.Errorf("another's case: %v", err)
	}
	must(t, m.Examine(t.Context(), c, by, rows))
	freeze(o)
	wantRefused(t, "frozen", m.GrantNext(t.Context(), c, by), CodeNotManager, "")
	if len(o.books.mandates) != 0 {
		t.Error("a frozen enterprise granted")
	}
	if err := m.Grant(t.Context(), c, by, &Input{}, nil); !errors.Is(err, ErrCaseGone) {
		t.Errorf("the form of one: %v", err)
	}
	o.wait(time.Hour)
	if err := m.GrantNext(t.Context(), c, by); err == nil {
		t.Error("an old case grants")
	}
}

// A table is one more way to grant: by the face of who represents now, and nobody
// twice, whatever phone it names.
func TestBulkKeepsTheRulesOfGranting(t *testing.T) {
	o := newOffice()
	m, c, by := bulkCase(t, o)
	must(t, m.Examine(t.Context(), c, by, []BulkRow{bulkRow(2, "李四", liDocument, "13800000002", nil)}))
	must(t, m.GrantNext(t.Context(), c, by))
	_, c, _ = bulkCase(t, o)
	rows := []BulkRow{bulkRow(2, "李四", liDocument, "13911112222", nil)}
	must(t, m.Examine(t.Context(), c, by, rows))
	b, err := m.BulkOf(c)
	must(t, err)
	if diff := cmp.Diff([]string{"2  id_number:agent_exists"}, outcomes(b)); diff != "" {
		t.Error(diff)
	}
	e := o.firms[softID]
	e.Representative = Representative{Name: "王五", DocType: DocResidentID, DocNumber: "220202197602290153"}
	o.firms[softID] = e
	wantIs(t, "the face of the past", m.Examine(t.Context(), c, by, rows), ErrCaseGone)
	wantIs(t, "and its word", m.GrantNext(t.Context(), c, by), ErrCaseGone)
}
