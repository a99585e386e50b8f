-- Where the indexer stands. Heights, milliseconds and counts are BIGINT, hashes TEXT in hex.
-- Portable: SQLite and PostgreSQL run the same statements.

-- One row: tells this database from any other, so that ClickHouse and it cannot be mixed up.
CREATE TABLE instance (
    one BIGINT NOT NULL PRIMARY KEY,
    id  TEXT   NOT NULL
);

CREATE TABLE networks (
    name          TEXT   NOT NULL PRIMARY KEY,
    chain_id      TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    first_height  BIGINT NOT NULL,
    pinned_height BIGINT,
    pinned_hash   TEXT,
    tip_height    BIGINT,
    tip_time_ms   BIGINT,
    tip_seen_ms   BIGINT,
    note          TEXT   NOT NULL,
    created_ms    BIGINT NOT NULL
);

-- One row per (network, stage): counters that must never go back.
CREATE TABLE stages (
    network         TEXT   NOT NULL,
    stage           TEXT   NOT NULL,
    generation      BIGINT NOT NULL, -- of new ranges
    next_generation BIGINT NOT NULL, -- first that was never used
    live_version    BIGINT NOT NULL, -- of the mirrored list of live segments
    watermark       BIGINT,          -- end of the unbroken run from the first height
    last_commit_ms  BIGINT,
    PRIMARY KEY (network, stage)
);

CREATE TABLE ranges (
    network     TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    generation  BIGINT NOT NULL,
    from_height BIGINT NOT NULL,
    to_height   BIGINT NOT NULL,
    status      TEXT   NOT NULL, -- claimed, committed, quarantined
    decoder     BIGINT NOT NULL,
    inserting   BIGINT NOT NULL, -- 1: rows of it may be in ClickHouse
    row_count   BIGINT,
    digest_xor  TEXT,
    digest_sum  TEXT,
    reason      TEXT,
    claimed_ms  BIGINT NOT NULL,
    finished_ms BIGINT,
    PRIMARY KEY (network, stage, generation, from_height)
);

CREATE INDEX ranges_by_status ON ranges (network, stage, status, from_height);

-- Merged coverage: live = 1 is what readers see, live = 0 what an open reindex has finished.
CREATE TABLE segments (
    network     TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    live        BIGINT NOT NULL,
    generation  BIGINT NOT NULL,
    from_height BIGINT NOT NULL,
    to_height   BIGINT NOT NULL,
    PRIMARY KEY (network, stage, live, generation, from_height)
);

CREATE TABLE reindexes (
    network     TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    generation  BIGINT NOT NULL,
    from_height BIGINT NOT NULL,
    to_height   BIGINT NOT NULL,
    decoder     BIGINT NOT NULL,
    status      TEXT   NOT NULL, -- open, done, cancelled
    created_ms  BIGINT NOT NULL,
    finished_ms BIGINT,
    PRIMARY KEY (network, stage, generation)
);

-- Rows in ClickHouse that no reader sees any more: what a clean-up may drop.
CREATE TABLE superseded (
    network     TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    generation  BIGINT NOT NULL,
    from_height BIGINT NOT NULL,
    to_height   BIGINT NOT NULL,
    since_ms    BIGINT NOT NULL,
    PRIMARY KEY (network, stage, generation, from_height, to_height)
);

-- Tables that a stage has written to.
CREATE TABLE stage_tables (
    network    TEXT NOT NULL,
    stage      TEXT NOT NULL,
    table_name TEXT NOT NULL,
    PRIMARY KEY (network, stage, table_name)
);

CREATE TABLE archive_files (
    network     TEXT   NOT NULL,
    from_height BIGINT NOT NULL,
    to_height   BIGINT NOT NULL,
    path        TEXT   NOT NULL,
    sha256      TEXT   NOT NULL,
    bytes       BIGINT NOT NULL,
    created_ms  BIGINT NOT NULL,
    PRIMARY KEY (network, from_height, to_height)
);

CREATE TABLE checkpoints (
    network    TEXT   NOT NULL,
    stage      TEXT   NOT NULL,
    height     BIGINT NOT NULL,
    decoder    BIGINT NOT NULL,
    path       TEXT   NOT NULL,
    sha256     TEXT   NOT NULL,
    bytes      BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (network, stage, height, decoder)
);

CREATE TABLE endpoints (
    network       TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    latency_ms    BIGINT,
    tip_height    BIGINT,
    lowest_height BIGINT,
    requests      BIGINT NOT NULL,
    failures      BIGINT NOT NULL,
    last_ok_ms    BIGINT,
    last_error    TEXT,
    last_error_ms BIGINT,
    PRIMARY KEY (network, url)
);

-- Who may write. The fence rises with every change of hands and never falls.
CREATE TABLE leases (
    name       TEXT   NOT NULL PRIMARY KEY,
    owner      TEXT   NOT NULL,
    fence      BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
