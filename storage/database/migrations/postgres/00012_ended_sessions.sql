-- +goose Up

-- Browser sessions that were ended before their time: a code that was issued in
-- one is not redeemed any more. After until none of them can be alive.
CREATE TABLE ended_sessions (
    session_id TEXT   NOT NULL PRIMARY KEY,
    until      BIGINT NOT NULL
);
CREATE INDEX ended_sessions_until ON ended_sessions (until);
