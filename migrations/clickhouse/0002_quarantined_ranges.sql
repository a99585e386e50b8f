-- Ranges that could not be derived, mirrored like live_ranges. A list that became empty is one row with an
-- empty range, so that the newest version says so.
CREATE TABLE IF NOT EXISTS quarantined_ranges
(
    network     LowCardinality(String),
    stage       LowCardinality(String),
    version     UInt64,
    from_height UInt64,
    to_height   UInt64,
    generation  UInt32,
    reason      String,
    since       DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (network, stage, from_height, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
CREATE OR REPLACE VIEW quarantined AS
SELECT DISTINCT network, stage, from_height, to_height, generation, reason, since
FROM quarantined_ranges
WHERE (network, stage, version) IN
(
    SELECT network, stage, max(version)
    FROM quarantined_ranges
    GROUP BY network, stage
)
AND from_height <= to_height
