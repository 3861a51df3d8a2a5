package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
)

func (t *terminal) clientUpdateCommand() *cobra.Command {
	return addFile(&cobra.Command{
		Use: "update ID --file FILE", Short: "Replace a record but for its id, secret and time of issue",
		Long: "Replaces the whole record but for its id, secret and time of issue: what the file leaves out goes back to\n" +
			"its default. To change one member, edit what show prints.",
		Args: cobra.ExactArgs(1),
		RunE: t.withClients(func(cmd *cobra.Command, args []string, c *config.Config, store client.Store) error {
			data, err := t.readRecord(cmd)
			if err != nil {
				return err
			}
			old, err := store.Client(cmd.Context(), args[0])
			if err != nil {
				return about(args[0], err)
			}
			reg, err := policyOf(c).Replace(old, data, time.Now())
			if err != nil {
				return err
			}
			if err := store.UpdateClient(cmd.Context(), reg.Client); err != nil {
				return about(args[0], err)
			}
			return t.printRegistration(reg)
		}),
	})
}
