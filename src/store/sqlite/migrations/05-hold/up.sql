-- Until when the sender of a request waits for an answer by hand.
ALTER TABLE request ADD COLUMN held_until INTEGER;

-- Few have it, and all of them lose it when the server starts.
CREATE INDEX request_held ON request (held_until) WHERE held_until IS NOT NULL;
