-- +goose Up

-- The data keys that columns are sealed under, each wrapped by a key derived
-- from the master key. The first is derived itself, and has no wrapped bytes.
CREATE TABLE data_keys (
    version    INTEGER NOT NULL PRIMARY KEY,
    wrapped    BLOB NOT NULL,
    state      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO data_keys (version, wrapped, state, created_at) VALUES (1, x'', 'active', 0);
INSERT INTO revisions (topic, n) VALUES ('seal', 0);

-- A password hash of another system, sealed, until it is wrapped into
-- password_hash.
ALTER TABLE enterprises ADD COLUMN foreign_hash BLOB NOT NULL DEFAULT x'';
CREATE INDEX enterprises_foreign_hash ON enterprises (id) WHERE length(foreign_hash) > 0;

-- A copy of the business register. rep_name and rep_doc_number are sealed.
CREATE TABLE register_entries (
    uscc           TEXT NOT NULL PRIMARY KEY,
    name           TEXT NOT NULL,
    type           TEXT NOT NULL,
    status         TEXT NOT NULL,
    rep_name       BLOB NOT NULL,
    rep_doc_type   TEXT NOT NULL,
    rep_doc_number BLOB NOT NULL,
    address        TEXT NOT NULL,
    capital        TEXT NOT NULL,
    founded        TEXT NOT NULL,
    scope          TEXT NOT NULL,
    industry       TEXT NOT NULL,
    authority      TEXT NOT NULL,
    approved       TEXT NOT NULL,
    as_of          TEXT NOT NULL,
    loaded_at      INTEGER NOT NULL
) STRICT;
