// Package importer reads tables of enterprises and of the business register from
// CSV files, and puts what is right of them into the store, row by row what is
// wrong into a report.
package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// FileError says that a file is not a table that can be imported. Nothing of it
// was.
type FileError struct {
	Path   string
	Reason string
}

func (e *FileError) Error() string { return e.Path + ": " + e.Reason }

// column is a column that a table may have.
type column struct {
	name     string
	required bool
}

// table is an open file of rows under a header.
type table struct {
	file    *os.File
	csv     *csv.Reader
	index   map[string]int // column → place
	lines   int64          // about as many rows as there are
	columns int
}

// row is one row under the header.
type row struct {
	line  int
	cells []string
	index map[string]int
}

// cell is the row's value in a column, without space around it; empty too if the
// file has no such column.
func (r *row) cell(name string) string {
	i, ok := r.index[name]
	if !ok || i >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(r.cells[i])
}

var utf8BOM = []byte{0xEF, 0xBB, 0xBF}

// openTable opens a file in UTF-8, with or without byte order mark, or in GB 18030
// (of which GBK and GB 2312 are parts): what is not UTF-8 from beginning to end is
// the latter.
func openTable(path string, columns []column) (*table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &FileError{path, "cannot be opened: " + errors.Unwrap(err).Error()}
	}
	t := &table{file: file}
	if err := t.begin(path, columns); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return t, nil
}

func (t *table) begin(path string, columns []column) error {
	unicode, lines, err := survey(t.file)
	if err != nil {
		return &FileError{path, "cannot be read: " + err.Error()}
	}
	t.lines = lines
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(t.file, 1<<16)
	start, _ := buffered.Peek(len(utf8BOM)) // shorter: no mark
	switch {
	case bytes.Equal(start, utf8BOM):
		_, _ = buffered.Discard(len(utf8BOM)) // they were there
	case bytes.HasPrefix(start, []byte{0xFF, 0xFE}), bytes.HasPrefix(start, []byte{0xFE, 0xFF}):
		return &FileError{path, "is UTF-16: save it as UTF-8"}
	}
	var text io.Reader = buffered
	if !unicode {
		text = simplifiedchinese.GB18030.NewDecoder().Reader(buffered)
	}
	t.csv = csv.NewReader(text)
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	return t.header(path, columns)
}

// survey says whether a file is UTF-8 throughout, and how many lines it has.
func survey(file io.Reader) (unicode bool, lines int64, err error) {
	r := bufio.NewReaderSize(file, 1<<16)
	unicode = true
	for {
		line, err := r.ReadSlice('\n')
		// A line longer than the buffer may be cut within a character.
		if unicode && !utf8.Valid(line) && !errors.Is(err, bufio.ErrBufferFull) {
			unicode = false
		}
		switch {
		case err == nil:
			lines++
		case errors.Is(err, bufio.ErrBufferFull):
			return false, 0, errors.New("a line is longer than 64 kB")
		case errors.Is(err, io.EOF):
			if len(line) > 0 {
				lines++
			}
			return unicode, lines, nil
		default:
			return false, 0, err
		}
	}
}

// header finds the columns. An unknown one is refused: it may be a known one
// misspelt, whose values would be lost in silence.
func (t *table) header(path string, columns []column) error {
	names, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return &FileError{path, "is empty"}
	}
	if err != nil {
		return &FileError{path, "has no header: " + err.Error()}
	}
	t.index, t.columns = map[string]int{}, len(names)
	var faults, known []string
	for _, c := range columns {
		known = append(known, c.name)
	}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := t.index[name]; twice {
			faults = append(faults, fmt.Sprintf("column %q stands twice", name))
		}
		if !slices.Contains(known, name) {
			faults = append(faults, fmt.Sprintf("unknown column %q", name))
		}
		t.index[name] = i
	}
	for _, c := range columns {
		if _, ok := t.index[c.name]; c.required && !ok {
			faults = append(faults, fmt.Sprintf("no column %q", c.name))
		}
	}
	if faults != nil {
		return &FileError{path, strings.Join(faults, ", ") + "; the columns are " + strings.Join(known, ", ")}
	}
	t.lines--
	return nil
}

// next returns the next row, io.EOF after the last one. A row that is no row is
// a problem.
func (t *table) next() (*row, []Problem, error) {
	cells, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, io.EOF
	}
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, []Problem{{Line: wrong.Line, Code: "csv"}}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	line, _ := t.csv.FieldPos(0)
	r := &row{line: line, cells: cells, index: t.index}
	if len(cells) != t.columns {
		return nil, []Problem{{Line: line, Code: "columns", Value: strconv.Itoa(len(cells))}}, nil
	}
	for name, i := range t.index {
		if strings.ContainsRune(cells[i], utf8.RuneError) {
			return nil, []Problem{{Line: line, Field: name, Code: "encoding"}}, nil
		}
	}
	return r, nil, nil
}

// is reports whether the table is the file at path.
func (t *table) is(path string) bool {
	mine, errMine := t.file.Stat()
	other, errOther := os.Stat(path)
	return errMine == nil && errOther == nil && os.SameFile(mine, other)
}

func (t *table) close() error { return t.file.Close() }
