-- What was sent of a request and what came back. Goes with its request.
CREATE TABLE attempt (
    -- `bin << 42 | seq` of the change that stored it, as in `request`.
    place         INTEGER PRIMARY KEY,
    -- The `place` of the request.
    request       INTEGER NOT NULL,
    why           INTEGER NOT NULL,
    outcome       INTEGER NOT NULL,
    started_at    INTEGER NOT NULL,
    total_us      INTEGER NOT NULL,
    resolve_us    INTEGER,
    connect_us    INTEGER,
    tls_us        INTEGER,
    first_byte_us INTEGER,
    target        TEXT    NOT NULL,
    sentence      TEXT    NOT NULL,
    sent_body     INTEGER NOT NULL,
    status        INTEGER,
    body_size     INTEGER NOT NULL DEFAULT 0,
    body_cut      INTEGER NOT NULL DEFAULT 0,
    -- Bytes that it counts as in `tally.bytes`.
    bytes         INTEGER NOT NULL,
    sent_head     BLOB    NOT NULL,
    head          BLOB,
    body          BLOB
);
CREATE INDEX attempt_request ON attempt (request);

-- The newest attempt, for lists and filters, and the bytes of all of them.
ALTER TABLE request ADD COLUMN attempt_outcome INTEGER;
ALTER TABLE request ADD COLUMN attempt_status INTEGER;
ALTER TABLE request ADD COLUMN attempt_at INTEGER;
ALTER TABLE request ADD COLUMN attempt_us INTEGER;
ALTER TABLE request ADD COLUMN attempt_bytes INTEGER NOT NULL DEFAULT 0;
