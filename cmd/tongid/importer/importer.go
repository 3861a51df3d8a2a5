package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
)

// batch is how many rows go into one transaction.
const batch = 512

// Import is one file on its way into the store.
type Import struct {
	Path   string // of the CSV file
	Report string // of the file that says what is wrong
	Now    func() time.Time
	// Begin hears about how many rows there are, Progress of each step how many
	// were read.
	Begin    func(rows int64)
	Progress func(rows int)

	table  *table
	report *report
	seen   map[unique]int // → line
	result Result
}

// unique is what no two rows of a file may share.
type unique struct{ field, value string }

// Result says what became of the rows.
type Result struct {
	Added   int64 // new, or for the register: new or replaced
	Present int64 // accounts that are there already, and stay as they are
	Bad     int64 // rows in the report
	Hashes  int64 // of those added, with a foreign password hash
}

// Enterprises imports a table of enterprises as 待激活.
func (i *Import) Enterprises(ctx context.Context, store accounts.ImportStore) (Result, error) {
	return each(ctx, i, enterpriseColumns(), (*reading).enterprise,
		func(e accounts.ImportedEnterprise) []unique {
			return []unique{{"uscc", e.USCC}, {"account", strings.ToLower(e.Account)}} // as the store folds it
		},
		func(list []accounts.ImportedEnterprise, lines []int) error {
			return i.putEnterprises(ctx, store, list, lines)
		})
}

func (i *Import) putEnterprises(
	ctx context.Context, store accounts.ImportStore, list []accounts.ImportedEnterprise, lines []int,
) error {
	now := i.Now()
	for n := range list {
		list[n].ID = accounts.EnterpriseID(uuid.NewString())
		list[n].CreatedAt, list[n].UpdatedAt = now, now
	}
	outcomes, err := store.ImportEnterprises(ctx, list)
	if err != nil {
		return err
	}
	for n, outcome := range outcomes {
		switch outcome {
		case accounts.ImportAdded:
			i.result.Added++
			if list[n].ForeignHash != "" {
				i.result.Hashes++
			}
		case accounts.ImportPresent:
			i.result.Present++
		case accounts.ImportAccountTaken:
			taken := Problem{Line: lines[n], Field: "account", Code: "taken", Value: list[n].Account}
			if err := i.bad([]Problem{taken}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Register imports a table of the business register.
func (i *Import) Register(ctx context.Context, store accounts.RegisterTable) (Result, error) {
	return each(ctx, i, entryColumns(), (*reading).entry,
		func(e accounts.RegisterEntry) []unique { return []unique{{"uscc", e.USCC}} },
		func(list []accounts.RegisterEntry, _ []int) error {
			i.result.Added += int64(len(list))
			return store.PutRegisterEntries(ctx, list)
		})
}

// each reads a file row by row and puts what is right in batches. The rows of a
// batch that fails are not in; those before it are.
func each[T any](
	ctx context.Context, i *Import, columns []column,
	read func(*reading) T, uniques func(T) []unique, put func([]T, []int) error,
) (Result, error) {
	if err := i.open(columns); err != nil {
		return Result{}, err
	}
	var (
		list  []T
		lines []int
	)
	flush := func() error {
		if len(list) == 0 {
			return nil
		}
		err := put(list, lines)
		list, lines = list[:0], lines[:0]
		return err
	}
	today := idnum.DateOf(i.Now())
	err := i.rows(ctx, func(r *row) error {
		reading := &reading{row: r, today: today}
		record := read(reading)
		if reading.problems == nil {
			reading.problems = i.duplicates(uniques(record), r.line)
		}
		if reading.problems != nil {
			return i.bad(reading.problems)
		}
		list, lines = append(list, record), append(lines, r.line)
		if len(list) < batch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return i.result, errors.Join(err, i.close())
}

// duplicates says which earlier rows a row repeats, and remembers one that repeats
// none.
func (i *Import) duplicates(list []unique, line int) (problems []Problem) {
	for _, u := range list {
		if before, twice := i.seen[u]; twice && u.value != "" {
			problems = append(problems, Problem{Line: line, Field: u.field, Code: "duplicate", Value: fmt.Sprintf("line %d", before)})
		}
	}
	if problems == nil {
		for _, u := range list {
			i.seen[u] = line
		}
	}
	return problems
}

func (i *Import) open(columns []column) error {
	var err error
	if i.table, err = openTable(i.Path, columns); err != nil {
		return err
	}
	if i.table.is(i.Report) {
		return errors.Join(&FileError{i.Report, "is the table itself, not a file for the report"}, i.table.close())
	}
	if i.report, err = createReport(i.Report); err != nil {
		return errors.Join(err, i.table.close())
	}
	i.seen = map[unique]int{}
	i.Begin(i.table.lines)
	return nil
}

func (i *Import) close() error { return errors.Join(i.table.close(), i.report.close()) }

// rows reads to the end of the file.
func (i *Import) rows(ctx context.Context, do func(*row) error) error {
	for read := 0; ; read++ {
		if read == batch {
			i.Progress(read)
			read = 0
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r, problems, err := i.table.next()
		switch {
		case errors.Is(err, io.EOF):
			i.Progress(read)
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", i.Path, err)
		case problems != nil:
			err = i.bad(problems)
		default:
			err = do(r)
		}
		if err != nil {
			return err
		}
	}
}

// bad is one row that is not imported.
func (i *Import) bad(problems []Problem) error {
	i.result.Bad++
	return i.report.add(problems)
}
