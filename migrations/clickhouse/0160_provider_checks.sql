-- Looks at providers: whether each told its status (`outcome` ok), and the code of the refusal where it did not; shadowed is a
-- provider whose address a newer registration has taken, which nobody asked. At least one row per provider and ten minutes.
-- `height` is where the chain stood; ranges of the stage `inventory` count in `sequence`.
CREATE TABLE IF NOT EXISTS provider_checks
(
    network        LowCardinality(String),
    chain_id       LowCardinality(String),
    sequence       UInt64 CODEC(Delta, ZSTD),
    observed_at    DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    item           UInt32,
    height         UInt64 CODEC(Delta, ZSTD),
    generation     UInt32,
    row_hash       UInt64 CODEC(NONE),
    owner          String CODEC(ZSTD),
    host_uri       String CODEC(ZSTD),
    via            LowCardinality(String),
    online         UInt8,
    outcome        LowCardinality(String),
    reason         String CODEC(ZSTD),
    latency_ms     Nullable(UInt32),
    version        LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, sequence, item, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW provider_checks_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'inventory'
) AS segments
SELECT *
FROM provider_checks FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND sequence BETWEEN s.3 AND s.4, segments)
