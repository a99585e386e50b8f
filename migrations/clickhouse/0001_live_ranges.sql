-- What is committed, mirrored from the state database: each commit inserts the whole list of live segments of
-- (network, stage) as one block with a higher version. It may lag behind the state database, never lead.
CREATE TABLE IF NOT EXISTS live_ranges
(
    network      LowCardinality(String),
    stage        LowCardinality(String),
    version      UInt64,
    from_height  UInt64,
    to_height    UInt64,
    generation   UInt32,
    committed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (network, stage, from_height)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The newest list of each (network, stage). A list that was mirrored twice counts once.
CREATE OR REPLACE VIEW live AS
SELECT DISTINCT network, stage, from_height, to_height, generation
FROM live_ranges
WHERE (network, stage, version) IN
(
    SELECT network, stage, max(version)
    FROM live_ranges
    GROUP BY network, stage
)
