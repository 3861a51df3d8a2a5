package main

import (
	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
)

func (t *terminal) clientShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Print one record; update --file takes it back", Args: cobra.ExactArgs(1),
		RunE: t.withClients(func(cmd *cobra.Command, args []string, _ *config.Config, store client.Store) error {
			found, err := store.Client(cmd.Context(), args[0])
			if err != nil {
				return about(args[0], err)
			}
			return t.printRecord(found, "")
		}),
	}
}
