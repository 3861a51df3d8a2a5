-- +goose Up

-- For whom a person may act. Dates are YYYY-MM-DD, both inclusive.
CREATE TABLE mandates (
    id            TEXT    NOT NULL PRIMARY KEY,
    enterprise_id TEXT    NOT NULL,
    person_id     TEXT    NOT NULL,
    valid_from    TEXT    NOT NULL,
    valid_until   TEXT    NOT NULL,
    manager       BOOLEAN NOT NULL,
    state         TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL
);
CREATE UNIQUE INDEX mandates_open ON mandates (enterprise_id, person_id) WHERE state <> 'revoked';
CREATE INDEX mandates_person ON mandates (person_id);
