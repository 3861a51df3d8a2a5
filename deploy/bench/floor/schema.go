package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"strings"
)

const demoPassword = "Tongid-demo-2026"

// demo are the accounts that sign in, as in tongid's demo: an enterprise's, and
// one that stands for a person.
func demo() []account {
	return []account{
		{id: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", account: "jlshili01", uscc: "91220102MA0TE5T169"},
		{id: "6f9619ff-8b86-4d01-b42d-00cf4fc964fe", account: "13800000002"},
	}
}

const schema = `
CREATE TABLE IF NOT EXISTS enterprises (
	id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, uscc TEXT NOT NULL, name TEXT NOT NULL,
	legal_type TEXT NOT NULL, status TEXT NOT NULL, epoch BIGINT NOT NULL, salt BYTEA NOT NULL, tag BYTEA NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS enterprises_account ON enterprises (account);
CREATE TABLE IF NOT EXISTS grants (
	id BYTEA NOT NULL PRIMARY KEY, client_id TEXT NOT NULL, subject TEXT NOT NULL, session_id TEXT NOT NULL,
	scopes TEXT NOT NULL, epoch BIGINT NOT NULL, auth_time BIGINT NOT NULL, generation BIGINT NOT NULL,
	offline BOOLEAN NOT NULL, rotated_at BIGINT NOT NULL, created_at BIGINT NOT NULL,
	idle_until BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS grants_session ON grants (session_id);
CREATE TABLE IF NOT EXISTS attempts (
	key TEXT NOT NULL PRIMARY KEY, count BIGINT NOT NULL, last_at BIGINT NOT NULL
);`

type statements struct {
	standing, find, countTry, createGrant, checkGrant, rotate *sql.Stmt
}

// create makes the tables and the accounts, and prepares the statements.
func (s *sqlStore) create(ctx context.Context) error {
	for statement := range strings.SplitSeq(schema, ";") {
		if statement = strings.TrimSpace(statement); statement == "" {
			continue
		}
		if _, err := s.write.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for _, a := range demo() {
		salt := make([]byte, 16)
		rand.Read(salt)
		_, err := s.write.ExecContext(ctx, `INSERT INTO enterprises VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			a.id, a.account, a.uscc, "Jilin Sample Software Ltd", "enterprise", "active", int64(1),
			salt, argon([]byte(demoPassword), salt))
		if err != nil {
			return err
		}
	}
	const family = `client_id, subject, session_id, scopes, epoch, auth_time, generation, offline,
		rotated_at, created_at, idle_until, expires_at, revoked_at`
	p := preparer{ctx: ctx}
	s.st = statements{
		standing: p.prepare(s.read, `SELECT id, account, name, uscc, legal_type, status, epoch FROM enterprises WHERE id = $1`),
		find:     p.prepare(s.read, `SELECT id, epoch, salt, tag FROM enterprises WHERE account = $1`),
		countTry: p.prepare(s.write, `INSERT INTO attempts AS a (key, count, last_at) VALUES ($1, 1, $2)
			ON CONFLICT (key) DO UPDATE SET count = a.count + 1, last_at = $2`),
		createGrant: p.prepare(s.write, `INSERT INTO grants (id, `+family+`)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0
			FROM enterprises e WHERE e.id = $3 AND e.status = 'active' AND e.epoch = $6
			ON CONFLICT DO NOTHING`),
		checkGrant: p.prepare(s.read, `SELECT g.client_id, g.subject, g.session_id, g.scopes, g.epoch, g.auth_time, g.generation,
				g.offline, g.rotated_at, g.created_at, g.idle_until, g.expires_at, g.revoked_at,
				e.account, e.name, e.uscc, e.legal_type, e.status, e.epoch
			FROM grants g JOIN enterprises e ON e.id = g.subject WHERE g.id = $1`),
		rotate: p.prepare(s.write, `UPDATE grants SET generation = generation + 1, rotated_at = $4, idle_until = $5
			WHERE id = $1 AND client_id = $2 AND generation = $3 AND offline AND revoked_at = 0 AND expires_at > $4 AND idle_until > $4
				AND EXISTS (SELECT 1 FROM enterprises e WHERE e.id = subject AND e.status = 'active' AND e.epoch = grants.epoch)
			RETURNING `+family),
	}
	return p.err
}

// preparer prepares statements and keeps what went wrong.
type preparer struct {
	ctx context.Context //nolint:containedctx // lives as long as one call of create
	err error
}

func (p *preparer) prepare(db *sql.DB, query string) *sql.Stmt {
	stmt, err := db.PrepareContext(p.ctx, query)
	p.err = errors.Join(p.err, err)
	return stmt
}
