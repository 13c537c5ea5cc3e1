-- From when a signing key signs: it is published before. The version before signs with the newest key that it found at its start, and goes on doing so.
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;
UPDATE signing_keys SET signs_from = created_at;
