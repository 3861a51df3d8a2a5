package ephemeral

import (
	"context"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

const (
	putInteractionSQL = `INSERT INTO interaction (key, version, expires, data) VALUES (?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires = excluded.expires, data = excluded.data`
	interactionSQL     = `SELECT data FROM interaction WHERE key = ? AND expires > ?`
	moveInteractionSQL = `UPDATE interaction SET version = version + 1, expires = ?, data = ?
		WHERE key = ? AND version = ? AND expires > ?`
	interactionIsPresentSQL = `SELECT 1 FROM interaction WHERE key = ? AND expires > ?`
)

// PutInteraction keeps an interaction until its end.
func (s *Store) PutInteraction(ctx context.Context, i *interaction.Interaction) error {
	return s.call(ctx, "put_interaction", func(ctx context.Context) error {
		key := record.InteractionKey(i.ID)
		_, err := s.db.Write.Exec(ctx, putInteractionSQL, key[:], i.Version, i.ExpiresAt.UnixNano(), record.Interaction(i, i.Version))
		return err
	})
}

// Interaction reads an interaction.
func (s *Store) Interaction(ctx context.Context, id string) (*interaction.Interaction, error) {
	var i *interaction.Interaction
	err := s.call(ctx, "interaction", func(ctx context.Context) error {
		key := record.InteractionKey(id)
		var data string
		if err := s.db.Read.Row(ctx, interactionSQL, key[:], s.now()).Scan(&data); err != nil {
			return err
		}
		var err error
		i, err = record.ParseInteraction(id, data)
		return err
	})
	return i, err
}

// MoveInteraction replaces the record if its stored version is i.Version, and
// then raises i.Version. ErrNotFound if there is no such record any more.
func (s *Store) MoveInteraction(ctx context.Context, i *interaction.Interaction) error {
	return s.call(ctx, "move_interaction", func(ctx context.Context) error {
		key, now := record.InteractionKey(i.ID), s.now()
		moved, err := changed(s.db.Write.Exec(ctx, moveInteractionSQL,
			i.ExpiresAt.UnixNano(), record.Interaction(i, i.Version+1), key[:], i.Version, now))
		if err != nil {
			return err
		}
		if moved {
			i.Version++
			return nil
		}
		var present int
		if err := s.db.Write.Row(ctx, interactionIsPresentSQL, key[:], now).Scan(&present); err != nil {
			return err
		}
		return accounts.ErrConflict
	})
}
