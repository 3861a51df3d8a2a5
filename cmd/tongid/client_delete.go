package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
)

func (t *terminal) clientDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Remove a client; its tokens are dead within a second", Args: cobra.ExactArgs(1),
		RunE: t.withClients(func(cmd *cobra.Command, args []string, _ *config.Config, store client.Store) error {
			if err := store.DeleteClient(cmd.Context(), args[0]); err != nil {
				return about(args[0], err)
			}
			fmt.Fprintf(t.out, "deleted %s\n", args[0])
			return nil
		}),
	}
}
