-- +goose Up

-- revisions has one row for each thing that processes keep in memory; a change
-- of the thing raises n in the same transaction.
CREATE TABLE revisions (
    topic TEXT   NOT NULL PRIMARY KEY,
    n     BIGINT NOT NULL
);
INSERT INTO revisions (topic, n) VALUES ('clients', 0), ('keys', 0);

CREATE TABLE clients (
    id          TEXT   NOT NULL PRIMARY KEY,
    data        TEXT   NOT NULL,
    secret_hash BYTEA  NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- private is sealed.
CREATE TABLE signing_keys (
    id          TEXT   NOT NULL PRIMARY KEY,
    algorithm   TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    private     BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL,
    current_at  BIGINT NOT NULL,
    retired_at  BIGINT NOT NULL
);
