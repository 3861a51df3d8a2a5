// Package storage says what lives where, for how long and why; its folders hold
// the implementations (docs/storage.md is the long form).
//
//   - database: what must be remembered, on Postgres or SQLite: accounts,
//     clients, grants, consents, signing keys, lockouts, spent assertions.
//   - redis, ephemeral: what is alive and may be lost, each record with an
//     absolute expiry: browser sessions, interactions, codes, captchas.
//   - sqlite: opens SQLite files, for database and ephemeral alike.
//   - seal: encryption at rest under keys derived from the master key.
//   - storagetest: the suites that every backend passes.
package storage
