package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/tongid/tongid/cmd/tongid/config"
)

// printConfig lists every setting as it came out and where it came from.
func (t *terminal) printConfig(c *config.Config) error {
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
	for _, g := range c.Given {
		value := g.Value
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", g.Name, value, g.From)
	}
	return table.Flush()
}
