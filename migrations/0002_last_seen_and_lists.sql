-- Where each session was last seen from. What stands in user_agent and address is where it began.

ALTER TABLE sessions ADD COLUMN seen_user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN seen_address    TEXT NOT NULL DEFAULT '';
UPDATE sessions SET seen_user_agent = user_agent, seen_address = address;

-- The client instance that the session began in, if it named itself, and whether the current token was made for or sent again to somebody who did not.
ALTER TABLE sessions ADD COLUMN instance_hash BYTEA;
ALTER TABLE sessions ADD COLUMN elsewhere     BOOLEAN NOT NULL DEFAULT FALSE;

-- The lists that people read page by page, newest first, and the event that ended a session.
CREATE INDEX sessions_by_last_seen ON sessions (user_id, last_seen_at, id) WHERE ended_at IS NULL;
DROP INDEX events_by_user;
CREATE INDEX events_by_user ON events (user_id, at, id);
CREATE INDEX events_by_session ON events (session_id, at) WHERE session_id IS NOT NULL;
