package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

// deliveryLine is one line of the delivery log.
type deliveryLine struct {
	ID        string              `json:"jti"`
	Event     accounts.EventKind  `json:"event"`
	Subject   string              `json:"sub"`
	Happened  time.Time           `json:"happened_at"`
	State     accounts.EventState `json:"state"`
	Tries     int                 `json:"tries"`
	ChangedAt time.Time           `json:"changed_at"`
	NextTry   *time.Time          `json:"next_try,omitempty"`
	Outcome   string              `json:"outcome,omitempty"` // what the client last answered
}

func (t *terminal) clientEventsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "events ID", Short: "Print what became of the events that the client is told, the newest first", Args: cobra.ExactArgs(1),
	}
	limit := cmd.Flags().Int("limit", 100, "print so many at the most")
	cmd.RunE = begun(func(cmd *cobra.Command, args []string) error {
		c, err := t.load(cmd)
		if err != nil {
			return err
		}
		return t.withDatabase(cmd.Context(), c, func(db *database.DB) error { return t.printEvents(cmd, db, args[0], *limit) })
	})
	return cmd
}

func (t *terminal) printEvents(cmd *cobra.Command, db *database.DB, id string, limit int) error {
	if _, err := db.Client(cmd.Context(), id); err != nil {
		return about(id, err)
	}
	found, err := db.Deliveries(cmd.Context(), id, max(limit, 0))
	if err != nil {
		return err
	}
	lines := []deliveryLine{}
	for _, d := range found {
		line := deliveryLine{
			ID: d.ID, Event: d.Event.Kind, Subject: d.Subject, Happened: d.Event.At, State: d.State, Tries: d.Tries,
			ChangedAt: d.ChangedAt, Outcome: d.Outcome,
		}
		switch waits := d.State == accounts.EventPush || d.State == accounts.EventPoll; {
		case waits && !time.Now().Before(d.ExpiresAt):
			line.State = accounts.EventExpired
		case d.State == accounts.EventPush:
			line.NextTry = &d.DueAt
		}
		lines = append(lines, line)
	}
	return t.printJSON(lines)
}
