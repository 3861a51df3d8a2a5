package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/tongid/tongid/accounts/idnum"
)

// Problem is what is wrong with one field of one row, or with the row.
type Problem struct {
	Line  int
	Field string // empty: the whole row
	Code  string
	Value string // as it stands in the file; the report masks it
}

// report is a CSV file with a line for each problem. Nobody but its owner may
// read it, and nothing personal stands in it whole.
type report struct {
	file *os.File
	text *bufio.Writer
	csv  *csv.Writer
}

func createReport(path string) (*report, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	text := bufio.NewWriter(file)
	r := &report{file: file, text: text, csv: csv.NewWriter(text)}
	_, err = text.Write(utf8BOM) // spreadsheets take it for the local encoding otherwise
	return r, errors.Join(err, r.csv.Write([]string{"line", "field", "code", "value"}))
}

func (r *report) add(problems []Problem) error {
	for _, p := range problems {
		err := r.csv.Write([]string{strconv.Itoa(p.Line), p.Field, p.Code, inert(masked(p.Field, p.Value))})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *report) close() error {
	r.csv.Flush()
	return errors.Join(r.csv.Error(), r.text.Flush(), r.file.Close())
}

// maxShown is how many characters of a value stand in a report.
const maxShown = 64

// masked makes a value fit to be shown.
func masked(field, value string) string {
	runes := []rune(value)
	if len(runes) > maxShown {
		runes = append(runes[:maxShown], '\u2026')
	}
	text := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, string(runes))
	switch field {
	case "uscc":
		return text // public
	case "password_hash":
		return "***"
	case "rep_name":
		return idnum.MaskName(text)
	case "rep_id_number":
		return idnum.MaskDocument(text)
	case "phone":
		return idnum.MaskPhone(text)
	default:
		return regexp.MustCompile(`[0-9]{8,}[0-9Xx]*`).ReplaceAllStringFunc(text, idnum.MaskDocument) // under another heading
	}
}

// inert keeps a spreadsheet from taking a value for a formula.
func inert(value string) string {
	if value != "" && strings.ContainsRune("=+-@", rune(value[0])) {
		return "'" + value
	}
	return value
}
