package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
)

func (t *terminal) sealCommand() *cobra.Command {
	return group("seal", "See, add and retire the data keys that personal data is sealed under, beside a running server too",
		&cobra.Command{
			Use: "status", Short: "List the data keys and how many values are sealed under each", Args: cobra.NoArgs,
			RunE: t.withSeal(func(context.Context, *database.DB) error { return nil }),
		},
		&cobra.Command{
			Use: "rotate", Short: "Seal new values under a new data key", Args: cobra.NoArgs,
			Long: "Adds a data key. What is written from now on is sealed under it, as soon as every server knows it: after " +
				seal.SettleTime.String() + ".\nWhat is there stays under the older keys until seal reseal.",
			RunE: t.withSeal(func(ctx context.Context, db *database.DB) error {
				_, err := db.AddDataKey(ctx)
				return err
			}),
		},
		&cobra.Command{
			Use: "reseal", Short: "Seal everything anew under the current data key", Args: cobra.NoArgs,
			Long: "Seals everything anew under the current data key, beside running servers. It may be stopped and called again.",
			RunE: t.withSeal(t.reseal),
		},
		&cobra.Command{
			Use: "retire", Short: "Delete the data keys that nothing is sealed under any more", Args: cobra.NoArgs,
			Long: "Deletes, for ever, the data keys that nothing is sealed under any more and that another key followed at least a\n" +
				"day ago. The first one, which is derived from the master key, is no longer used.",
			RunE: t.withSeal(func(ctx context.Context, db *database.DB) error {
				retired, err := db.RetireDataKeys(ctx)
				if err == nil && retired == nil {
					fmt.Fprintln(t.err, "tongid: no key to retire")
				}
				return err
			}),
		},
	)
}

// withSeal runs a command about data keys and lists them as they are then.
func (t *terminal) withSeal(do func(context.Context, *database.DB) error) func(*cobra.Command, []string) error {
	return begun(func(cmd *cobra.Command, _ []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		return t.withDatabase(cmd.Context(), patient(c), func(db *database.DB) error {
			if err := do(cmd.Context(), db); err != nil {
				return err
			}
			list, err := db.SealStatus(cmd.Context())
			if err != nil {
				return err
			}
			return t.printSeal(list)
		})
	})
}

func (t *terminal) printSeal(list []database.SealStatus) error {
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VERSION\tSTATE\tCREATED\tVALUES\tNOTE")
	for i, s := range list {
		state := string(s.State)
		if s.Current {
			state = "current"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\n", s.Version, state, day(s.CreatedAt), s.Values, noteOf(s, list[i+1:], time.Now()))
	}
	return table.Flush()
}

// noteOf says what may be done about a data key.
func noteOf(s database.SealStatus, newer []database.SealStatus, now time.Time) string {
	followed := slices.ContainsFunc(newer, func(n database.SealStatus) bool { return n.Current })
	switch {
	case s.State != seal.Active, s.Current:
		return ""
	case !followed:
		return "seals from " + day(s.CreatedAt.Add(seal.SettleTime)) + " on"
	case s.Values > 0:
		return "seal reseal moves its values to the current key"
	case s.Retirable(now):
		return "nothing is sealed under it: seal retire deletes it"
	default:
		return "nothing is sealed under it: may be retired from " + day(s.RetireAfter) + " on"
	}
}

// reseal waits until the newest key seals, so that everything comes under it.
func (t *terminal) reseal(ctx context.Context, db *database.DB) error {
	keys, _, err := db.DataKeys(ctx)
	if err != nil {
		return err
	}
	if wait := time.Until(keys[len(keys)-1].CreatedAt.Add(seal.SettleTime)); wait > 0 {
		fmt.Fprintf(t.err, "tongid: waiting %s until every server knows the new key\n", wait.Round(time.Second))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	list, err := db.SealStatus(ctx)
	if err != nil {
		return err
	}
	var total int64
	for _, s := range list {
		if !s.Current {
			total += s.Values
		}
	}
	bar := t.progress("reseal", total)
	done, err := db.Reseal(ctx, bar.add)
	bar.end()
	fmt.Fprintf(t.out, "sealed anew %d\n", done.Values)
	for _, where := range done.Unreadable {
		fmt.Fprintf(t.err, "tongid: cannot be opened: %s\n", where)
	}
	if err == nil && len(done.Unreadable) > 0 {
		err = fmt.Errorf("values that cannot be opened: %d", len(done.Unreadable))
	}
	return err
}
