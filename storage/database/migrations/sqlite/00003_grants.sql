-- +goose Up

-- enterprise_id is no foreign key: a row is only inserted from the account's
-- row, and accounts are never deleted.
CREATE TABLE grants (
    id               BLOB    NOT NULL PRIMARY KEY,
    client_id        TEXT    NOT NULL,
    account_type     TEXT    NOT NULL,
    subject          TEXT    NOT NULL,
    enterprise_id    TEXT    NOT NULL,
    account_epoch    INTEGER NOT NULL,
    enterprise_epoch INTEGER NOT NULL,
    session_id       TEXT    NOT NULL,
    scopes           TEXT    NOT NULL,
    claims           TEXT    NOT NULL,
    nonce            TEXT    NOT NULL,
    auth_time        INTEGER NOT NULL,
    loa              INTEGER NOT NULL,
    amr              TEXT    NOT NULL,
    offline          INTEGER NOT NULL,
    generation       INTEGER NOT NULL,
    rotated_at       INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    idle_until       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER NOT NULL,
    access_after     INTEGER NOT NULL
) STRICT;

CREATE INDEX grants_session ON grants (session_id) WHERE revoked_at = 0;
CREATE INDEX grants_client ON grants (client_id) WHERE revoked_at = 0;
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE consents (
    subject    TEXT    NOT NULL,
    client_id  TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (subject, client_id, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_client ON consents (client_id);

-- id is the SHA-256 of what was spent, which others chose.
CREATE TABLE spent (
    id    BLOB    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_until ON spent (until);
