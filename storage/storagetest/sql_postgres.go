package storagetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
)

// PostgresVariable names the environment variable with the URL of a Postgres
// server for tests, of a user who may create databases.
const PostgresVariable = "TONGID_TEST_POSTGRES_URL"

// Postgres makes a database with the current schema on the test server, drops
// it with the test, and returns its URL. It is a copy of a template that is
// made once for each state of the schema.
func Postgres(tb testing.TB) string {
	tb.Helper()
	template, err := postgresTemplate(tb.Context())
	if err != nil {
		tb.Fatalf("make a template database: %v", err)
	}
	return newPostgres(tb, template)
}

// EmptyPostgres is Postgres without any schema.
func EmptyPostgres(tb testing.TB) string {
	tb.Helper()
	return newPostgres(tb, "template0")
}

func newPostgres(tb testing.TB, template string) string {
	tb.Helper()
	name := "tongid_test_" + strings.ToLower(rand.Text())
	// Copying files is faster than the write-ahead log for a small database.
	if err := postgresAdmin(tb.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy"); err != nil {
		tb.Fatalf("create a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := postgresAdmin(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop a database: %v", err)
		}
	})
	return postgresURL(name)
}

// postgresTemplate returns the name of a database with the current schema. Any
// number of test binaries may ask for it at once.
func postgresTemplate(ctx context.Context) (string, error) {
	schema, err := database.SchemaText("postgres")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(schema))
	name := "tongid_template_" + hex.EncodeToString(sum[:8])

	var found bool
	err = withPostgres(ctx, "postgres", func(c *pgx.Conn) error {
		const query = "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)"
		if err := c.QueryRow(ctx, query, name).Scan(&found); err != nil || found {
			return err
		}
		// The session's end unlocks.
		if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
			return err
		}
		if err := c.QueryRow(ctx, query, name).Scan(&found); err != nil || found {
			return err
		}
		return makeTemplate(ctx, c, name)
	})
	return name, err
}

// makeTemplate makes the database under another name first: one that is there
// is whole.
func makeTemplate(ctx context.Context, c *pgx.Conn, name string) error {
	draft := name + "_draft"
	for _, query := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft + " TEMPLATE template0"} {
		if _, err := c.Exec(ctx, query); err != nil {
			return err
		}
	}
	box, err := seal.New(make([]byte, seal.MasterKeySize))
	if err != nil {
		return err
	}
	db, err := database.Open(ctx, database.Config{PostgresURL: postgresURL(draft), Box: box, Now: time.Now, Timeout: time.Minute})
	if err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = c.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return err
}

func postgresAdmin(ctx context.Context, query string) error {
	return withPostgres(ctx, "postgres", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, query)
		return err
	})
}

func withPostgres(ctx context.Context, name string, f func(c *pgx.Conn) error) error {
	if os.Getenv(PostgresVariable) == "" {
		return fmt.Errorf("%s is not set: run make test, which starts the servers that tests need", PostgresVariable)
	}
	c, err := pgx.Connect(ctx, postgresURL(name))
	if err != nil {
		return err
	}
	return errors.Join(f(c), c.Close(ctx))
}

// postgresURL is the test server's URL with another database in it.
func postgresURL(name string) string {
	u, err := url.Parse(os.Getenv(PostgresVariable))
	if err != nil {
		return "" // it does not connect, and says so
	}
	u.Path = "/" + name
	return u.String()
}
