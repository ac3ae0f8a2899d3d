-- The requests of a session in order, and whether a request is the newest of its session.
CREATE INDEX request_session ON request (session) WHERE session IS NOT NULL;
