-- +goose Up

-- One counter of tries, with the limits it was last counted under. last_try
-- names the try that was counted last: by it a statement tells a wait that its
-- own try began from one that stood before.
CREATE TABLE attempts (
    key          TEXT    NOT NULL PRIMARY KEY,
    count        INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    last_try     INTEGER NOT NULL,
    free         INTEGER NOT NULL,
    window_ms    INTEGER NOT NULL,
    first_ms     INTEGER NOT NULL,
    max_ms       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
