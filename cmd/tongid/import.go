package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/cmd/tongid/importer"
	"github.com/tongid/tongid/storage/database"
)

func (t *terminal) importCommand() *cobra.Command {
	enterprises := &cobra.Command{
		Use: "enterprises FILE.csv", Short: "Take in enterprises of another system, to be activated by their holders", Args: cobra.ExactArgs(1),
		Long: "Takes in enterprises of another system, to be activated by their holders. Columns: account, name, uscc, legal_type,\n" +
			"rep_name, rep_id_type, rep_id_number, rep_id_from, rep_id_to, phone, password_hash, as_of; those of name, uscc,\n" +
			"legal_type, rep_name and rep_id_number must be there. UTF-8 or GB 18030.\n\n" +
			"An enterprise that is there already stays as it is: a file may be imported again. Rows that are wrong go into the\n" +
			"report, and the command ends with 1; the others come in all the same.\n\n" +
			"Password hashes (bcrypt, PBKDF2, SM3) are of no use until they are wrapped. A running server does that little by\n" +
			"little; --wrap does it now, as fast as this machine can.",
		RunE: t.withImport((*terminal).importEnterprises),
	}
	enterprises.Flags().Bool("wrap", false, "wrap all password hashes that wait for it, at once")
	register := &cobra.Command{
		Use: "registry FILE.csv", Short: "Load a copy of the business register", Args: cobra.ExactArgs(1),
		Long: "Loads a copy of the business register; entries that are there already are replaced. Columns: uscc, name, type,\n" +
			"status, rep_name, rep_id_type, rep_id_number, address, capital, founded, scope, industry, authority, approved,\n" +
			"as_of; those of uscc, name, type, rep_name and rep_id_number must be there. UTF-8 or GB 18030.",
		RunE: t.withImport((*terminal).importRegister),
	}
	for _, cmd := range []*cobra.Command{enterprises, register} {
		cmd.Flags().String("report", "", "file for what is wrong (default FILE.report.csv)")
	}
	return group("import", "Take in data of other systems, beside a running server too", enterprises, register)
}

// importJob is one import command that runs.
type importJob struct {
	*importer.Import
	cmd      *cobra.Command
	config   *config.Config
	db       *database.DB
	progress *progress
}

func (t *terminal) withImport(do func(*terminal, context.Context, *importJob) (importer.Result, error)) func(*cobra.Command, []string) error {
	return begun(func(cmd *cobra.Command, args []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		report := cmd.Flag("report").Value.String()
		if report == "" {
			report = strings.TrimSuffix(args[0], ".csv") + ".report.csv"
		}
		return t.withDatabase(cmd.Context(), patient(c), func(db *database.DB) error {
			job := &importJob{cmd: cmd, config: c, db: db, Import: &importer.Import{Path: args[0], Report: report, Now: time.Now}}
			job.Begin = func(rows int64) { job.progress = t.progress("import", rows) }
			job.Progress = func(rows int) { job.progress.add(int64(rows)) }
			result, err := do(t, cmd.Context(), job)
			if err == nil && result.Bad > 0 {
				err = fmt.Errorf("rows that are wrong: %d, see %s", result.Bad, report)
			}
			return err
		})
	})
}

// patient is a configuration for commands whose statements take their time.
func patient(c *config.Config) *config.Config {
	copied := *c
	copied.Postgres.Timeout = max(c.Postgres.Timeout, time.Minute)
	return &copied
}

func (t *terminal) importEnterprises(ctx context.Context, job *importJob) (importer.Result, error) {
	result, err := job.Enterprises(ctx, job.db)
	if job.progress == nil {
		return result, err
	}
	job.progress.end()
	fmt.Fprintf(t.out, "added %d\nalready there %d\nwrong %d\n", result.Added, result.Present, result.Bad)
	if err != nil {
		return result, err
	}
	if job.cmd.Flag("wrap").Value.String() == "true" {
		return result, t.wrapHashes(ctx, job)
	}
	if result.Hashes > 0 {
		fmt.Fprintf(t.out, "password hashes %d, for a running server to wrap\n", result.Hashes)
	}
	return result, nil
}

func (t *terminal) importRegister(ctx context.Context, job *importJob) (importer.Result, error) {
	result, err := job.Register(ctx, job.db)
	if job.progress == nil {
		return result, err
	}
	job.progress.end()
	fmt.Fprintf(t.out, "loaded %d\nwrong %d\n", result.Added, result.Bad)
	return result, err
}

// wrapHashes wraps every foreign hash that waits, with all processors.
func (t *terminal) wrapHashes(ctx context.Context, job *importJob) error {
	total, err := job.db.CountForeignHashes(ctx)
	if err != nil {
		return err
	}
	bar := t.progress("wrap", total)
	defer bar.end()
	var (
		mu   sync.Mutex
		done int64
	)
	wrapping := accounts.HashWrapping{
		Store: job.db, Wrapper: newHasher(job.config.Passwords), Workers: runtime.GOMAXPROCS(0),
		Done: func() {
			mu.Lock()
			defer mu.Unlock()
			done++
			bar.add(1)
		},
	}
	unusable, err := wrapping.Run(ctx)
	fmt.Fprintf(t.out, "password hashes wrapped %d\n", done)
	if err == nil && unusable > 0 {
		err = fmt.Errorf("password hashes that cannot be read: %d", unusable)
	}
	return err
}
