-- GPUs of a provider by kind, with each snapshot: named in its attributes on the chain (`advertised`), cards in its status
-- (`inventory`), of these free (`available`), cards that a probe has shown (`measured`). Null is not known, never none.
CREATE TABLE IF NOT EXISTS provider_gpus
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
    vendor         LowCardinality(String),
    model          LowCardinality(String),
    memory         LowCardinality(String),
    interface      LowCardinality(String),
    advertised     Nullable(UInt8),
    inventory      Nullable(UInt32),
    available      Nullable(UInt32),
    measured       Nullable(UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, owner, vendor, model, memory, interface, sequence, item, generation)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- Rows within the live segments of the stage, each once.
CREATE OR REPLACE VIEW provider_gpus_live AS
WITH
(
    SELECT groupArray((toString(network), generation, from_height, to_height))
    FROM live
    WHERE stage = 'inventory'
) AS segments
SELECT *
FROM provider_gpus FINAL
WHERE arrayExists(s -> s.1 = network AND s.2 = generation AND sequence BETWEEN s.3 AND s.4, segments)
