package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/storage/database"
)

func (t *terminal) clientCommand() *cobra.Command {
	return group("client", "Register and change relying parties, beside a running server too",
		t.clientCreateCommand(), t.clientListCommand(), t.clientShowCommand(), t.clientUpdateCommand(),
		t.clientRotateCommand(), t.clientDeleteCommand(), t.clientEventsCommand())
}

// withClients runs a client command against the store.
func (t *terminal) withClients(do func(cmd *cobra.Command, args []string, c *config.Config, store client.Store) error) func(*cobra.Command, []string) error {
	return begun(func(cmd *cobra.Command, args []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		return t.withDatabase(cmd.Context(), c, func(db *database.DB) error { return do(cmd, args, c, db) })
	})
}

// policyOf says what clients this server's issuer allows.
func policyOf(c *config.Config) client.Policy {
	u, err := url.Parse(c.Issuer)
	return client.Policy{LocalIssuer: err == nil && client.LocalHost(u.Hostname())}
}

// maxRecord bounds a record's file.
const maxRecord = 1 << 20

// readRecord reads --file; "-" is standard input.
func (t *terminal) readRecord(cmd *cobra.Command) (data []byte, err error) {
	path := cmd.Flag("file").Value.String()
	from := t.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // it was only read
		from = file
	}
	data, err = io.ReadAll(io.LimitReader(from, maxRecord+1))
	if err == nil && len(data) > maxRecord {
		err = fmt.Errorf("%s: longer than %d bytes", path, maxRecord)
	}
	return data, err
}

// addFile adds the flag that names a record.
func addFile(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().String("file", "", "JSON file with RFC 7591 member names; - is standard input")
	if err := cmd.MarkFlagRequired("file"); err != nil {
		panic(err) // the flag stands a line above
	}
	return cmd
}

// record is what is printed of a client. The secret is there only in the answer
// that set it (RFC 7591 §3.2.1); nothing can print it later.
type record struct {
	*client.Client
	Secret    string `json:"client_secret,omitempty"`
	ExpiresAt *int64 `json:"client_secret_expires_at,omitempty"` // 0: never
}

func (t *terminal) printRegistration(reg *client.Registration) error {
	for _, note := range reg.Notes {
		fmt.Fprintln(t.err, "tongid: "+note)
	}
	return t.printRecord(reg.Client, reg.Secret)
}

func (t *terminal) printRecord(c *client.Client, secret string) error {
	r := record{Client: c, Secret: secret}
	if secret != "" {
		r.ExpiresAt = new(int64)
	}
	return t.printJSON(r)
}

func (t *terminal) printJSON(v any) error {
	out := json.NewEncoder(t.out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

// about names the client in what a store says.
func about(id string, err error) error {
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return fmt.Errorf("there is no client %q", id)
	case errors.Is(err, accounts.ErrConflict):
		return fmt.Errorf("there is a client %q already", id)
	}
	return err
}
