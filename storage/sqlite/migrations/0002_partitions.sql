-- rewrite
-- What is known of partitions: by key, and as sets of positions once it was said how an asset is divided. And the keys of
-- dynamic partitions.

-- A partition has a row as long as one of "latest", "failed" and "planned" says something.
CREATE TABLE partitions_of_assets (
    asset       INTEGER NOT NULL, -- assets.n
    partition   TEXT NOT NULL,    -- empty for an asset without partitions, of which only "latest" is kept
    latest      INTEGER,          -- the newest materialization that was not wiped: events.id, or null
    latest_copy TEXT,             -- the event as JSON, once its run is deleted
    failed      INTEGER NOT NULL DEFAULT 0, -- 1 if the newest attempt failed
    planned     INTEGER,          -- the run that it is in progress for: runs.n, or null
    PRIMARY KEY (asset, partition)
) STRICT, WITHOUT ROWID;
INSERT INTO partitions_of_assets (asset, partition, latest, latest_copy)
    SELECT asset, partition, latest, latest_copy FROM asset_partitions;
DROP TABLE asset_partitions;
ALTER TABLE partitions_of_assets RENAME TO asset_partitions;
CREATE INDEX asset_partitions_planned ON asset_partitions (planned) WHERE planned IS NOT NULL;

-- How things are divided. A row never changes.
CREATE TABLE definitions (
    n           INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE, -- hexadecimal
    definition  TEXT NOT NULL         -- JSON
) STRICT;

-- How assets are divided, whether or not they have events.
CREATE TABLE divisions (
    asset      TEXT PRIMARY KEY,
    definition INTEGER NOT NULL REFERENCES definitions (n),
    strays     INTEGER NOT NULL DEFAULT 0 -- how many rows of asset_partitions have a key that has no position
) STRICT, WITHOUT ROWID;

-- The same as asset_partitions says, as sets of positions in the definition of the asset: made from it, never the
-- other way. Deleting all rows here and in "divisions" is safe: they are made anew when assets are divided again.
CREATE TABLE partition_sets (
    asset        INTEGER NOT NULL, -- assets.n
    line         TEXT NOT NULL,    -- the parts of keys that have no position, such as dynamic ones
    chunk        INTEGER NOT NULL, -- positions from 16384 times this on
    materialized BLOB,             -- null for none
    failed       BLOB,
    in_progress  BLOB,
    PRIMARY KEY (asset, line, chunk)
) STRICT, WITHOUT ROWID;

CREATE TABLE dynamic_names (
    n    INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE dynamic_keys (
    name INTEGER NOT NULL, -- dynamic_names.n
    key  TEXT NOT NULL,
    n    INTEGER NOT NULL, -- ascends in the order in which keys were added
    PRIMARY KEY (name, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX dynamic_keys_order ON dynamic_keys (name, n);
