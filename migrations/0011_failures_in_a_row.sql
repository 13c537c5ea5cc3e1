-- Tries since the password was last right, which no time forgets (NIST SP 800-63B-4, section 3.2.2): of strangers, and on devices and in sessions that are known.
-- One that somebody is still being answered for is among them until it was right. Which row it is: each that ends is followed by the next.
ALTER TABLE users ADD COLUMN stranger_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN known_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN failure_row BIGINT NOT NULL DEFAULT 0;
