package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
)

func (t *terminal) keyCommand() *cobra.Command {
	rotate := &cobra.Command{
		Use: "rotate", Short: "Sign with the published next keys from now on", Args: cobra.NoArgs,
		Long: "Makes the published next keys current. Keys that are replaced go on verifying until the last token they\n" +
			"signed is out.",
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			if alg := cmd.Flag("alg").Value.String(); alg != "" && !keys.Supported(alg) {
				return fmt.Errorf("--alg: no algorithm %q, want one of %s", alg, strings.Join(keys.Algorithms(), ", "))
			}
			return nil
		},
		RunE: t.withRing(func(ctx context.Context, cmd *cobra.Command, ring *keys.Ring, _ []string) error {
			return ring.Rotate(ctx, cmd.Flag("alg").Value.String())
		}),
	}
	rotate.Flags().String("alg", "", "only keys of this algorithm: "+strings.Join(keys.Algorithms(), ", "))
	return group("key", "See, rotate and revoke the signing keys, beside a running server too",
		&cobra.Command{Use: "list", Short: "List all keys", Args: cobra.NoArgs, RunE: t.withRing(
			func(context.Context, *cobra.Command, *keys.Ring, []string) error { return nil })},
		rotate,
		&cobra.Command{
			Use: "revoke KID", Short: "Take a compromised key out of use at once", Args: cobra.ExactArgs(1),
			Long: "Takes a compromised key out of use at once: what it signed verifies no more, for whoever fetches the key\n" +
				"set anew. If it was the current one, the next takes its place.",
			RunE: t.withRing(func(ctx context.Context, _ *cobra.Command, ring *keys.Ring, args []string) error {
				err := ring.Revoke(ctx, args[0])
				if errors.Is(err, accounts.ErrNotFound) {
					return fmt.Errorf("there is no key %q", args[0])
				}
				return err
			}),
		},
	)
}

// withRing runs a key command and lists the keys as they are then.
func (t *terminal) withRing(do func(ctx context.Context, cmd *cobra.Command, ring *keys.Ring, args []string) error) func(*cobra.Command, []string) error {
	return begun(func(cmd *cobra.Command, args []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		return t.withDatabase(cmd.Context(), c, func(db *database.DB) error {
			ring, err := openRing(cmd.Context(), c, db, time.Now)
			if err != nil {
				return err
			}
			if err := do(cmd.Context(), cmd, ring, args); err != nil {
				return err
			}
			return t.printKeys(ring.Records())
		})
	})
}

// openRing reads the signing keys. Retired ones are kept while anything they
// signed is of use: as long as their tokens live, and as long as an ID token may
// come back as a hint at a sign-in that lives on.
func openRing(ctx context.Context, c *config.Config, store keys.Store, now func() time.Time) (*keys.Ring, error) {
	keep := max(c.Lifetimes.AccessToken, c.Lifetimes.IDToken, c.Lifetimes.Session.Absolute) + 24*time.Hour
	return keys.NewRing(ctx, store, keys.Options{Now: now, RotateEvery: c.KeyRotation, KeepRetired: keep})
}

func (t *terminal) printKeys(records []keys.Record) error {
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KID\tALG\tSTATE\tCREATED\tCURRENT\tRETIRED")
	for _, r := range records {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Algorithm, r.State, day(r.CreatedAt), day(r.CurrentAt), day(r.RetiredAt))
	}
	return table.Flush()
}

func day(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}
