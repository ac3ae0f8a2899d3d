-- How far forwarding is, per bin: the queue is the table of requests.
CREATE TABLE forward (
    bin     INTEGER PRIMARY KEY,
    -- Everything up to this cursor was forwarded or skipped.
    through INTEGER NOT NULL,
    -- Requests that were passed over because it was paused, and that retention removed before their turn.
    paused  INTEGER NOT NULL DEFAULT 0,
    evicted INTEGER NOT NULL DEFAULT 0
);

-- What came of forwarding a request.
ALTER TABLE request ADD COLUMN forwarded INTEGER;
