package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
)

func (t *terminal) migrateCommand() *cobra.Command {
	return group("migrate", "Bring the database schema up to date",
		&cobra.Command{Use: "up", Short: "Take every step that is missing", Args: cobra.NoArgs, RunE: t.migrate(t.migrateUp)},
		&cobra.Command{Use: "status", Short: "List every step and when it was taken", Args: cobra.NoArgs, RunE: t.migrateLook(t.migrateStatus)},
		&cobra.Command{Use: "plan", Short: "List the steps that up would take", Args: cobra.NoArgs, RunE: t.migrateLook(t.migratePlan)},
	)
}

// migrate opens the database without asking what schema it has.
func (t *terminal) migrate(do func(ctx context.Context, db *database.DB) error) func(*cobra.Command, []string) error {
	return begun(func(cmd *cobra.Command, _ []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		db, _, err := openDatabase(cmd.Context(), c, time.Now, nil)
		if err != nil {
			return err
		}
		return errors.Join(do(cmd.Context(), db), db.Close())
	})
}

// migrateLook is migrate of a command that makes nothing: where there is no
// embedded database yet, an empty one in memory stands for it.
func (t *terminal) migrateLook(do func(ctx context.Context, db *database.DB) error) func(*cobra.Command, []string) error {
	return begun(func(cmd *cobra.Command, args []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		if !c.Embedded() || exists(filepath.Join(c.Data, databaseFile)) {
			return t.migrate(do)(cmd, args)
		}
		fmt.Fprintf(t.err, "tongid: there is no database yet in %s\n", c.Data)
		box, err := seal.New(make([]byte, 32)) // seals nothing
		if err != nil {
			return err
		}
		db, err := database.Open(cmd.Context(), database.Config{Path: sqlite.Memory, Box: box, Now: time.Now})
		if err != nil {
			return err
		}
		return errors.Join(do(cmd.Context(), db), db.Close())
	})
}

func (t *terminal) migrateUp(ctx context.Context, db *database.DB) error {
	done, err := db.Migrate(ctx)
	for _, m := range done {
		fmt.Fprintf(t.out, "applied %s\n", m.Name)
	}
	if err == nil && len(done) == 0 {
		fmt.Fprintln(t.out, "nothing to do: the schema is up to date")
	}
	return err
}

func (t *terminal) migrateStatus(ctx context.Context, db *database.DB) error {
	steps, err := db.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VERSION\tNAME\tAPPLIED")
	for _, m := range steps {
		applied := "no"
		if !m.AppliedAt.IsZero() {
			applied = m.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\n", m.Version, m.Name, applied)
	}
	return table.Flush()
}

func (t *terminal) migratePlan(ctx context.Context, db *database.DB) error {
	steps, err := db.MigrationPlan(ctx)
	if err != nil {
		return err
	}
	for _, m := range steps {
		fmt.Fprintf(t.out, "would apply %s\n", m.Name)
	}
	if len(steps) == 0 {
		fmt.Fprintln(t.out, "nothing to do: the schema is up to date")
	}
	return nil
}
