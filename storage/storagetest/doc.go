// Package storagetest holds the suites that every store passes, whatever it is
// made of: Alive for what is alive (redis, ephemeral), Durable for what must be
// remembered (database). It also makes stores slow on purpose, and makes
// databases on the Postgres server that the tests are given.
package storagetest
