-- +goose Up

-- revisions has one row for each thing that processes keep in memory; a change
-- of the thing raises n in the same transaction.
CREATE TABLE revisions (
    topic TEXT    NOT NULL PRIMARY KEY,
    n     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revisions (topic, n) VALUES ('clients', 0), ('keys', 0);

CREATE TABLE clients (
    id          TEXT    NOT NULL PRIMARY KEY,
    data        TEXT    NOT NULL,
    secret_hash BLOB    NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- private is sealed.
CREATE TABLE signing_keys (
    id          TEXT    NOT NULL PRIMARY KEY,
    algorithm   TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    private     BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    current_at  INTEGER NOT NULL,
    retired_at  INTEGER NOT NULL
) STRICT;
