-- How checks of assets stand.

CREATE TABLE asset_checks (
    asset           INTEGER NOT NULL, -- assets.n
    name            TEXT NOT NULL,
    partition       TEXT NOT NULL,    -- empty for an asset without partitions
    run             TEXT,             -- that the state is of: runs.id, also of one that was deleted
    planned         INTEGER,          -- the run that it is in progress for: runs.n, or null
    ended           INTEGER NOT NULL DEFAULT 0, -- how its run ended before there was a result: 1 failed, 2 otherwise
    blocking        INTEGER NOT NULL,
    evaluation      INTEGER,          -- the newest one: events.id, or null; what follows is of it
    passed          INTEGER,
    severity        TEXT,
    materialization INTEGER,          -- the newest at that time: events.id, or null
    PRIMARY KEY (asset, name, partition)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_checks_planned ON asset_checks (planned) WHERE planned IS NOT NULL;
