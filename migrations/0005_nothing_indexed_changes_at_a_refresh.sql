-- A refresh changes when a session was last seen and when it runs out. In no index any more, these change in one place, on PostgreSQL without
-- touching an index where the page has room. What lists a person's sessions sorts the few that they have; what deletes those that ran out looks for the end that does not move.
-- The drops come last, since they lock out readers as well.
CREATE INDEX sessions_alive_by_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_absolute_end ON sessions (absolute_expires_at) WHERE ended_at IS NULL;
DROP INDEX sessions_by_last_seen;
DROP INDEX sessions_by_expiry;
