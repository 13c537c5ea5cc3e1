-- Sessions whose account was removed, and they with it: all that is left is that they have ended, for the instances that still believe in
-- their access tokens. Nothing here says whose they were.
CREATE TABLE removed_sessions (
    id       UUID   NOT NULL PRIMARY KEY,
    ended_at BIGINT NOT NULL
);

CREATE INDEX removed_sessions_by_end ON removed_sessions (ended_at);
