-- Sessions that ran out without being ended, to be found when nobody asks for them any more; and, the other way round, those that are alive.
-- An index changes nothing for a version that does not know of it.
CREATE INDEX sessions_by_expiry ON sessions (idle_expires_at) WHERE ended_at IS NULL;
