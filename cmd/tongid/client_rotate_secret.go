package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
)

func (t *terminal) clientRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rotate-secret ID", Short: "Replace a client's secret and print the new one, this once", Args: cobra.ExactArgs(1),
		Long: "Replaces a client's secret and prints the new one, this once. The old one is refused within a second; tokens\n" +
			"that were issued stay as they are.",
		RunE: t.withClients(func(cmd *cobra.Command, args []string, _ *config.Config, store client.Store) error {
			found, err := store.Client(cmd.Context(), args[0])
			if err != nil {
				return about(args[0], err)
			}
			if !found.HasSecret() {
				return fmt.Errorf("%s authenticates by %s and has no secret", found.ID, found.AuthMethod)
			}
			secret := client.NewSecret()
			changed := *found
			changed.SecretHash, changed.UpdatedAt = client.HashSecret(secret), time.Now()
			if err := store.UpdateClient(cmd.Context(), &changed); err != nil {
				return about(args[0], err)
			}
			return t.printRecord(&changed, secret)
		}),
	}
}
