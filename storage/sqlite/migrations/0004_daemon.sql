-- What a daemon keeps: who leads, what is due, what ticks came to, who holds a place in a pool, and which runs give signs of life.

ALTER TABLE counters ADD COLUMN last_tick INTEGER NOT NULL DEFAULT 0;

ALTER TABLE runs ADD COLUMN enqueued INTEGER;  -- when it last began to wait in the queue
ALTER TABLE runs ADD COLUMN launched INTEGER;  -- when a worker was last asked for
ALTER TABLE runs ADD COLUMN cancel_by INTEGER; -- when it ends, whether or not its worker stopped

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL, -- empty if nobody leads
    epoch  INTEGER NOT NULL,
    beat   INTEGER NOT NULL,
    ttl    INTEGER NOT NULL, -- nanoseconds
    info   TEXT              -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name    TEXT PRIMARY KEY,
    value   TEXT, -- JSON
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Schedules and sensors. Rows are never deleted: ticks and run keys are of them.
CREATE TABLE instigators (
    n          INTEGER PRIMARY KEY,
    repository TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    status     TEXT NOT NULL, -- empty: as declared
    declared   INTEGER NOT NULL,
    timing     TEXT NOT NULL,
    since      INTEGER,
    next       INTEGER, -- when it is to be evaluated; null while it is off
    at         INTEGER,
    last       INTEGER,
    attempt    INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    cursor     TEXT NOT NULL,
    position   INTEGER NOT NULL, -- the last event that it was handed: events.id
    gone       INTEGER,
    version    INTEGER NOT NULL,
    UNIQUE (repository, kind, name)
) STRICT;
CREATE INDEX instigators_next ON instigators (next, repository, kind, name) WHERE next IS NOT NULL;

CREATE TABLE ticks (
    id         INTEGER PRIMARY KEY,
    instigator INTEGER NOT NULL, -- instigators.n
    at         INTEGER,
    attempt    INTEGER NOT NULL,
    status     TEXT NOT NULL,
    started    INTEGER,
    ended      INTEGER,
    runs       TEXT, -- JSON array of those that it created
    known      TEXT, -- JSON array of the requests that had been asked for before
    reason     TEXT,
    error      TEXT,
    cursor     TEXT,
    events     INTEGER NOT NULL,
    missed     INTEGER NOT NULL
) STRICT;
CREATE INDEX ticks_instigator ON ticks (instigator, id);
CREATE INDEX ticks_status ON ticks (status, id);
CREATE INDEX ticks_started ON ticks (status, started, id);

-- The ticks that created runs.
CREATE TABLE tick_runs (
    run  TEXT NOT NULL, -- runs.id, also of one that was deleted
    tick INTEGER NOT NULL,
    PRIMARY KEY (run, tick)
) STRICT, WITHOUT ROWID;

-- What was asked for. A key stays when its run is deleted.
CREATE TABLE run_keys (
    instigator INTEGER NOT NULL, -- instigators.n
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    run        TEXT NOT NULL,    -- runs.id
    PRIMARY KEY (instigator, scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_keys_key ON run_keys (instigator, key);

CREATE TABLE pools (
    name  TEXT PRIMARY KEY,
    most  INTEGER NOT NULL -- the limit
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    n        INTEGER PRIMARY KEY, -- in the order in which they were asked for
    run      INTEGER NOT NULL REFERENCES runs (n) ON DELETE CASCADE,
    step     TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    asked    INTEGER NOT NULL,
    held     INTEGER, -- since when; null while it waits
    pools    TEXT NOT NULL, -- JSON array
    UNIQUE (run, step)
) STRICT;

-- The same by pool, in the order in which they are served.
CREATE TABLE places (
    pool  TEXT NOT NULL,
    waits INTEGER NOT NULL, -- 0 once it is held
    rank  INTEGER NOT NULL, -- the priority, negative; 0 once it is held
    claim INTEGER NOT NULL REFERENCES claims (n) ON DELETE CASCADE,
    PRIMARY KEY (pool, waits, rank, claim)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_claim ON places (claim);

CREATE TABLE beats (
    run    INTEGER PRIMARY KEY REFERENCES runs (n) ON DELETE CASCADE,
    epoch  INTEGER NOT NULL,
    worker TEXT NOT NULL,
    host   TEXT NOT NULL,
    pid    INTEGER NOT NULL,
    boot   TEXT NOT NULL,
    count  INTEGER NOT NULL
) STRICT;

-- What runs refused from workers that no longer held them.
CREATE TABLE rejected_events (
    n     INTEGER PRIMARY KEY,
    run   INTEGER NOT NULL REFERENCES runs (n) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    since INTEGER NOT NULL,
    event TEXT NOT NULL -- JSON
) STRICT;
CREATE INDEX rejected_events_run ON rejected_events (run, n);
