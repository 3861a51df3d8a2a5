package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
)

func (t *terminal) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check configuration, stores, schema, clock, keys and outside systems", Args: cobra.NoArgs,
		Long: "Checks configuration, stores, schema, clock, keys and outside systems, and changes nothing: no message is sent,\n" +
			"no face is checked. Ends with 1 if something is wrong.",
	}
	addSettings(cmd.Flags(), config.Server)
	cmd.RunE = begun(func(cmd *cobra.Command, _ []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		if err := t.printConfig(c); err != nil {
			return err
		}
		d := &doctor{config: c}
		d.examine(cmd.Context())
		fmt.Fprintln(t.out)
		table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "CHECK\tRESULT\tDETAIL")
		for _, f := range d.findings {
			fmt.Fprintf(table, "%s\t%s\t%s\n", f.check, f.result, f.detail)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		if d.wrong > 0 {
			return fmt.Errorf("doctor: %d of %d checks found something wrong", d.wrong, len(d.findings))
		}
		return nil
	})
	return cmd
}

// doctor gathers findings.
type doctor struct {
	config   *config.Config
	findings []finding
	wrong    int
}

type finding struct{ check, result, detail string }

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{check, "ok", fmt.Sprintf(format, args...)})
}

func (d *doctor) note(check, format string, args ...any) {
	d.findings = append(d.findings, finding{check, "note", fmt.Sprintf(format, args...)})
}

func (d *doctor) bad(check, format string, args ...any) {
	d.wrong++
	d.findings = append(d.findings, finding{check, "WRONG", fmt.Sprintf(format, args...)})
}

func (d *doctor) examine(ctx context.Context) {
	d.ok("configuration", "issuer %s", d.config.Issuer)
	for _, name := range d.config.Unknown {
		d.note("environment", "%s means nothing here", name)
	}
	if d.config.Simulators {
		d.note("simulators", "are on: nothing they prove is real")
	}
	d.clock()
	if !d.config.Embedded() || d.dataFolder() {
		d.stores(ctx)
	}
	d.outside(ctx)
}

// clock finds one that went back: codes and tokens would live too long.
func (d *doctor) clock() {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return
	}
	for _, s := range info.Settings {
		built, err := time.Parse(time.RFC3339, s.Value)
		if s.Key != "vcs.time" || err != nil {
			continue
		}
		if time.Now().Before(built) {
			d.bad("clock", "shows %s, before this program was made", time.Now().UTC().Format(time.RFC3339))
			return
		}
	}
	d.ok("clock", "%s", time.Now().UTC().Format(time.RFC3339))
}

// dataFolder looks at the embedded files, and makes none.
func (d *doctor) dataFolder() bool {
	c := d.config
	file := filepath.Join(c.Data, databaseFile)
	if !exists(file) {
		d.note("data", "%s is not there yet; serve makes it", file)
		return false
	}
	if c.MasterKey == "" {
		path := filepath.Join(c.Data, masterKeyFile)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.bad("master key", "%s is gone; what is sealed under it cannot be read", path)
			return false
		case err != nil:
			d.bad("master key", "%v", err)
			return false
		case info.Mode().Perm()&0o077 != 0:
			d.bad("master key", "%s may be read by others: chmod 600 it", path)
		default:
			d.ok("master key", "%s", path)
		}
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
		d.bad("data", "%s may be read by others: chmod 600 it", file)
	}
	return true
}

// stores asks both stores; the schema and the keys only of one that answers.
func (d *doctor) stores(ctx context.Context) {
	alive, err := openAlive(ctx, d.config, time.Now, nil)
	if err == nil {
		d.ping(ctx, "ephemeral store", alive)
		err = alive.Close()
	}
	if err != nil {
		d.bad("ephemeral store", "%v", err)
	}
	db, _, err := openDatabase(ctx, d.config, time.Now, nil)
	if err != nil {
		d.bad("database", "%v", err)
		return
	}
	if d.ping(ctx, "database", db) && d.schema(ctx, db) {
		d.keys(ctx, db)
		d.register(ctx)
	}
	if err := db.Close(); err != nil {
		d.bad("database", "%v", err)
	}
}

func (d *doctor) ping(ctx context.Context, check string, store pinger) bool {
	if err := store.Ping(ctx); err != nil { // the first answer includes the way there
		d.bad(check, "%v", err)
		return false
	}
	start := time.Now()
	if err := store.Ping(ctx); err != nil {
		d.bad(check, "%v", err)
		return false
	}
	d.ok(check, "answers in %s", time.Since(start).Round(10*time.Microsecond))
	return true
}

func (d *doctor) schema(ctx context.Context, db *database.DB) bool {
	if err := db.CheckSchema(ctx); err != nil {
		d.bad("schema", "%v", err)
		return false
	}
	d.ok("schema", "up to date")
	return true
}

// keys opens every signing key, which also proves the master key, and makes
// none.
func (d *doctor) keys(ctx context.Context, store keys.Store) {
	records, _, err := store.Keys(ctx)
	if err != nil {
		d.bad("keys", "%v", err)
		return
	}
	current := map[string]keys.Record{}
	for _, r := range records {
		if r.State == keys.Current {
			current[r.Algorithm] = r
		}
		if r.CreatedAt.After(time.Now().Add(time.Minute)) {
			d.bad("clock", "key %s was made at %s, which is still to come", r.ID, r.CreatedAt.UTC().Format(time.RFC3339))
		}
	}
	for _, alg := range keys.Algorithms() {
		r, ok := current[alg]
		switch {
		case len(records) == 0:
			d.note("keys", "%s: none yet; serve makes one", alg)
		case !ok:
			d.bad("keys", "%s: none is current", alg)
		default:
			d.ok("keys", "%s: %s signs since %s", alg, r.ID, day(r.CurrentAt))
		}
	}
}
