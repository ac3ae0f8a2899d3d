-- Times are microseconds since the Unix epoch. `seq` is the cursor: one sequence for requests and other changes.

-- `name` is 'seq' (a high-water mark, written when the newest rows may go) or 'salt' (what request ids are made with).
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- `key` is never used twice, so that rows of a deleted bin can be removed later.
CREATE TABLE bin (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    UNIQUE,
    created_at INTEGER NOT NULL,
    settings   TEXT    NOT NULL
);

CREATE TABLE secret (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    bin        INTEGER NOT NULL,
    label      TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX secret_bin ON secret (bin);

-- What a bin holds. Apart from `bin`, because it is rewritten with every commit and settings may be large.
CREATE TABLE tally (
    bin             INTEGER PRIMARY KEY,
    requests        INTEGER NOT NULL DEFAULT 0,
    unread          INTEGER NOT NULL DEFAULT 0,
    pinned          INTEGER NOT NULL DEFAULT 0,
    bytes           INTEGER NOT NULL DEFAULT 0,
    pinned_bytes    INTEGER NOT NULL DEFAULT 0,
    evicted         INTEGER NOT NULL DEFAULT 0,
    rejected        INTEGER NOT NULL DEFAULT 0,
    last_request_at INTEGER,
    -- The newest eviction: its own cursor, the newest request that it removed, how many it removed.
    evicted_seq     INTEGER NOT NULL DEFAULT 0,
    evicted_through INTEGER NOT NULL DEFAULT 0,
    evicted_count   INTEGER NOT NULL DEFAULT 0,
    -- The journal of this bin is complete above this cursor.
    journal_from    INTEGER NOT NULL DEFAULT 0
);

-- Deleted bins whose requests are still to be removed.
CREATE TABLE doomed (
    bin INTEGER PRIMARY KEY
);

-- What lists and filters need. Narrow, and clustered by bin: a bin is listed and filtered without touching heads and bodies.
CREATE TABLE request (
    -- `bin << 42 | seq`, see `row_key.rs`.
    place          INTEGER PRIMARY KEY,
    received_at    INTEGER NOT NULL,
    flags          INTEGER NOT NULL,
    status         INTEGER,
    duration_us    INTEGER,
    body_took_us   INTEGER NOT NULL,
    head_size      INTEGER NOT NULL,
    body_size      INTEGER NOT NULL,
    declared_size  INTEGER,
    client         BLOB,
    method         TEXT    NOT NULL,
    target         TEXT    NOT NULL,
    content_type   TEXT,
    provider       TEXT,
    event          TEXT,
    session        TEXT,
    duplicate_key  TEXT,
    duplicate_hash INTEGER,
    duplicate_of   BLOB,
    facts          TEXT,
    note           TEXT,
    tags           TEXT
);
CREATE INDEX request_duplicate ON request (duplicate_hash) WHERE duplicate_hash IS NOT NULL;

-- Heads and bodies in the order of arrival. `bin` tells retention whose they are.
CREATE TABLE content (
    seq      INTEGER PRIMARY KEY,
    bin      INTEGER NOT NULL,
    trailers BLOB,
    head     BLOB    NOT NULL,
    body     BLOB    NOT NULL
);

-- Changes other than requests, for replay to live readers. Bounded.
CREATE TABLE change (
    seq  INTEGER PRIMARY KEY,
    bin  INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    data TEXT    NOT NULL
);
CREATE INDEX change_bin ON change (bin);
