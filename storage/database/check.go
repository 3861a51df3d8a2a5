package database

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// CheckURL reports what is wrong with the form of a Postgres URL, without
// connecting to it and without repeating any of it: there is a password in it.
func CheckURL(address string) error {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return errors.New("want postgres://user:password@host:port/database")
	}
	if _, err := pgxpool.ParseConfig(address); err != nil {
		return errors.New("is no address of a Postgres server, or names an option or a certificate that is not there")
	}
	return nil
}
