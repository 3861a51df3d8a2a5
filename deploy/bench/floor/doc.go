// Command floor is what tongid is measured against: a bare echo handler per
// operation that does only what cannot be left out, and nothing that a real
// provider also has to do (no fosite, no log line, no error table, no CSRF).
//
// Left are: parsing, the round trips of the design (authorize and redeem: read
// the session, check the account in SQL, write the code, take the code, insert
// the grant; refresh: one committed UPDATE … RETURNING; introspection and
// userinfo: one SELECT by primary key; login: take the captcha, look the account
// up, count the try in one committed statement, one argon2id hash, write the
// session), the MAC of opaque tokens, and one ES256 signature per ID token. The
// libraries are the ones that tongid has: echo, pgx through database/sql,
// go-redis, modernc's SQLite, go-jose, x/crypto.
package main
