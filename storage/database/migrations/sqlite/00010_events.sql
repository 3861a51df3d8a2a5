-- +goose Up

-- subject is the OpenID Connect subject of the agent, empty while nobody has
-- accepted; rows that an older version wrote get theirs within a minute.
ALTER TABLE mandates ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX mandates_subject ON mandates (subject, created_at) WHERE subject <> '';
CREATE INDEX mandates_unnamed ON mandates (id) WHERE subject = '' AND person_id <> '';
DROP INDEX mandates_person; -- the next one does its work
CREATE INDEX mandates_pair ON mandates (person_id, enterprise_id, created_at);

-- Which portals have to do with an enterprise.
CREATE INDEX grants_enterprise ON grants (enterprise_id, client_id) WHERE revoked_at = 0 AND enterprise_id <> '';

-- What is told to portals, written with what it tells of. facts is JSON and names
-- nobody; spread_at is when it was decided who hears of it, 0 before.
CREATE TABLE events (
    id            TEXT    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL,
    enterprise_id TEXT    NOT NULL,
    uscc          TEXT    NOT NULL,
    person_id     TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    facts         TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    spread_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX events_new ON events (id) WHERE spread_at = 0;
CREATE INDEX events_old ON events (at);

-- One event on its way to one portal. state is push or poll until it is delivered,
-- refused or expired; due_at is when it may be handed over (again); outcome is what
-- the portal last answered.
CREATE TABLE event_deliveries (
    id         TEXT    NOT NULL PRIMARY KEY,
    event_id   TEXT    NOT NULL,
    client_id  TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    outcome    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_deliveries_once ON event_deliveries (event_id, client_id, subject);
CREATE INDEX event_deliveries_push ON event_deliveries (due_at) WHERE state = 'push';
CREATE INDEX event_deliveries_waiting ON event_deliveries (client_id, due_at) WHERE state IN ('push', 'poll');
CREATE INDEX event_deliveries_client ON event_deliveries (client_id, id);
CREATE INDEX event_deliveries_old ON event_deliveries (expires_at);
