-- Keys that outlive the server's secret, each sealed under it and sealed anew when it is replaced. So far one: the key that tries are counted under.
CREATE TABLE sealed_keys (
    name   TEXT  NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);
