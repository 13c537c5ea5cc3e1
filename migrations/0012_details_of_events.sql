-- What an event is about, in words of ours: which field was filled in, why an access token was refused. Empty where its kind says all.
ALTER TABLE events ADD COLUMN detail TEXT NOT NULL DEFAULT '';
