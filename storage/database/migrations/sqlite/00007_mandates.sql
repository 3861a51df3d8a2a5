-- +goose Up

-- For whom a person may act. Dates are YYYY-MM-DD, both inclusive.
CREATE TABLE mandates (
    id            TEXT    NOT NULL PRIMARY KEY,
    enterprise_id TEXT    NOT NULL,
    person_id     TEXT    NOT NULL,
    valid_from    TEXT    NOT NULL,
    valid_until   TEXT    NOT NULL,
    manager       INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX mandates_open ON mandates (enterprise_id, person_id) WHERE state <> 'revoked';
CREATE INDEX mandates_person ON mandates (person_id);
