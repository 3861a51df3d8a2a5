package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// sqlStore keeps what must be remembered. Every method is one statement.
type sqlStore struct {
	write, read *sql.DB
	local       bool // SQLite
	st          statements
}

func openSQL(ctx context.Context, postgresURL, folder string) (*sqlStore, error) {
	if postgresURL == "" {
		write, read, err := openSQLite(ctx, filepath.Join(folder, "floor.db"), "FULL")
		return &sqlStore{write: write, read: read, local: true}, err
	}
	config, err := pgx.ParseConfig(postgresURL)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	return &sqlStore{write: db, read: db}, nil
}

func openSQLite(ctx context.Context, path, synchronous string) (write, read *sql.DB, err error) {
	open := func(query url.Values, size int) *sql.DB {
		connector, openErr := sqlite.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
		if openErr != nil {
			err = errors.Join(err, openErr)
			return nil
		}
		db := sql.OpenDB(connector)
		db.SetMaxOpenConns(size)
		db.SetMaxIdleConns(size)
		return db
	}
	write = open(url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")"}, "_txlock": {"immediate"}}, 1)
	read = open(url.Values{"_pragma": {"busy_timeout(5000)", "query_only(1)"}}, 4)
	if err == nil {
		err = write.PingContext(ctx) // before any reader: it sets the journal mode
	}
	return write, read, err
}

func (s *sqlStore) close() {
	_ = s.read.Close()
	_ = s.write.Close()
}

// context leaves the end of a request out for SQLite, whose driver would watch
// it from a goroutine for every statement.
func (s *sqlStore) context(ctx context.Context) context.Context {
	if s.local {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// account is an enterprise's account.
type account struct {
	id, account, name, uscc, legalType, status string
	epoch                                      int64
	salt, tag                                  []byte
}

func (a *account) stands(epoch int64) bool { return a.status == "active" && a.epoch == epoch }

// family is a grant.
type family struct {
	id                               uuid.UUID
	client, subject, session, scopes string
	epoch, authTime, generation      int64
	offline                          bool
	rotated, created, idle, expires  int64
	revoked                          int64
}

func (s *sqlStore) standing(ctx context.Context, id string) (*account, error) {
	var a account
	err := s.st.standing.QueryRowContext(s.context(ctx), id).
		Scan(&a.id, &a.account, &a.name, &a.uscc, &a.legalType, &a.status, &a.epoch)
	return &a, err
}

func (s *sqlStore) find(ctx context.Context, identifier string) (*account, error) {
	var a account
	err := s.st.find.QueryRowContext(s.context(ctx), identifier).Scan(&a.id, &a.epoch, &a.salt, &a.tag)
	return &a, err
}

func (s *sqlStore) countTry(ctx context.Context, key string, now int64) error {
	_, err := s.st.countTry.ExecContext(s.context(ctx), key, now)
	return err
}

func (s *sqlStore) createGrant(ctx context.Context, f *family, epoch int64) error {
	result, err := s.st.createGrant.ExecContext(s.context(ctx), f.id[:], f.client, f.subject, f.session, f.scopes,
		epoch, f.authTime, f.generation, f.offline, f.rotated, f.created, f.idle, f.expires)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errors.New("no grant was made"))
	}
	return nil
}

func (s *sqlStore) checkGrant(ctx context.Context, id uuid.UUID) (*family, *account, error) {
	f, a := family{id: id}, account{}
	err := s.st.checkGrant.QueryRowContext(s.context(ctx), id[:]).
		Scan(&f.client, &f.subject, &f.session, &f.scopes, &f.epoch, &f.authTime, &f.generation, &f.offline,
			&f.rotated, &f.created, &f.idle, &f.expires, &f.revoked,
			&a.account, &a.name, &a.uscc, &a.legalType, &a.status, &a.epoch)
	return &f, &a, err
}

func (s *sqlStore) rotate(ctx context.Context, id uuid.UUID, client string, generation, now, idle int64) (*family, error) {
	f := family{id: id}
	err := s.st.rotate.QueryRowContext(s.context(ctx), id[:], client, generation, now, idle).
		Scan(&f.client, &f.subject, &f.session, &f.scopes, &f.epoch, &f.authTime, &f.generation, &f.offline,
			&f.rotated, &f.created, &f.idle, &f.expires, &f.revoked)
	return &f, err
}
