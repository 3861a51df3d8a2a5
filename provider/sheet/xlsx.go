package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// maxUnzipped is the most that a workbook may unpack to: a megabyte of zip can
// hold a thousand times that.
const maxUnzipped = 32 << 20

// readXLSX reads the first sheet of a workbook. Dates come as the day numbers that
// they are stored as (Day).
func readXLSX(data []byte, most int) (rows []Row, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped,
	})
	if err != nil {
		return nil, ErrFormat
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	names := f.GetSheetList()
	if len(names) == 0 {
		return nil, ErrFormat
	}
	read, err := f.Rows(names[0])
	if err != nil {
		return nil, ErrFormat
	}
	defer func() { err = errors.Join(err, read.Close()) }()
	for line := 1; read.Next(); line++ {
		cells, err := read.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, ErrFormat
		}
		row := Row{Line: line, Cells: cells}
		for i := range min(len(cells), maxColumns) {
			if row.Formula, err = formula(f, names[0], i+1, line); err != nil {
				return nil, ErrFormat
			}
			if row.Formula {
				break
			}
		}
		if rows, err = take(rows, row, most); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func formula(f *excelize.File, name string, column, line int) (bool, error) {
	cell, err := excelize.CoordinatesToCellName(column, line)
	if err != nil {
		return false, fmt.Errorf("sheet: %w", err)
	}
	text, err := f.GetCellFormula(name, cell)
	if err != nil {
		return false, fmt.Errorf("sheet: %w", err)
	}
	return text != "", nil
}

// WriteXLSX makes a workbook of one sheet with a head and no rows, all of whose
// cells are text: a number of eighteen digits must not become a number.
func WriteXLSX(title string, head []string) ([]byte, error) {
	f := excelize.NewFile()
	name := f.GetSheetName(0)
	const text = 49 // the built-in format of text, ECMA-376 §18.8.30
	style, err := f.NewStyle(&excelize.Style{NumFmt: text})
	if err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	last, err := excelize.ColumnNumberToName(len(head))
	if err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	const width = 18
	err = errors.Join(f.SetColStyle(name, "A:"+last, style), f.SetColWidth(name, "A", last, width),
		f.SetSheetRow(name, "A1", &head), f.SetSheetName(name, strings.TrimSpace(title)))
	if err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	return out.Bytes(), nil
}
