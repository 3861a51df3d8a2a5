-- +goose Up

-- A nonce is of the authorization alone, and stands in its ID token.
ALTER TABLE grants DROP COLUMN nonce;
ALTER TABLE grants ADD COLUMN mandate_id TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN person_epoch BIGINT NOT NULL DEFAULT 0;

-- person_id is empty while somebody is invited, who is then in invitee (sealed)
-- and found by invitee_index. services are client ids, separated by spaces; empty:
-- all. valid_until empty: no end.
ALTER TABLE mandates ADD COLUMN role TEXT NOT NULL DEFAULT 'agent';
ALTER TABLE mandates ADD COLUMN services TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mandates ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mandates ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN preset BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE mandates ADD COLUMN doc_from TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN doc_to TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN confirm_by TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN grantor TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN invitee BYTEA NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN invitee_index BYTEA NOT NULL DEFAULT '';
DROP INDEX mandates_open;
CREATE UNIQUE INDEX mandates_open ON mandates (enterprise_id, person_id)
    WHERE state NOT IN ('revoked', 'declined') AND person_id <> '';
CREATE UNIQUE INDEX mandates_invitee ON mandates (enterprise_id, invitee_index) WHERE state = 'invited';
CREATE INDEX mandates_invited ON mandates (invitee_index) WHERE state = 'invited';
CREATE INDEX mandates_agents ON mandates (enterprise_id, created_at, id) WHERE state NOT IN ('revoked', 'declined');
CREATE INDEX mandates_enterprise ON mandates (enterprise_id, created_at, id);

-- What happened to a mandate; rows are only added.
CREATE TABLE mandate_events (
    id            TEXT    NOT NULL PRIMARY KEY,
    mandate_id    TEXT    NOT NULL,
    enterprise_id TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    actor_type    TEXT    NOT NULL,
    actor         TEXT    NOT NULL,
    valid_from    TEXT    NOT NULL,
    valid_until   TEXT    NOT NULL,
    manager       BOOLEAN NOT NULL,
    services      TEXT    NOT NULL,
    evidence      TEXT    NOT NULL,
    at            BIGINT  NOT NULL
);
CREATE INDEX mandate_events_mandate ON mandate_events (mandate_id, at);
