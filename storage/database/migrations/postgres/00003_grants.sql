-- +goose Up

-- enterprise_id is no foreign key: a row is only inserted from the account's
-- row, accounts are never deleted, and the check would lock the account's row
-- at every sign-in. The free space in each page lets a refresh rewrite its row
-- in place.
CREATE TABLE grants (
    id               BYTEA    NOT NULL PRIMARY KEY,
    client_id        TEXT     NOT NULL,
    account_type     TEXT     NOT NULL,
    subject          TEXT     NOT NULL,
    enterprise_id    TEXT     NOT NULL,
    account_epoch    BIGINT   NOT NULL,
    enterprise_epoch BIGINT   NOT NULL,
    session_id       TEXT     NOT NULL,
    scopes           TEXT     NOT NULL,
    claims           TEXT     NOT NULL,
    nonce            TEXT     NOT NULL,
    auth_time        BIGINT   NOT NULL,
    loa              SMALLINT NOT NULL,
    amr              TEXT     NOT NULL,
    offline          BOOLEAN  NOT NULL,
    generation       INTEGER  NOT NULL,
    rotated_at       BIGINT   NOT NULL,
    created_at       BIGINT   NOT NULL,
    idle_until       BIGINT   NOT NULL,
    expires_at       BIGINT   NOT NULL,
    revoked_at       BIGINT   NOT NULL,
    access_after     BIGINT   NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX grants_session ON grants (session_id) WHERE revoked_at = 0;
CREATE INDEX grants_client ON grants (client_id) WHERE revoked_at = 0;
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE consents (
    subject    TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    scope      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (subject, client_id, scope)
);
CREATE INDEX consents_client ON consents (client_id);

-- id is the SHA-256 of what was spent, which others chose.
CREATE TABLE spent (
    id    BYTEA  NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);
CREATE INDEX spent_until ON spent (until);
