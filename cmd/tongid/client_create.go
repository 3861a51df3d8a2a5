package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
)

func (t *terminal) clientCreateCommand() *cobra.Command {
	return addFile(&cobra.Command{
		Use: "create --file FILE", Short: "Register a relying party and print its record, with its secret this once",
		Args: cobra.NoArgs,
		RunE: t.withClients(func(cmd *cobra.Command, _ []string, c *config.Config, store client.Store) error {
			data, err := t.readRecord(cmd)
			if err != nil {
				return err
			}
			reg, err := policyOf(c).Register(data, time.Now())
			if err != nil {
				return err
			}
			if err := store.CreateClient(cmd.Context(), reg.Client); err != nil {
				return about(reg.Client.ID, err)
			}
			return t.printRegistration(reg)
		}),
	})
}
