package database

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongid/tongid/provider/client"
)

var _ client.Store = (*DB)(nil)

// The record is one document: a new member of it is no change of the schema.
const clientColumns = `id, data, secret_hash, updated_at`

// Clients returns all clients and their revision, of one instant.
func (db *DB) Clients(ctx context.Context) (clients []*client.Client, revision int64, err error) {
	const query = `SELECT r.n, COALESCE(c.id, ''), COALESCE(c.data, ''), c.secret_hash, COALESCE(c.updated_at, 0)
		FROM revisions r LEFT JOIN clients c ON 1 = 1
		WHERE r.topic = 'clients' ORDER BY c.id`
	err = db.list(ctx, "list clients", query, nil,
		func() { clients = nil },
		func(r rows) error {
			var row clientRow
			if err := r.Scan(&revision, &row.id, &row.data, &row.secretHash, &row.updated); err != nil {
				return err
			}
			if row.id == "" {
				return nil // there is none
			}
			c, err := row.client()
			clients = append(clients, c)
			return err
		})
	return clients, revision, err
}

// ClientsRevision returns a number that every change of a client raises.
func (db *DB) ClientsRevision(ctx context.Context) (int64, error) { return db.revision(ctx, "clients") }

const readClient = `SELECT ` + clientColumns + ` FROM clients WHERE id = $1`

// Client reads one client.
func (db *DB) Client(ctx context.Context, id string) (*client.Client, error) {
	if !storable(id) {
		return nil, notFound("read client")
	}
	var row clientRow
	if err := db.row(ctx, "read client", readClient, []any{id}, &row.id, &row.data, &row.secretHash, &row.updated); err != nil {
		return nil, err
	}
	return row.client()
}

// CreateClient inserts a client. An id that was used before starts anew.
func (db *DB) CreateClient(ctx context.Context, c *client.Client) error {
	const query = `INSERT INTO clients (` + clientColumns + `) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	args, err := clientArgs(c)
	if err != nil {
		return err
	}
	return db.InTx(ctx, func(tx *DB) error {
		n, err := tx.exec(ctx, "create client", query, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return conflict("create client")
		}
		if err := tx.forgetClient(ctx, c.ID); err != nil {
			return err
		}
		return tx.raise(ctx, "clients")
	})
}

// UpdateClient replaces a client's record.
func (db *DB) UpdateClient(ctx context.Context, c *client.Client) error {
	const query = `UPDATE clients SET data = $2, secret_hash = $3, updated_at = $4 WHERE id = $1`
	args, err := clientArgs(c)
	if err != nil {
		return err
	}
	return db.InTx(ctx, func(tx *DB) error {
		n, err := tx.exec(ctx, "update client", query, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return notFound("update client")
		}
		return tx.raise(ctx, "clients")
	})
}

// DeleteClient removes a client; what was allowed to it is forgotten.
func (db *DB) DeleteClient(ctx context.Context, id string) error {
	const query = `DELETE FROM clients WHERE id = $1`
	err := db.InTx(ctx, func(tx *DB) error {
		n, err := tx.exec(ctx, "delete client", query, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return notFound("delete client")
		}
		return tx.raise(ctx, "clients")
	})
	if err != nil {
		return err
	}
	// After the client is gone, in its own time: there may be many.
	return db.forgetClient(ctx, id)
}

const forgetConsents = `DELETE FROM consents WHERE client_id = $1 AND subject IN
	(SELECT subject FROM consents WHERE client_id = $1 LIMIT 500)`

func endGrantsOfClient(w words) string {
	return `UPDATE grants SET revoked_at = $2 WHERE revoked_at = 0 AND id IN
		(SELECT id FROM grants WHERE client_id = $1 AND revoked_at = 0 ORDER BY id LIMIT 500 ` + w.lock + `)`
}

// forgetClient ends the grants of a client that is not there, and forgets the
// consents given to it, a bounded number per statement.
func (db *DB) forgetClient(ctx context.Context, id string) error {
	grants := endGrantsOfClient(db.engine.words())
	for n := int64(1); n > 0; {
		var err error
		if n, err = db.exec(ctx, "end grants of client", grants, id, millis(db.now())); err != nil {
			return err
		}
	}
	for n := int64(1); n > 0; {
		var err error
		if n, err = db.exec(ctx, "forget consents to client", forgetConsents, id); err != nil {
			return err
		}
	}
	return nil
}

// clientDocument is a client as it is kept: with what its record does not show.
type clientDocument struct {
	*client.Client

	RegisteredMS int64 `json:"registered_ms,omitempty"`
}

type clientRow struct {
	id, data   string
	secretHash []byte
	updated    int64
}

func (r *clientRow) client() (*client.Client, error) {
	doc := clientDocument{Client: &client.Client{}}
	if err := json.Unmarshal([]byte(r.data), &doc); err != nil {
		return nil, fmt.Errorf("database: client %s: %w", r.id, err)
	}
	c := doc.Client
	c.ID, c.RegisteredAt, c.UpdatedAt = r.id, timeOf(doc.RegisteredMS), timeOf(r.updated)
	if len(r.secretHash) > 0 {
		c.SecretHash = r.secretHash
	}
	return c, nil
}

func clientArgs(c *client.Client) ([]any, error) {
	data, err := json.Marshal(clientDocument{c, millis(c.RegisteredAt)})
	if err != nil {
		return nil, fmt.Errorf("database: client %s: %w", c.ID, err)
	}
	secretHash := c.SecretHash
	if secretHash == nil {
		secretHash = []byte{}
	}
	return []any{c.ID, string(data), secretHash, millis(c.UpdatedAt)}, nil
}
