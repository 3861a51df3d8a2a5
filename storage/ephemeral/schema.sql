-- What is alive, and nothing else: any of it may be lost (docs/storage.md).
-- Times are nanoseconds since 1970. A change here raises schemaVersion: a file
-- of another version is thrown away and made anew.

CREATE TABLE code (
    id      BLOB    NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL,
    data    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX code_expires ON code (expires);

CREATE TABLE session (
    key     BLOB    NOT NULL PRIMARY KEY,
    subject TEXT    NOT NULL,
    sid     TEXT    NOT NULL,
    seen    INTEGER NOT NULL,
    expires INTEGER NOT NULL, -- the earlier of idle and absolute end
    ends    INTEGER NOT NULL, -- absolute end
    data    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires);
CREATE INDEX session_subject ON session (subject, sid);

CREATE TABLE interaction (
    key     BLOB    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    data    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX interaction_expires ON interaction (expires);

CREATE TABLE challenge (
    key     BLOB    NOT NULL PRIMARY KEY,
    expires INTEGER NOT NULL,
    data    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX challenge_expires ON challenge (expires);
