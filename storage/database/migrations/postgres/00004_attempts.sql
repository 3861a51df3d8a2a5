-- +goose Up

-- One counter of tries, with the limits it was last counted under. last_try
-- names the try that was counted last: by it a statement tells a wait that its
-- own try began from one that stood before.
CREATE TABLE attempts (
    key          TEXT    NOT NULL PRIMARY KEY,
    count        INTEGER NOT NULL,
    last_at      BIGINT  NOT NULL,
    locked_until BIGINT  NOT NULL,
    last_try     BIGINT  NOT NULL,
    free         INTEGER NOT NULL,
    window_ms    BIGINT  NOT NULL,
    first_ms     BIGINT  NOT NULL,
    max_ms       BIGINT  NOT NULL
) WITH (fillfactor = 50);
