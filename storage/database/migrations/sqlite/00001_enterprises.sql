-- +goose Up

-- Times are milliseconds since 1970 UTC, 0 for none. Columns of type BLOB in
-- this table are sealed (storage/seal).
CREATE TABLE enterprises (
    id               TEXT    NOT NULL PRIMARY KEY,
    account          TEXT    NOT NULL,
    account_folded   TEXT    NOT NULL,
    uscc             TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    legal_type       TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    rep_name         BLOB    NOT NULL,
    rep_doc_type     TEXT    NOT NULL,
    rep_doc_number   BLOB    NOT NULL,
    rep_valid_from   TEXT    NOT NULL,
    rep_valid_to     TEXT    NOT NULL,
    phone            BLOB    NOT NULL,
    password_hash    TEXT    NOT NULL,
    proofing         INTEGER NOT NULL,
    as_of            TEXT    NOT NULL,
    account_epoch    INTEGER NOT NULL,
    enterprise_epoch INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;

-- An account that was not activated has no login name yet.
CREATE UNIQUE INDEX enterprises_account ON enterprises (account_folded) WHERE account_folded <> '';
CREATE UNIQUE INDEX enterprises_uscc_standing ON enterprises (uscc) WHERE status <> 'cancelled';
CREATE INDEX enterprises_uscc ON enterprises (uscc);
