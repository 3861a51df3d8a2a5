-- +goose Up

-- The ledger of an enterprise (操作记录) is read page by page from grants, from what
-- is left of those that were swept, and from mandate_events. What is filtered says
-- nothing that the index for all of it demands: SQLite would take that one. Nor does
-- what is asked of an enterprise's grants for other reasons.
CREATE INDEX grants_ledger ON grants (enterprise_id, created_at, id) WHERE created_at > 0;
CREATE INDEX grants_ledger_mandate ON grants (enterprise_id, mandate_id, created_at, id) WHERE account_type <> 'person';
CREATE INDEX grants_ledger_portal ON grants (enterprise_id, client_id, created_at, id) WHERE account_type <> 'person';
CREATE INDEX mandate_events_enterprise ON mandate_events (enterprise_id, at, id) WHERE enterprise_id <> '';
CREATE INDEX mandate_events_enterprise_mandate ON mandate_events (enterprise_id, mandate_id, at, id);

-- Sign-ins whose grants are gone: who they were as, where, when. id is the grant's.
CREATE TABLE past_sign_ins (
    id            BLOB    NOT NULL PRIMARY KEY,
    enterprise_id TEXT    NOT NULL,
    mandate_id    TEXT    NOT NULL,
    client_id     TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX past_sign_ins_enterprise ON past_sign_ins (enterprise_id, created_at, id) WHERE enterprise_id <> '';
CREATE INDEX past_sign_ins_enterprise_mandate ON past_sign_ins (enterprise_id, mandate_id, created_at, id);
CREATE INDEX past_sign_ins_enterprise_portal ON past_sign_ins (enterprise_id, client_id, created_at, id);
CREATE INDEX past_sign_ins_age ON past_sign_ins (created_at);

-- Of how many days before which end a mandate's agent was reminded last.
CREATE TABLE mandate_reminders (
    mandate_id  TEXT    NOT NULL PRIMARY KEY,
    valid_until TEXT    NOT NULL,
    days        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mandates_ending ON mandates (valid_until, id) WHERE state = 'active' AND valid_until <> '';
