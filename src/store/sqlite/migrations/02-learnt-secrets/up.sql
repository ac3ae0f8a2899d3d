-- The providers and schemes that a secret is for which a sender has handed over (ids with blanks between); NULL for one
-- that the owner has set.
ALTER TABLE secret ADD COLUMN learnt TEXT;
-- Whose they are was not kept so far: they stay where the bin is set to one of those that hand secrets over.
UPDATE secret SET learnt = 'asana clio notion' WHERE label = 'learnt from the handshake';
