-- One text for SQLite and PostgreSQL. Times are milliseconds since the Unix epoch, UTC.

CREATE TABLE users (
    id                  UUID   NOT NULL PRIMARY KEY,
    username            TEXT   NOT NULL,
    -- What makes two names the same name: case-folded and normalised.
    username_key        TEXT   NOT NULL UNIQUE,
    password_hash       TEXT   NOT NULL,
    password_changed_at BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    disabled_at         BIGINT
);

-- One row a session: the family of refresh tokens that began with one login. Hashes and sealed bytes only.
CREATE TABLE sessions (
    id                  UUID    NOT NULL PRIMARY KEY,
    user_id             UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation          BIGINT  NOT NULL,
    current_hash        BYTEA   NOT NULL,
    parent_hash         BYTEA,
    -- The current token's secret, sealed under its parent's.
    sealed_current      BYTEA,
    rotated_at          BIGINT  NOT NULL,
    delivered_at        BIGINT  NOT NULL,
    replays             BIGINT  NOT NULL,
    acknowledged        BOOLEAN NOT NULL,
    idle_expires_at     BIGINT  NOT NULL,
    absolute_expires_at BIGINT  NOT NULL,
    authenticated_at    BIGINT  NOT NULL,
    created_at          BIGINT  NOT NULL,
    last_seen_at        BIGINT  NOT NULL,
    ended_at            BIGINT,
    ended_reason        TEXT,
    user_agent          TEXT    NOT NULL,
    address             TEXT    NOT NULL,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);

CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE signing_keys (
    kid                TEXT   NOT NULL PRIMARY KEY,
    public_key         BYTEA  NOT NULL,
    sealed_private_key BYTEA  NOT NULL,
    created_at         BIGINT NOT NULL
);

-- What happened to accounts and sessions, for the people concerned and for the operator. Append only.
CREATE TABLE events (
    id         UUID   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    user_id    UUID,
    session_id UUID,
    address    TEXT   NOT NULL,
    user_agent TEXT   NOT NULL
);

CREATE INDEX events_by_user ON events (user_id, at);
