package main

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
)

func (t *terminal) clientListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Print all records, as a JSON array", Args: cobra.NoArgs,
		RunE: t.withClients(func(cmd *cobra.Command, _ []string, _ *config.Config, store client.Store) error {
			list, _, err := store.Clients(cmd.Context())
			if err != nil {
				return err
			}
			slices.SortFunc(list, func(a, b *client.Client) int { return cmp.Compare(a.ID, b.ID) })
			return t.printJSON(append([]*client.Client{}, list...))
		}),
	}
}
