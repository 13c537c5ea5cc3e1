-- Where each session was last seen from. What stands in user_agent and address is where it began.

ALTER TABLE sessions ADD COLUMN seen_user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN seen_address    TEXT NOT NULL DEFAULT '';
UPDATE sessions SET seen_user_agent = user_agent, seen_address = address;

-- The lists that people read page by page, newest first, and the event that ended a session.
CREATE INDEX sessions_by_last_seen ON sessions (user_id, last_seen_at, id) WHERE ended_at IS NULL;
DROP INDEX events_by_user;
CREATE INDEX events_by_user ON events (user_id, at, id);
CREATE INDEX events_by_session ON events (session_id, at) WHERE session_id IS NOT NULL;
