-- What the store keeps: runs, their events, and what is known of assets.
-- The tables hold numbers where a text would be repeated in every row; the view "log" shows events as text.

-- One row: the numbers given out so far. They are never given out again, also not after a deletion.
CREATE TABLE counters (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    last_event  INTEGER NOT NULL,
    last_run    INTEGER NOT NULL,
    commits     INTEGER NOT NULL -- how often anything was written
) STRICT;
INSERT INTO counters VALUES (1, 0, 0, 0);

CREATE TABLE runs (
    n             INTEGER PRIMARY KEY, -- in the order of creation
    id            TEXT NOT NULL UNIQUE,
    repository    TEXT NOT NULL,
    job           TEXT NOT NULL,
    status        TEXT NOT NULL,
    epoch         INTEGER NOT NULL,
    created       INTEGER NOT NULL, -- times are nanoseconds since 1970, null where there is none
    started       INTEGER,
    ended         INTEGER,
    parent        TEXT,
    root          TEXT,
    worker        TEXT,
    cancel_target TEXT,
    cancel_reason TEXT,
    error         TEXT,
    tags          TEXT, -- JSON object
    assets        TEXT, -- JSON array
    steps         TEXT, -- JSON array
    config        TEXT  -- JSON
) STRICT;
CREATE INDEX runs_created ON runs (created, id);
CREATE INDEX runs_status ON runs (status, created, id);
CREATE INDEX runs_job ON runs (job, created, id);
CREATE INDEX runs_root ON runs (root, created, id) WHERE root IS NOT NULL;

CREATE TRIGGER runs_final BEFORE UPDATE OF status, epoch ON runs
WHEN old.status IN ('SUCCESS', 'FAILURE', 'CANCELED')
BEGIN
    SELECT raise(ABORT, 'a run that has ended never changes');
END;

-- What runs are found by, in the order in which they are listed.
CREATE TABLE run_tags (
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    created INTEGER NOT NULL,
    id      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    PRIMARY KEY (key, value, created, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_tags_id ON run_tags (id);

CREATE TABLE run_assets (
    asset   TEXT NOT NULL,
    created INTEGER NOT NULL,
    id      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    PRIMARY KEY (asset, created, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_assets_id ON run_assets (id);

-- Kinds that every step has several of are negative: the index of the rare ones leaves them out.
CREATE TABLE kinds (
    n    INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO kinds (n, name) VALUES
    (-8, 'STEP_PROGRESS'),
    (-7, 'LOG_MESSAGE'),
    (-6, 'HANDLED_OUTPUT'),
    (-5, 'LOADED_INPUT'),
    (-4, 'STEP_SUCCESS'),
    (-3, 'STEP_OUTPUT'),
    (-2, 'STEP_INPUT'),
    (-1, 'STEP_START'),
    (1, 'PIPELINE_STARTING'),
    (2, 'PIPELINE_ENQUEUED'),
    (3, 'PIPELINE_DEQUEUED'),
    (4, 'PIPELINE_START'),
    (5, 'PIPELINE_SUCCESS'),
    (6, 'PIPELINE_FAILURE'),
    (7, 'PIPELINE_CANCELING'),
    (8, 'PIPELINE_CANCELED'),
    (9, 'STEP_FAILURE'),
    (10, 'STEP_SKIPPED'),
    (11, 'STEP_UP_FOR_RETRY'),
    (12, 'STEP_RESTARTED'),
    (13, 'ASSET_MATERIALIZATION'),
    (14, 'ASSET_MATERIALIZATION_PLANNED'),
    (15, 'ASSET_FAILED_TO_MATERIALIZE'),
    (16, 'ASSET_OBSERVATION'),
    (17, 'ASSET_CHECK_EVALUATION_PLANNED'),
    (18, 'ASSET_CHECK_EVALUATION'),
    (19, 'RESOURCE_INIT_STARTED'),
    (20, 'RESOURCE_INIT_SUCCESS'),
    (21, 'RESOURCE_INIT_FAILURE'),
    (22, 'HOOK_COMPLETED'),
    (23, 'HOOK_ERRORED'),
    (24, 'HOOK_SKIPPED'),
    (25, 'ENGINE_EVENT'),
    (26, 'LOGS_CAPTURED');

-- Assets that have events. "latest" and "failed" are IDs of events; the events themselves are copied (as JSON)
-- when the run they belong to is deleted.
CREATE TABLE assets (
    n                INTEGER PRIMARY KEY,
    key              TEXT NOT NULL UNIQUE,
    latest           INTEGER,
    latest_copy      TEXT,
    failed           INTEGER,
    failed_copy      TEXT,
    materializations INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE asset_partitions (
    asset       INTEGER NOT NULL,
    partition   TEXT NOT NULL, -- empty for an asset without partitions
    latest      INTEGER NOT NULL,
    latest_copy TEXT,
    PRIMARY KEY (asset, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id        INTEGER PRIMARY KEY,
    run       INTEGER, -- runs.n
    seq       INTEGER NOT NULL,
    kind      INTEGER NOT NULL, -- kinds.n
    step      TEXT,
    attempt   INTEGER,
    asset     INTEGER, -- assets.n
    partition TEXT,
    at        INTEGER, -- nanoseconds since 1970
    message   TEXT,
    data      TEXT -- JSON
) STRICT;
CREATE INDEX events_run ON events (run, id);
CREATE INDEX events_asset ON events (asset, id, partition) WHERE asset IS NOT NULL;
CREATE INDEX events_rare ON events (id, kind) WHERE kind > 0;

CREATE VIEW log AS
SELECT e.id, r.id AS run, e.seq, k.name AS kind, e.step, e.attempt, a.key AS asset, e.partition,
    strftime('%Y-%m-%dT%H:%M:%S', e.at / 1000000000, 'unixepoch') || format('.%09dZ', e.at % 1000000000) AS at,
    e.message, e.data
FROM events e
LEFT JOIN runs r ON r.n = e.run
LEFT JOIN kinds k ON k.n = e.kind
LEFT JOIN assets a ON a.n = e.asset;
