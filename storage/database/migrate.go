package database

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// The schema, forward only: a change is a new file for each engine, never an
// edit of an old one, and leaves the schema usable to the version before.
//
//go:embed migrations
var migrationFiles embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: not yet
}

// SchemaError says that the schema is older than this binary's.
type SchemaError struct{ Have, Want int64 }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("database: the schema has version %d, this binary needs %d: run tongid migrate up", e.Have, e.Want)
}

// Migrate brings the schema up to date and returns the steps it took. Any
// number of processes may call it at once: one migrates, the others wait and
// find nothing left to do. Afterwards the data keys are known.
func (db *DB) Migrate(ctx context.Context) ([]Migration, error) {
	var done []Migration
	err := db.engine.migrations().alone(ctx, func() error {
		p, err := db.provider()
		if err != nil {
			return err
		}
		results, err := p.Up(ctx)
		for _, r := range results {
			done = append(done, Migration{Version: r.Source.Version, Name: r.Source.Path, AppliedAt: db.now()})
		}
		return err
	})
	if err != nil {
		return done, db.fault(ctx, "migrate", err)
	}
	return done, db.RefreshDataKeys(ctx)
}

// MigrationStatus lists every step that this binary knows, applied or not.
func (db *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	have, err := db.schemaVersion(ctx)
	if err != nil {
		return nil, err
	}
	if have == 0 {
		return db.known()
	}
	p, err := db.provider()
	if err != nil {
		return nil, err
	}
	list, err := p.Status(ctx)
	if err != nil {
		return nil, db.fault(ctx, "migration status", err)
	}
	out := make([]Migration, len(list))
	for i, s := range list {
		out[i] = Migration{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt}
	}
	return out, nil
}

// MigrationPlan lists the steps that Migrate would take.
func (db *DB) MigrationPlan(ctx context.Context) ([]Migration, error) {
	all, err := db.MigrationStatus(ctx)
	if err != nil {
		return nil, err
	}
	var plan []Migration
	for _, m := range all {
		if m.AppliedAt.IsZero() {
			plan = append(plan, m)
		}
	}
	return plan, nil
}

// CheckSchema returns a *SchemaError if the schema is older than this binary's.
// A newer one is fine: a schema stays usable to the version before it.
// Afterwards the data keys are known.
func (db *DB) CheckSchema(ctx context.Context) error {
	have, err := db.schemaVersion(ctx)
	if err != nil {
		return err
	}
	all, err := db.known()
	if err != nil {
		return err
	}
	if want := all[len(all)-1].Version; have < want {
		return &SchemaError{Have: have, Want: want}
	}
	return db.RefreshDataKeys(ctx)
}

// schemaVersion reads the version without making goose's table, which asking
// goose would do.
func (db *DB) schemaVersion(ctx context.Context) (int64, error) {
	var tables, version int64
	err := db.row(ctx, "find schema", db.engine.words().schemaTable, nil, &tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = db.row(ctx, "read schema version",
		"SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied", nil, &version)
	return version, err
}

func (db *DB) known() ([]Migration, error) {
	p, err := db.provider()
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, s := range p.ListSources() {
		all = append(all, Migration{Version: s.Version, Name: s.Path})
	}
	return all, nil
}

func (db *DB) provider() (*goose.Provider, error) {
	m := db.engine.migrations()
	files, err := fs.Sub(migrationFiles, m.folder)
	if err != nil {
		return nil, fmt.Errorf("database: migrations: %w", err)
	}
	p, err := goose.NewProvider(m.dialect, m.db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("database: migrations: %w", err)
	}
	return p, nil
}

// SchemaText is the text of all migrations of an engine ("postgres", "sqlite"),
// for whom a change of it matters.
func SchemaText(engine string) (string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/"+engine+"/*.sql")
	if err != nil || len(names) == 0 {
		return "", fmt.Errorf("database: no migrations of %s", engine)
	}
	var text strings.Builder
	for _, name := range names {
		content, err := migrationFiles.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("database: %w", err)
		}
		text.WriteString(name + "\n" + string(content) + "\n")
	}
	return text.String(), nil
}
