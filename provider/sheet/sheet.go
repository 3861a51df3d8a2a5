// Package sheet reads tables that people upload, as CSV or XLSX, within bounds, and
// makes empty ones for them to fill in. What stands in a table is text: formulas are
// told, never worked out.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Bounds of a table.
const (
	maxColumns = 40
	maxCell    = 200 // characters
)

// Why a table cannot be read.
var (
	ErrFormat = errors.New("sheet: neither CSV nor XLSX")
	ErrEmpty  = errors.New("sheet: nothing in it")
	ErrLong   = errors.New("sheet: too many rows")
)

// Row is one row that is not empty.
type Row struct {
	Line    int // as the program that made it counts them, from 1
	Cells   []string
	Formula bool // one of its cells is a formula
}

// Read reads a table of at most so many rows besides its head. Which of the two
// kinds it is, its first bytes say.
func Read(data []byte, most int) (rows []Row, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		rows, err = readXLSX(data, most+1)
	case bytes.IndexByte(data, 0) >= 0:
		return nil, ErrFormat
	default:
		rows, err = readCSV(data, most+1)
	}
	if err == nil && len(rows) == 0 {
		return nil, ErrEmpty
	}
	return rows, err
}

// readCSV reads UTF-8, or the encoding that Excel writes CSV in on Chinese systems.
func readCSV(data []byte, most int) (rows []Row, err error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil {
			return nil, ErrFormat
		}
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.Count(first, []byte("\t")) > bytes.Count(first, []byte(",")) {
		r.Comma = '\t'
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, ErrFormat
		}
		line, _ := r.FieldPos(0)
		row := Row{Line: line, Cells: cells, Formula: slices.ContainsFunc(cells, isFormula)}
		if rows, err = take(rows, row, most); err != nil {
			return nil, err
		}
	}
}

// isFormula reports whether a spreadsheet would run a cell. A phone number with its
// country's code is none.
func isFormula(cell string) bool {
	cell = strings.TrimSpace(cell)
	switch {
	case cell == "":
		return false
	case cell[0] == '=', cell[0] == '@':
		return true
	case cell[0] == '+', cell[0] == '-':
		return strings.Trim(cell[1:], "0123456789 -") != ""
	default:
		return false
	}
}

// take adds a row, unless there is nothing in it.
func take(rows []Row, row Row, most int) ([]Row, error) {
	empty := true
	for i, cell := range row.Cells {
		cell = strings.TrimSpace(cell)
		if r := []rune(cell); len(r) > maxCell {
			cell = string(r[:maxCell+1]) // too long still, for who looks
		}
		row.Cells[i], empty = cell, empty && cell == ""
	}
	switch {
	case empty && !row.Formula:
		return rows, nil
	case len(row.Cells) > maxColumns:
		return nil, ErrFormat
	case len(rows) == most:
		return nil, ErrLong
	}
	return append(rows, row), nil
}

// Day writes a date as YYYY-MM-DD: one that a spreadsheet keeps as the number of
// a day, or one in the same order with other marks. Whatever else it is stays as it
// is.
func Day(cell string) string {
	if n, err := strconv.ParseFloat(cell, 64); err == nil && len(cell) >= 5 && n > 0 && n < 80_000 {
		day := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n))
		return day.Format(time.DateOnly)
	}
	parts := strings.FieldsFunc(cell, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) != 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 {
		return cell
	}
	for _, part := range parts {
		if strings.Trim(part, "0123456789") != "" {
			return cell
		}
	}
	return parts[0] + "-" + pad(parts[1]) + "-" + pad(parts[2])
}

func pad(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// WriteCSV makes a table with a head and no rows, that Excel knows to be UTF-8.
func WriteCSV(head []string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	if err := w.Write(head); err != nil {
		return nil, err
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
