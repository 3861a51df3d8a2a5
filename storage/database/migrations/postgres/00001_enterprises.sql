-- +goose Up

-- Times are milliseconds since 1970 UTC, 0 for none. Columns of type BYTEA in
-- this table are sealed (storage/seal).
CREATE TABLE enterprises (
    id               TEXT     NOT NULL PRIMARY KEY,
    account          TEXT     NOT NULL,
    account_folded   TEXT     NOT NULL,
    uscc             TEXT     NOT NULL,
    name             TEXT     NOT NULL,
    legal_type       TEXT     NOT NULL,
    status           TEXT     NOT NULL,
    rep_name         BYTEA    NOT NULL,
    rep_doc_type     TEXT     NOT NULL,
    rep_doc_number   BYTEA    NOT NULL,
    rep_valid_from   TEXT     NOT NULL,
    rep_valid_to     TEXT     NOT NULL,
    phone            BYTEA    NOT NULL,
    password_hash    TEXT     NOT NULL,
    proofing         SMALLINT NOT NULL,
    as_of            TEXT     NOT NULL,
    account_epoch    BIGINT   NOT NULL,
    enterprise_epoch BIGINT   NOT NULL,
    created_at       BIGINT   NOT NULL,
    updated_at       BIGINT   NOT NULL
);

-- An account that was not activated has no login name yet.
CREATE UNIQUE INDEX enterprises_account ON enterprises (account_folded) WHERE account_folded <> '';
CREATE UNIQUE INDEX enterprises_uscc_standing ON enterprises (uscc) WHERE status <> 'cancelled';
CREATE INDEX enterprises_uscc ON enterprises (uscc);
