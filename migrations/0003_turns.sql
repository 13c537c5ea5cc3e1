-- What only one transaction may do at a time: whoever holds the row has its turn.
CREATE TABLE turns (
    name TEXT NOT NULL PRIMARY KEY
);
