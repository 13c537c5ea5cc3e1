-- How often passwords were tried, counted before they are looked at. A key is a keyed hash of what is counted for: no name and no address can be read from it.
-- Its first byte says of which kind it is, so that the order of the keys is an order for locks. No index but the key's, since every try changes all the rest.
CREATE TABLE tries (
    key          BYTEA  NOT NULL PRIMARY KEY,
    counted      BIGINT NOT NULL,
    -- The first try of those counted, the last, and the one before the last.
    since_at     BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    previous_at  BIGINT NOT NULL,
    forgotten_at BIGINT NOT NULL
);
