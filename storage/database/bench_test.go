package database_test

import (
	"testing"

	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/storagetest"
)

func BenchmarkSQLite(b *testing.B) {
	storagetest.BenchmarkDurable(b, migrated(b, engines()["file"](b)))
}

func BenchmarkPostgres(b *testing.B) {
	storagetest.BenchmarkDurable(b, migrated(b, database.Config{PostgresURL: storagetest.Postgres(b)}))
}
