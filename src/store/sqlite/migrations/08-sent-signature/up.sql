-- The verdict on the signature of what was sent, where it is not as captured: NULL where it is.
ALTER TABLE attempt ADD COLUMN signature INTEGER;
