package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func workbook(t testing.TB, fill func(f *excelize.File, sheet string)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f, f.GetSheetName(0))
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("姓名,电话\n䶮四,1\n")
	if err != nil {
		t.Fatal(err)
	}
	head := Row{Line: 1, Cells: []string{"姓名", "电话"}}
	for name, test := range map[string]struct {
		data string
		want []Row
	}{
		"utf-8":         {"姓名,电话\n李四, 1 \n", []Row{head, {Line: 2, Cells: []string{"李四", "1"}}}},
		"mark, CRLF":    {"\ufeff姓名,电话\r\n\r\n,\r\n李四,1\r\n", []Row{head, {Line: 4, Cells: []string{"李四", "1"}}}},
		"GB 18030":      {gb, []Row{head, {Line: 2, Cells: []string{"䶮四", "1"}}}},
		"tabs":          {"姓名\t电话\n李四\t1", []Row{head, {Line: 2, Cells: []string{"李四", "1"}}}},
		"formula":       {"a,=1+1", []Row{{Line: 1, Cells: []string{"a", "=1+1"}, Formula: true}}},
		"other formula": {"@SUM(A1)", []Row{{Line: 1, Cells: []string{"@SUM(A1)"}, Formula: true}}},
		"sign":          {"-2+3+cmd|' /C calc'!A0", []Row{{Line: 1, Cells: []string{"-2+3+cmd|' /C calc'!A0"}, Formula: true}}},
		"phone":         {"+8613800000002,-1", []Row{{Line: 1, Cells: []string{"+8613800000002", "-1"}}}},
	} {
		got, err := Read([]byte(test.data), 10)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestReadWorkbook(t *testing.T) {
	data := workbook(t, func(f *excelize.File, s string) {
		set(t, f, s, "A1", "姓名")
		set(t, f, s, "B1", "日期")
		set(t, f, s, "A3", "李四")
		set(t, f, s, "B3", 46023)
		set(t, f, s, "A4", "220102198511202324")
		if err := f.SetCellFormula(s, "C5", "=1+1"); err != nil {
			t.Fatal(err)
		}
		set(t, f, s, "A5", "x")
	})
	want := []Row{
		{Line: 1, Cells: []string{"姓名", "日期"}},
		{Line: 3, Cells: []string{"李四", "46023"}},
		{Line: 4, Cells: []string{"220102198511202324"}},
		{Line: 5, Cells: []string{"x", "", ""}, Formula: true},
	}
	got, err := Read(data, 10)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if Day(got[1].Cells[1]) != "2026-01-01" {
		t.Errorf("day 46023 is %s", Day(got[1].Cells[1]))
	}
}

func TestReadRefuses(t *testing.T) {
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":       {nil, ErrEmpty},
		"empty rows":    {[]byte(",,\n\n, ,\n"), ErrEmpty},
		"too long":      {[]byte(strings.Repeat("a\n", 12)), ErrLong},
		"too wide":      {[]byte(strings.Repeat("a,", 50)), ErrFormat},
		"a picture":     {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), ErrFormat},
		"an old one":    {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"), ErrFormat},
		"a broken zip":  {[]byte("PK\x03\x04 and so on"), ErrFormat},
		"a bomb":        {bomb.Bytes(), ErrFormat},
		"open quotes":   {[]byte("\"a\nb"), ErrFormat},
		"a long sheet":  {workbook(t, func(f *excelize.File, s string) { fillRows(t, f, s, 12) }), ErrLong},
		"an empty book": {workbook(t, func(*excelize.File, string) {}), ErrEmpty},
	} {
		if _, err := Read(test.data, 10); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if rows, err := Read([]byte(strings.Repeat("a\n", 11)), 10); err != nil || len(rows) != 11 {
		t.Errorf("a head and ten rows: %d, %v", len(rows), err)
	}
}

func fillRows(t *testing.T, f *excelize.File, sheet string, n int) {
	t.Helper()
	for i := range n {
		set(t, f, sheet, fmt.Sprint("A", i+1), "x")
	}
}

func TestDay(t *testing.T) {
	for in, want := range map[string]string{
		"2026-01-02": "2026-01-02", "2026/1/2": "2026-01-02", "2026.01.02": "2026-01-02", "46023": "2026-01-01", "46023.5": "2026-01-01",
		"1/2/2026": "1/2/2026", "": "", "长期": "长期", "2026": "2026", "2026-1": "2026-1", "2026-1-x": "2026-1-x", "999999": "999999",
	} {
		if got := Day(in); got != want {
			t.Errorf("Day(%q) = %q, want %q", in, got, want)
		}
	}
}

// What is offered for filling in is read again.
func TestTemplates(t *testing.T) {
	head := []string{"姓名", "证件号码"}
	asCSV, err := WriteCSV(head)
	if err != nil {
		t.Fatal(err)
	}
	asXLSX, err := WriteXLSX("经办人", head)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"csv": asCSV, "xlsx": asXLSX} {
		rows, err := Read(data, 10)
		if diff := cmp.Diff([]Row{{Line: 1, Cells: head}}, rows); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Add(workbook(f, func(x *excelize.File, s string) { set(f, x, s, "A1", "x") }))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := Read(data, 10)
		if err == nil && (len(rows) == 0 || len(rows) > 11) {
			t.Errorf("%d rows", len(rows))
		}
	})
}
