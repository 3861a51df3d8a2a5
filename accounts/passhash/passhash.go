// Package passhash hashes passwords with argon2id (RFC 9106) in PHC string
// form, with bounded concurrency so that memory cannot run away.
package passhash
