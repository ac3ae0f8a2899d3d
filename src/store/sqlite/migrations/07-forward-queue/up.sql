-- What waits for which target of its bin's forward: the requests below the cursor of `forward` that are not over.
CREATE TABLE forward_queue (
    -- The request.
    place INTEGER NOT NULL,
    -- The target, as a digest of its URL.
    lane  INTEGER NOT NULL,
    -- The worst that it came to at targets that have had it.
    worst INTEGER,
    PRIMARY KEY (place, lane)
) WITHOUT ROWID;

-- What waits for one target, in order.
CREATE INDEX forward_queue_lane ON forward_queue (lane, place);
