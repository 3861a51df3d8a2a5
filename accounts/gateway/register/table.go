package register

import (
	"context"
	"errors"
	"fmt"

	"github.com/tongid/tongid/accounts"
)

// nobody is a USCC with a wrong check character, so that no register has it.
const nobody = "000000000000000000"

// Table answers from a local copy of the register. There is no network between,
// so it needs no breaker; the store has its own deadline.
type Table struct {
	table      accounts.RegisterTable
	source     string
	equalNames func(a, b string) bool
}

var _ accounts.Register = (*Table)(nil)

// NewTable returns a register over table, which evidence calls source. Names are
// compared by equalNames, or by EqualNames if it is nil.
func NewTable(table accounts.RegisterTable, source string, equalNames func(a, b string) bool) *Table {
	if equalNames == nil {
		equalNames = EqualNames
	}
	return &Table{table: table, source: source, equalNames: equalNames}
}

// Verify compares a claim with the copy.
func (t *Table) Verify(ctx context.Context, c accounts.RegisterClaim) (*accounts.RegisterVerdict, error) {
	v := unknown()
	entry, err := t.Fetch(ctx, c.USCC)
	switch {
	case err == nil:
		v = Compare(entry, c, t.equalNames)
		v.Evidence = t.source + "/" + c.USCC + "/" + entry.AsOf
	case !errors.Is(err, accounts.ErrNotFound):
		return nil, err
	}
	v.Source = t.source
	return &v, nil
}

// Fetch reads an entry.
func (t *Table) Fetch(ctx context.Context, uscc string) (*accounts.RegisterEntry, error) {
	entry, err := t.table.RegisterEntry(ctx, uscc)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.source, err)
	}
	entry.Source = t.source
	return entry, nil
}

// Check looks for an organisation that does not exist.
func (t *Table) Check(ctx context.Context) error {
	if _, err := t.Fetch(ctx, nobody); err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return err
	}
	return nil
}
