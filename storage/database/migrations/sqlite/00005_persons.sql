-- +goose Up

-- Columns of type BLOB in these tables are sealed (storage/seal), but for those
-- named *_index: keyed hashes that a sealed value is looked up by.
CREATE TABLE persons (
    id             TEXT     NOT NULL PRIMARY KEY,
    name           BLOB    NOT NULL,
    doc_type       TEXT     NOT NULL,
    doc_number     BLOB    NOT NULL,
    doc_index      BLOB    NOT NULL,
    doc_valid_from TEXT     NOT NULL,
    doc_valid_to   TEXT     NOT NULL,
    phone          BLOB    NOT NULL,
    phone_index    BLOB    NOT NULL,
    password_hash  TEXT     NOT NULL,
    status         TEXT     NOT NULL,
    proofing       INTEGER NOT NULL,
    account_epoch  INTEGER   NOT NULL,
    closing_at     INTEGER   NOT NULL,
    created_at     INTEGER   NOT NULL,
    updated_at     INTEGER   NOT NULL
) STRICT;

-- One standing account for a document; a closed one gives it free.
CREATE UNIQUE INDEX persons_document ON persons (doc_index) WHERE status <> 'cancelled';
CREATE INDEX persons_phone ON persons (phone_index) WHERE status <> 'cancelled';
CREATE INDEX persons_closing ON persons (closing_at) WHERE closing_at > 0 AND status <> 'cancelled';

-- Whom a grant acts as: an enterprise, a person.
ALTER TABLE grants ADD COLUMN person_id TEXT NOT NULL DEFAULT '';
-- What an account allowed which portals.
CREATE INDEX grants_subject ON grants (subject) WHERE revoked_at = 0;

ALTER TABLE enterprises ADD COLUMN phone_index BLOB NOT NULL DEFAULT x'';
-- When the register was last asked about an account that waits for it.
ALTER TABLE enterprises ADD COLUMN looked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX enterprises_phone ON enterprises (phone_index) WHERE status <> 'cancelled' AND phone_index <> x'';
CREATE INDEX enterprises_waiting ON enterprises (looked_at) WHERE status = 'waiting_register';

-- Verdicts of face checks and their like: where to ask about them, no picture.
CREATE TABLE proofs (
    id        TEXT    NOT NULL PRIMARY KEY,
    kind      TEXT    NOT NULL,
    purpose   TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    provider  TEXT    NOT NULL,
    evidence  TEXT    NOT NULL,
    doc_hash  BLOB   NOT NULL,
    simulated INTEGER NOT NULL,
    proved_at INTEGER  NOT NULL
) STRICT;
CREATE INDEX proofs_subject ON proofs (subject);

CREATE TABLE agreements (
    subject   TEXT   NOT NULL,
    document  TEXT   NOT NULL,
    version   TEXT   NOT NULL,
    wizard    TEXT   NOT NULL,
    agreed_at INTEGER NOT NULL,
    PRIMARY KEY (subject, document, version, wizard)
) STRICT;

-- Messages to send. payload is sealed, and emptied when it is not needed any
-- more; due_at is when a message is to be tried (again).
CREATE TABLE outbox (
    id         TEXT    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    payload    BLOB   NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     INTEGER  NOT NULL,
    expires_at INTEGER  NOT NULL,
    created_at INTEGER  NOT NULL,
    sent_at    INTEGER  NOT NULL,
    provider   TEXT    NOT NULL,
    receipt    TEXT    NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('due', 'sent');
CREATE INDEX outbox_old ON outbox (created_at);
