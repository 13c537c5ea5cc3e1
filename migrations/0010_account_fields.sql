-- What accounts have beside a name and a password, as `src/own.rs` declares it. What was never filled in has no row.
CREATE TABLE account_fields (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
);
